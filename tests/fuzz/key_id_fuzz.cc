// keyId in its dialects: never crashes, and what is read is written and read as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cache/saved/key_id_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vtpmfs::cache;
  const auto key = parse_key_id({reinterpret_cast<const char*>(data), size});
  if (!key) return 0;
  const auto again = parse_key_id(render_key_id(*key));
  if (!again || *again != *key) std::abort();
  return 0;
}
