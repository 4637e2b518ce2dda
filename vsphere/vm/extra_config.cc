#include "vsphere/vm/extra_config.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace vtpmfs::vsphere {
namespace {

// In lower case. `nvram` names a file of the old VM: the new one gets its own.
constexpr std::array<std::string_view, 5> kNeverKeys{"machine.id", "encryptedvm.guid",
                                                     "datafilekey", "viv.moid", "nvram"};
constexpr std::array<std::string_view, 6> kNeverPrefixes{
    "guestinfo.", "remotedisplay.vnc.", "vtpm.", "encryption.", "migrate.", "vtpmfs."};

}  // namespace

bool may_keep_extra_config(std::string_view key) {
  if (key.empty()) return false;
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::find(kNeverKeys.begin(), kNeverKeys.end(), lower) != kNeverKeys.end()) return false;
  return std::none_of(kNeverPrefixes.begin(), kNeverPrefixes.end(),
                      [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

bool keeps_extra_config(const std::vector<std::string>& globs, const std::string& key) {
  if (!may_keep_extra_config(key)) return false;
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return fnmatch(glob.c_str(), key.c_str(), 0) == 0;
  });
}

}  // namespace vtpmfs::vsphere
