// SHA-256 of one nvram.
#include <benchmark/benchmark.h>

#include <string>

#include "cache/saved/sha256.h"

namespace vtpmfs::cache {
namespace {

void hash_nvram(benchmark::State& state) {
  const std::string nvram(270'840, 'n');
  for (auto _ : state) benchmark::DoNotOptimize(sha256(nvram));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * nvram.size()));
}
BENCHMARK(hash_nvram)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace vtpmfs::cache
