#!/usr/bin/env bash
# Installs what the benchmarks need, builds them and runs them; 15 minutes on two cores.
#
# usage: tests/bench/run.sh [--no-install] [--micro | --callgrind | options of run.py]
#   --micro       the hot paths alone, by Google Benchmark
#   --callgrind   instructions of the hottest, which no other process disturbs
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1-}" = --no-install ]; then shift; else tests/install.sh build bench; fi
cmake --preset release -DVTPMFS_BENCH=ON >/dev/null
cmake --build --preset release -j "$(nproc)" --target bench_programs
case "${1-}" in
  --micro) shift; exec build/release/tests/bench/bench_micro "$@" ;;
  --callgrind) shift; exec tests/bench/callgrind.sh build/release/tests/bench/bench_micro ;;
esac
exec python3 -B tests/bench/run.py "$@"
