#!/usr/bin/env bash
# Installs what the benchmarks need, builds them and runs them; 15 minutes on two cores.
#
# usage: tests/bench/run.sh [--no-install] [options of run.py]
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1-}" = --no-install ]; then shift; else tests/install.sh build bench; fi
cmake --preset release -DVTPMFS_BENCH=ON >/dev/null
cmake --build --preset release -j "$(nproc)" --target bench_programs
exec python3 -B tests/bench/run.py "$@"
