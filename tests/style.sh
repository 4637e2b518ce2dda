#!/usr/bin/env bash
# The house's rules that a machine can check: format, includes that point up, gSOAP and FUSE in their rooms,
# file length, man pages, shell scripts. Prints what is not so; non-zero when anything is.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
skip() { printf 'SKIP style: %s\n' "$1"; exit 77; }
git rev-parse --git-dir >/dev/null 2>&1 || skip "this is no git checkout"
command -v clang-format-14 >/dev/null || command -v clang-format >/dev/null || skip "clang-format is not installed"
bad=0
say() { printf '%s\n' "$1" >&2; bad=1; }

mapfile -t sources < <(git ls-files 'fs/*.cc' 'fs/*.h' 'cache/*.cc' 'cache/*.h' 'vsphere/*.cc' 'vsphere/*.h' 'tests/*.cc' 'tests/*.h' |
  grep -v '^vsphere/soap/schema/')
format=$(command -v clang-format-14 || command -v clang-format)
"$format" --dry-run -Werror "${sources[@]}" || say "clang-format would change files (see above)"

up=$(git grep -nE '^#include "fs/' -- cache vsphere; git grep -nE '^#include "cache/' -- vsphere)
[ -z "$up" ] || say "Includes that point up the house:
$up"
gsoap=$(git grep -nlE '#include [<"](soapH|soapStub|stdsoap2)' -- fs cache)
[ -z "$gsoap" ] || say "gSOAP outside vsphere: $gsoap"
fuse=$(git grep -nlE '#include <fuse' -- '*.cc' '*.h' ':!fs/kernel' ':!tests/unit/kernel' ':!tests/mount/power_cut')
[ -z "$fuse" ] || say "FUSE outside fs/kernel and its tests: $fuse"
long=$(git ls-files 'fs/*.cc' 'fs/*.h' 'cache/*.cc' 'cache/*.h' 'vsphere/*.cc' 'vsphere/*.h' | xargs wc -l | awk '$2 != "total" && $1 > 400')
[ -z "$long" ] || say "Files over 400 lines:
$long"
schemas=$(git ls-files '*.xsd' '*.wsdl')
[ -z "$schemas" ] || say "VMware's schemas may not be committed: $schemas"

for page in man/*.[0-9]; do
  lint=$(mandoc -T lint -W warning "$page" 2>&1)
  [ -z "$lint" ] || say "$lint"
done
if command -v shellcheck >/dev/null; then
  git ls-files '*.sh' '.ci/run' | xargs shellcheck -x || say "shellcheck found something (see above)"
fi
exit $bad
