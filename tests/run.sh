#!/usr/bin/env bash
# Installs what the tests need, builds everything and runs the tests with CTest.
#
# usage: tests/run.sh [--label LABEL] [--asan | --tsan | --full] [--no-install] [CTest options]
#   --label LABEL   only the tests with this label: unit, integration, mount, vcsim, demo, schema, style
#   --asan          with AddressSanitizer and UndefinedBehaviorSanitizer
#   --tsan          with ThreadSanitizer
#   --full          both sanitizer runs with clang++, the plain run with g++, the fuzz targets, and clang-tidy
set -euo pipefail
cd "$(dirname "$0")/.."

presets=(release)
label=
install=1
full=
ctest_options=()
while [ $# -gt 0 ]; do
  case "$1" in
    --label) label=$2; shift ;;
    --asan) presets=(asan) ;;
    --tsan) presets=(tsan) ;;
    --full) presets=(asan release tsan); full=1 ;;
    --no-install) install= ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) ctest_options+=("$1") ;;
  esac
  shift
done

[ -z "$install" ] || tests/install.sh build demo tests
jobs=$(nproc)
# Most of the tests' time is waiting: for timeouts, for calls that are sent again, for a kernel.
tests_at_once=$((jobs * 3))
failed=()
tidy=
trap '[ -z "$tidy" ] || kill "$tidy" 2>/dev/null || true' EXIT

# What CTest's summary does not show of tests that passed: rows by matrix, and whatever was skipped, with its reason.
show_rows() {
  local log=$1/Testing/Temporary/LastTest.log
  [ -e "$log" ] || return 0
  awk '
    /^# [0-9]+ ok, / { rows = rows sprintf("   %-50s %s\n", title, substr($0, 3)); next }
    /^# /            { title = substr($0, 3) }
    /^SKIP /         { skipped = skipped sprintf("   %s: %s\n", title, substr($0, 6)) }
    /: Skipped$/     { getline; skipped = skipped "   " $0 "\n" }
    END {
      if (rows != "") printf "Rows of the matrices:\n%s", rows
      if (skipped != "") printf "Skipped:\n%s", skipped
    }' "$log"
}

# A bounded run of each fuzz target from the seeds that lie beside it; whatever it finds stays in build/.
run_fuzzers() {
  local build=$1 target name found
  for target in "$build"/tests/fuzz/fuzz_*; do
    name=$(basename "$target")
    found=$build/fuzz-$name
    mkdir -p "$found/corpus"
    echo "-- $name"
    "$target" -runs=20000 -max_len=65536 -timeout=30 -print_final_stats=0 -verbosity=0 \
      -artifact_prefix="$found/" "$found/corpus" "tests/fuzz/seeds/${name#fuzz_}" || return 1
  done
}

# clang-tidy over what the last 100 commits have touched, as that build compiles it; any warning fails (.clang-tidy). All of
# the program, where there is no such history: that is a quarter of an hour of processor time. It runs in what the tests
# leave idle, from the first build's end on, and says what it has to say when all else is done.
start_tidy() {
  if git rev-parse --quiet --verify HEAD~100 >/dev/null 2>&1; then
    git diff -z --name-only --diff-filter=d HEAD~100 -- 'fs/*.cc' 'cache/*.cc' 'vsphere/*.cc'
  else
    find fs cache vsphere -name '*.cc' -print0
  fi | nice -n 19 xargs -0 -n 2 -P "$jobs" clang-tidy-14 -p "$1" --quiet >build/clang-tidy.log 2>&1 &
  tidy=$!
}

# How many warnings it left out of system headers nobody wants to know.
end_tidy() {
  local clean=0
  wait "$tidy" || clean=1
  grep -v ' warnings\? generated\.$' build/clang-tidy.log || true
  return $clean
}

run_preset() {
  local preset=$1 what=()
  echo "== $preset: build"
  cmake --preset "$preset" -DVTPMFS_TESTS=ON >/dev/null
  # What has one thread only has no races; --tsan builds and runs everything.
  [ "$preset$full" != tsan1 ] || what=(--target threaded_tests)
  cmake --build --preset "$preset" -j "$jobs" ${what[@]+"${what[@]}"}
  [ -z "$full" ] || [ -n "$tidy" ] || start_tidy "build/$preset"
  echo "== $preset: tests"
  local select=()
  [ -z "$label" ] || select=(-L "^${label}\$")
  # The matrices on real mounts take longer than everything else under ThreadSanitizer; --tsan runs them.
  [ "$preset$full" != tsan1 ] || select=(-L '^(unit|integration|vcsim|demo)$')
  ctest --test-dir "build/$preset" -j "$tests_at_once" --output-on-failure --no-tests=error \
    "${select[@]}" ${ctest_options[@]+"${ctest_options[@]}"} || failed+=("$preset")
  show_rows "build/$preset"
}

for preset in "${presets[@]}"; do run_preset "$preset"; done

if [ -n "$full" ]; then
  # Clang builds everything with the sanitizers, so no build of its own is needed to see that it does.
  echo "== fuzz targets"
  run_fuzzers build/asan || failed+=(fuzz)
  echo "== clang-tidy"
  end_tidy || failed+=(clang-tidy)
fi

if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]}" >&2
  exit 1
fi
