// encryption.bundle: never crashes; whatever is read names its own keys.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cache/saved/key_locator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vtpmfs::cache;
  const auto whole = bundle_in_file({reinterpret_cast<const char*>(data), size});
  const auto locator = parse_key_locator(whole);
  if (!locator) {
    if (match_bundle(whole, {"k", "p"}) != BundleMatch::malformed) std::abort();
    return 0;
  }
  for (const auto& pair : locator->pairs) {
    if (match_bundle(whole, {pair.key, pair.provider}) != BundleMatch::agrees) std::abort();
    (void)provider_of_key(*locator, pair.key);
  }
  if (compare_bundles(whole, whole, {"k", "p"}) != BundleComparison::equal) std::abort();
  return 0;
}
