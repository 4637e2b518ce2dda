#!/usr/bin/env bash
# Backs up one VM of a REAL vCenter and restores it into a scratch folder there, and writes down what the vCenter did,
# for the questions that no document answers. Never part of the tests that run by themselves.
#
# usage: GOVC_URL=... GOVC_USERNAME=... GOVC_PASSWORD=... tests/real-vcenter.sh VM SCRATCH-FOLDER [DATASTORE]
#   VM              inventory path of a VM with a vTPM, powered off, e.g. /DC1/vm/Lab/win11
#   SCRATCH-FOLDER  inventory path of an existing VM folder that the new VM may be made in, e.g. /DC1/vm/scratch
#   DATASTORE       for the new VM, e.g. one on vSAN or vVol, to see whether the encryption policy fits it
#
# It makes one VM, <name>-vtpmfs-test, and leaves it there for you to look at and to remove. Answers go into
# vtpmfs-answers.txt; they hold names, ids, sizes and hashes, no key, no bundle, no nvram.
# In the new VM's directory it also writes a file vtpmfs-probe, and asks for its removal.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
vtpmfs=${VTPMFS_BIN:-$here/build/release/fs/vtpmfs}
[ $# -eq 2 ] || [ $# -eq 3 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
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

# -- /folder, asked beside vtpmfs: with a session of its own, whose password goes through a pipe
host=${GOVC_URL#*://}
host=${host##*@}
host=https://${host%%/*}
tls=()
can_ask=yes
if [ -n "${GOVC_TLS_CA_CERTS:-}" ]; then tls=(--cacert "${GOVC_TLS_CA_CERTS%%:*}")
elif [ "${GOVC_INSECURE:-}" = 1 ] || [ "${GOVC_INSECURE:-}" = true ]; then tls=(--insecure)
elif [ -n "${GOVC_TLS_KNOWN_HOSTS:-}" ]; then can_ask=no; fi

xml() { printf %s "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

soap() { # BODY: the HTTP status
  printf '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>' "$1" |
    curl "${tls[@]}" -sS -o /dev/null -w '%{http_code}' -b "$work/cookies" -c "$work/cookies" -H 'SOAPAction: "urn:vim25/6.7"' \
      -H 'Content-Type: text/xml; charset=utf-8' --data-binary @- "$host/sdk"
}

folder_url() { # DATACENTER "[datastore] path"
  local datastore=${2#[}
  local path=${datastore#*] }
  jq -rn --arg dc "/$1" --arg ds "${datastore%%]*}" --arg path "$path" \
    '"\($path | split("/") | map(@uri) | join("/"))?dcPath=\($dc | @uri)&dsName=\($ds | @uri)"' | sed "s|^|$host/folder/|"
}

ask() { # URL CURL-ARGUMENTS...: status and the headers that matter
  local url=$1
  shift
  curl "${tls[@]}" -sS -o /dev/null -D "$work/headers" -b "$work/cookies" -w '%{http_code}' "$@" "$url" || true
  tr -d '\r' <"$work/headers" | grep -iE '^(Content-Length|Content-Range|Accept-Ranges|Last-Modified|ETag):' | sed 's/^/, /' | tr -d '\n'
}

mkdir "$work/vc" "$work/saved"
placement=()
[ $# -lt 3 ] || placement=(--restore-datastore "$3")
"$vtpmfs" -f --state-dir "$work/state" "${placement[@]}" "$work/vc" >"$work/log" 2>&1 &
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

saved=$work/saved/set/config.json
if [ $can_ask = yes ] && [ "$(soap "<Login xmlns=\"urn:vim25\"><_this type=\"SessionManager\">SessionManager</_this><userName>$(xml "${GOVC_USERNAME:-}")</userName><password>$(xml "${GOVC_PASSWORD:-}")</password></Login>")" = 200 ]; then
  vmx=$(jq -r .files.vmPathName "$saved")
  nvram=$(folder_url "${vm%%/vm/*}" "${vmx%.*}.nvram")
  say "HEAD of nvram: $(ask "$nvram" --head)        (question 5)"
  say "GET of its first byte: $(ask "$nvram" --range 0-0)        (question 5)"
  say "GET of a file that is not there: $(ask "$(folder_url "${vm%%/vm/*}" "${vmx%.*}.vtpmfs-none")")        (question 5)"
else
  can_ask=no
  say "/folder was not asked: no session of its own        (question 5)"
fi

say "--- restoring"
name=$(basename "$vm")-vtpmfs-test
datacenter=${scratch%%/vm/*}
target=$work/vc/$datacenter/restore/${scratch#*/vm/}
[ -d "$target" ] || { say "the scratch folder is not there: $scratch"; exit 1; }
time_start=$(date +%s%N)
if cp -r "$work/saved/set" "$target/$name"; then say "restore: ok"; else say "restore: failed"; fi
say "restore took $(( ($(date +%s%N) - time_start) / 1000000 )) ms"
tee -a "$answers" <"$target/$name/restore.status"
form=$(sed -n 's/.*the vCenter took the vTPM //p' "$work/log" | tail -n 1)
say "CreateVM_Task took the vTPM: ${form:-in none of the three forms}        (question 1)"
management=$(jq -r '.vtpmfs.keyProvider.managementType // "not known"' "$saved")
if [ "$management" = nativeProvider ]; then
  say "a native provider took the saved key by its id: $([ -d "$work/vc/$scratch/$name" ] && echo yes || echo no, see the reason above)        (question 8)"
else
  say "the key's provider is $management: a VM whose key is a native provider's would tell more        (question 8)"
fi
say "policy of the saved VM: $(jq -c '.vtpmfs.storagePolicy // "not known"' "$saved")        (question 10)"
new=$work/vc/$scratch/$name
if [ -d "$new" ]; then
  for file in keyId encryption.bundle firmware nvram; do
    if cmp -s "$work/saved/set/$file" "$new/$file"; then say "$file: equal"; else say "$file: DIFFERS        (questions 2, 3)"; fi
  done
  certificates() { jq -r '.endorsementKeyCertificate[]?' "$1/vtpm.json" | sort | sha256sum; }
  if [ "$(certificates "$work/saved/set")" = "$(certificates "$new")" ]; then say "EK certificates: equal"; else say "EK certificates: DIFFER        (question 1)"; fi
  vmx=$(jq -r .files.vmPathName "$new/config.json")
  say "policy of the new VM on ${vmx%% *}: $(jq -c '.vtpmfs.storagePolicy // "not known"' "$new/config.json")        (question 10)"
  if [ $can_ask = yes ]; then
    printf probe >"$work/probe"
    probe=$(folder_url "${scratch%%/vm/*}" "${vmx%/*}/vtpmfs-probe")
    for attempt in "a new file" "the same again"; do
      say "PUT of $attempt: $(ask "$probe" -H 'Content-Type: application/octet-stream' --upload-file "$work/probe")        (question 5)"
    done
    say "DELETE of it: $(ask "$probe" --request DELETE)        (question 5)"
    say "GET of it afterwards: $(ask "$probe")        (question 5)"
  fi
  say "Now power $name on (without its disks it only shows the firmware), and see whether the vCenter complains about keys."
fi
[ $can_ask = no ] || soap '<Logout xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Logout>' >/dev/null
