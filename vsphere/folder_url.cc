#include "vsphere/folder_url.h"

#include <algorithm>
#include <cerrno>

namespace vtpmfs::vsphere {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

Result<std::string> folder_target(const DatastorePlace& place, std::string_view path) {
  std::string target = "/folder";
  while (true) {
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    if (segment.empty() || segment == "." || segment == "..") {
      return fail(EINVAL, "[" + place.name + "]: not the path of a file");
    }
    target += '/';
    target += percent_encoded(segment);
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  target += '?';
  if (!place.datacenter_path.empty()) {
    const bool slash = place.datacenter_path.front() == '/';
    target += "dcPath=" + percent_encoded((slash ? "" : "/") + place.datacenter_path) + "&";
  }
  return target + "dsName=" + percent_encoded(place.name);
}

}  // namespace vtpmfs::vsphere
