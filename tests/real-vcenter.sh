#!/usr/bin/env bash
# Backs up one VM of a REAL vCenter and restores it into a scratch folder there, and writes down what the vCenter did,
# for the questions that no document answers. Never part of the tests that run by themselves.
#
# usage: GOVC_URL=... GOVC_USERNAME=... GOVC_PASSWORD=... tests/real-vcenter.sh VM SCRATCH-FOLDER
#   VM              inventory path of a VM with a vTPM, powered off, e.g. /DC1/vm/Lab/win11
#   SCRATCH-FOLDER  inventory path of an existing VM folder that the new VM may be made in, e.g. /DC1/vm/scratch
#
# It makes one VM, <name>-vtpmfs-test, and leaves it there for you to look at and to remove. Answers go into
# vtpmfs-answers.txt; they hold names, ids, sizes and hashes, no key, no bundle, no nvram.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
vtpmfs=${VTPMFS_BIN:-$here/build/release/fs/vtpmfs}
[ $# -eq 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
vm=${1#/}
scratch=${2#/}
case "$scratch" in */vm/*) ;; *) echo "The scratch folder's path must have a /vm/ part." >&2; exit 2 ;; esac
[ -n "${GOVC_URL:-}" ] || { echo "Set GOVC_URL, GOVC_USERNAME and GOVC_PASSWORD as for govc." >&2; exit 2; }
[ -x "$vtpmfs" ] || { echo "Build vtpmfs first: tests/install.sh build && cmake --preset release -DVTPMFS_TESTS=OFF && cmake --build --preset release" >&2; exit 2; }

answers=$PWD/vtpmfs-answers.txt
work=$(mktemp -d)
daemon=
clean_up() {
  local status=$?
  trap - EXIT
  if mountpoint -q "$work/vc" 2>/dev/null; then fusermount3 -u "$work/vc" || fusermount3 -uz "$work/vc" || true; fi
  if [ -n "$daemon" ]; then wait "$daemon" || true; fi  # its last lines are about how it ended
  if [ -f "$work/log" ]; then grep -E 'warn|error|restore of' "$work/log" >>"$answers" || true; fi
  if [ -n "$(ls -A "$work/state/journal" 2>/dev/null)" ]; then
    echo "A restore was left unfinished; its journal is in $work/state" | tee -a "$answers"
    rm -rf "$work/saved" "$work/log"
  else
    rm -rf "$work"
  fi
  echo "What was seen is in $answers"
  exit $status
}
trap clean_up EXIT

say() { printf '%s\n' "$*" | tee -a "$answers"; }
: >"$answers"
say "vtpmfs: $("$vtpmfs" --version), $(uname -sr), $(date -u +%FT%TZ)"

mkdir "$work/vc" "$work/saved"
"$vtpmfs" -f --state-dir "$work/state" "$work/vc" >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 600); do
  mountpoint -q "$work/vc" && [ -n "$(ls "$work/vc")" ] && break
  kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.5
done
grep -m1 'logged in at ' "$work/log" | sed 's/.*(/server: (/; s/ as .*//' | tee -a "$answers" || true

source=$work/vc/$vm
[ -d "$source" ] || { say "no such VM in the mount: $vm"; exit 1; }
say "--- reading"
time_start=$(date +%s%N)
cp -r "$source" "$work/saved/set"
say "backup took $(( ($(date +%s%N) - time_start) / 1000000 )) ms"
(cd "$work/saved/set" && sha256sum -c SHA256SUMS) | tee -a "$answers"
say "nvram size: $(stat -c %s "$work/saved/set/nvram" 2>/dev/null || echo none)        (question 4)"
say "vTPM: $(jq -c '{key, controllerKey, unitNumber, csr: (.endorsementKeyCertificateSigningRequest | length), certificates: (.endorsementKeyCertificate | length)}' "$work/saved/set/vtpm.json")        (question 6)"
say "bundle: $(tr -cd '(' <"$work/saved/set/encryption.bundle" | wc -c) parentheses, $(stat -c %s "$work/saved/set/encryption.bundle") bytes"

say "--- restoring"
name=$(basename "$vm")-vtpmfs-test
datacenter=${scratch%%/vm/*}
target=$work/vc/$datacenter/restore/${scratch#*/vm/}
[ -d "$target" ] || { say "the scratch folder is not there: $scratch"; exit 1; }
time_start=$(date +%s%N)
if cp -r "$work/saved/set" "$target/$name"; then say "restore: ok"; else say "restore: failed"; fi
say "restore took $(( ($(date +%s%N) - time_start) / 1000000 )) ms"
tee -a "$answers" <"$target/$name/restore.status"
new=$work/vc/$scratch/$name
if [ -d "$new" ]; then
  for file in keyId encryption.bundle firmware nvram; do
    if cmp -s "$work/saved/set/$file" "$new/$file"; then say "$file: equal"; else say "$file: DIFFERS        (questions 2, 3)"; fi
  done
  certificates() { jq -r '.endorsementKeyCertificate[]?' "$1/vtpm.json" | sort | sha256sum; }
  if [ "$(certificates "$work/saved/set")" = "$(certificates "$new")" ]; then say "EK certificates: equal"; else say "EK certificates: DIFFER        (question 1)"; fi
  say "Now power $name on (without its disks it only shows the firmware), and see whether the vCenter complains about keys."
fi
