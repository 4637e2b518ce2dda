#!/usr/bin/env bash
# The whole story on one screen: builds vtpmfs, starts a simulated vCenter, mounts it, backs up a VM's vTPM with cp,
# deletes the VM, restores it with cp, and compares. Installs what is missing; leaves nothing behind but build/.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -t 1 ]; then bold=$'\e[1;36m' good=$'\e[1;32m' bad=$'\e[1;31m' plain=$'\e[0m'; else bold='' good='' bad='' plain=''; fi
heading() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
run() { printf '$ %s\n' "$*"; "$@"; }
die() { printf '%s%s%s\n' "$bad" "$1" "$plain" >&2; exit 1; }

work=
simulator=
clean_up() {
  local status=$?
  trap - EXIT
  if [ -n "$work" ]; then
    if mountpoint -q "$work/vc" 2>/dev/null; then fusermount3 -u "$work/vc" || fusermount3 -uz "$work/vc" || true; fi
    if [ -n "$simulator" ] && kill "$simulator" 2>/dev/null; then wait "$simulator" 2>/dev/null || true; fi
    rm -rf "$work"
  fi
  [ $status -eq 0 ] || printf '%sThe demo failed (exit %d).%s\n' "$bad" "$status" "$plain" >&2
  exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

[ -e /dev/fuse ] || die "There is no /dev/fuse here: the demo needs it to mount anything."

heading "1. Build"
build=${VTPMFS_DEMO_BUILD:-$PWD/build/release}
if [ -n "${VTPMFS_DEMO_BUILD:-}" ]; then
  echo "It is built already."
else
  tests/install.sh build demo
  cmake --preset release -DVTPMFS_TESTS=OFF -DVTPMFS_SIMULATOR=ON >/dev/null
  if [ -t 1 ]; then
    cmake --build --preset release --target vtpmfs vcenter-simulator
  else
    # Hundreds of lines of progress; but a compiler's errors come among them.
    built=$(cmake --build --preset release --target vtpmfs vcenter-simulator 2>&1) || die "$built"
  fi
fi
PATH="$build/fs:$build/tests/simulator:$PATH"

heading "2. A vCenter (simulated: strict about sessions, privileges, encryption and keys)"
work=$(mktemp -d)
mkdir "$work/vc" "$work/state" "$work/backup"
(umask 077; echo 'vtpmfs-Secret-1' >"$work/password")
vcenter-simulator --vms 12 --no-specials --password-file "$work/password" --cert-dir "$work" --ready-file "$work/ready.json" >/dev/null &
simulator=$!
for _ in $(seq 100); do [ -s "$work/ready.json" ] && break; kill -0 "$simulator" || die "The simulator ended."; sleep 0.1; done
server=$(jq -r '.url | ltrimstr("https://")' "$work/ready.json")
control=$(jq -r .control "$work/ready.json")
tell() { curl -sSf -d "$1" "$control" | jq -ce 'if .ok then .result else error(.error) end'; }
machine() { tell '{"verb": "list-vms", "digests": true}' | jq -c --arg path "$1" '.[] | select(.path == $path)'; }
echo "It listens on $server."

heading "3. Mount it"
cd "$work"
run vtpmfs "administrator@vsphere.local@$server" vc --ca-file ca.pem --password-file password --state-dir state
run tree -L 4 --noreport vc/DC1/vm/Finance
run ls -l vc/DC1/vm/Finance/win00003

heading "4. Back up with cp"
run cp -r vc/DC1/vm/Finance/win00003 backup/
(cd backup/win00003 && run sha256sum -c SHA256SUMS)
before=$(machine DC1/vm/Finance/win00003)
identity=$(tell "{\"verb\": \"tpm-identity\", \"vm\": $(jq .id <<<"$before")}")
echo "Its vTPM's identity is ${identity:1:16}…"

heading "5. Disaster: somebody deletes the VM in the vCenter"
tell "{\"verb\": \"destroy-vm\", \"vm\": $(jq .id <<<"$before")}" >/dev/null
for _ in $(seq 100); do [ -e vc/DC1/vm/Finance/win00003 ] || break; sleep 0.1; done
[ ! -e vc/DC1/vm/Finance/win00003 ] || die "The mount still shows it."
echo "The mount shows it no more."

heading "6. Restore with cp"
run cp -r backup/win00003 vc/DC1/restore/Finance/
run cat vc/DC1/restore/Finance/win00003/restore.status

heading "7. Is it the same vTPM?"
after=$(machine DC1/vm/Finance/win00003)
[ -n "$after" ] || die "The vCenter has no such VM."
for field in key_id provider bundle_sha256 nvram_sha256 firmware version uuid; do
  old=$(jq -r ".$field" <<<"$before"); new=$(jq -r ".$field" <<<"$after")
  [ "$old" = "$new" ] || die "$field differs: $old, now $new"
  printf '  %-14s %s\n' "$field" "$new"
done
for file in keyId encryption.bundle firmware nvram; do cmp "backup/win00003/$file" "vc/DC1/vm/Finance/win00003/$file"; done
tell "{\"verb\": \"power-on\", \"vm\": $(jq .id <<<"$after")}" >/dev/null
again=$(tell "{\"verb\": \"tpm-identity\", \"vm\": $(jq .id <<<"$after")}")
[ "$identity" = "$again" ] || die "The vTPM is another one: $again"
echo "It powers on, and its vTPM's identity is ${again:1:16}… as before."

heading "8. Unmount"
run fusermount3 -u vc
for _ in $(seq 100); do [ "$(tell '{"verb": "sessions"}')" = 0 ] && break; sleep 0.1; done
[ "$(tell '{"verb": "sessions"}')" = 0 ] || die "The session was not logged out."

printf '\n%sAll of it worked.%s On a real vCenter:\n\n' "$good" "$plain"
cat <<'TEXT'
    build/release/fs/vtpmfs -o ro you@vcenter.example.com /mnt/vc     # asks for the password; changes nothing there
    cp -r /mnt/vc/. /backup/vc/
    fusermount3 -u /mnt/vc

See README.md for the privileges that the account needs, and for restoring.
TEXT
