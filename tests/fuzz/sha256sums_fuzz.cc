// SHA256SUMS: never crashes, and what is read is written and read as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cache/saved/sha256sums.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vtpmfs::cache;
  const auto sums = parse_sha256sums({reinterpret_cast<const char*>(data), size});
  if (!sums) return 0;
  const auto again = parse_sha256sums(render_sha256sums(*sums));
  if (!again || *again != *sums) std::abort();
  return 0;
}
