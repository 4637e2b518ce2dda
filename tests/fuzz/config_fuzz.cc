// config.json: never crashes; what is read is written and read with the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cache/saved/config_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vtpmfs::cache;
  const auto saved = parse_config({reinterpret_cast<const char*>(data), size});
  if (!saved) return 0;
  const auto text = render_config(saved->config, saved->origin.value_or(SavedOrigin{}));
  const auto again = parse_config(text);
  if (!again || !again->warnings.empty()) std::abort();
  if (render_config(again->config, *again->origin) != text) std::abort();
  return 0;
}
