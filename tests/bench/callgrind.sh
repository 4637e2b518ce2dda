#!/usr/bin/env bash
# Instructions of the hottest paths, a call, by callgrind: the same on a busy machine as on a quiet one. Hashing
# counts for more than it takes: valgrind lacks the instructions that processors have for SHA-256.
#
# usage: tests/bench/callgrind.sh [BENCH_MICRO]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-build/release/tests/bench/bench_micro}
command -v valgrind >/dev/null || { echo "SKIP callgrind: valgrind is not installed"; exit 77; }
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT

# The benchmark runs its body so often, counted by its name's end.
count() {
  local function=$1 benchmark=$2 name=$3 times=$4 out instructions
  out=$kept/$benchmark
  valgrind --tool=callgrind --collect-atstart=no --toggle-collect="$function" --callgrind-out-file="$out" \
    "$program" --benchmark_filter="^$benchmark/" >"$kept/log" 2>&1 || { cat "$kept/log" >&2; exit 1; }
  instructions=$(sed -n 's/^\(summary\|totals\): //p' "$out" | head -1)
  [ "${instructions:-0}" -gt 0 ] || { echo "callgrind saw no call of $function" >&2; exit 1; }
  printf '%-34s %12d instructions\n' "$name" $((instructions / times))
}

count bench_readdirplus readdirplus_of_folder "readdirplus of 1,000 VMs" 100
count bench_readdirplus readdirplus_of_vm "readdirplus of a VM's directory" 10000
count bench_lookup lookup_of_vm "lookup of a VM" 10000
