// vtpm.json in its dialects: never crashes, and what is read is written and read as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cache/saved/vtpm_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vtpmfs::cache;
  const auto tpm = parse_vtpm({reinterpret_cast<const char*>(data), size});
  if (!tpm) return 0;
  const auto again = parse_vtpm(render_vtpm(*tpm));
  if (!again || !(*again == *tpm)) std::abort();
  return 0;
}
