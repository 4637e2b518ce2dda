#include "vsphere/hardware_version.h"

#include <charconv>

namespace vtpmfs::vsphere {

int hardware_number(std::string_view version) {
  constexpr std::string_view kPrefix = "vmx-";
  if (!version.starts_with(kPrefix)) return 0;
  int number = 0;
  const char* end = version.data() + version.size();
  const auto parsed = std::from_chars(version.data() + kPrefix.size(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number > 0 ? number : 0;
}

}  // namespace vtpmfs::vsphere
