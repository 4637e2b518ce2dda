#include "vsphere/session_cookie.h"

#include <algorithm>
#include <string_view>

namespace vtpmfs::vsphere {

std::string session_cookie(const std::vector<std::string>& set_cookies) {
  constexpr std::string_view kName = "vmware_soap_session=";
  std::string found;
  for (const std::string_view line : set_cookies) {
    if (line.substr(0, kName.size()) != kName) continue;
    auto text = line.substr(0, line.find(';'));
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    found = text;
  }
  return found;
}

std::string bare_cookie_value(const std::string& cookie) {
  std::string_view value = cookie;
  value.remove_prefix(std::min(value.find('=') + 1, value.size()));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

}  // namespace vtpmfs::vsphere
