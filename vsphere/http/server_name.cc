#include "vsphere/http/server_name.h"

#include <algorithm>

namespace vtpmfs::vsphere::http {
namespace {

bool is_ipv6(const std::string& host) {
  return host.find(':') != std::string::npos;
}

}  // namespace

std::string host_and_port(const std::string& host, int port) {
  return (is_ipv6(host) ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string https_origin(const std::string& host, int port) {
  std::string name = host;
  if (is_ipv6(name)) {
    if (const auto zone = name.find('%'); zone != std::string::npos) name.replace(zone, 1, "%25");
  }
  return "https://" + host_and_port(name, port);
}

bool is_plain_host(const std::string& host) {
  if (host.empty() || host.size() > 255) return false;
  const bool ipv6 = is_ipv6(host);
  return std::all_of(host.begin(), host.end(), [ipv6](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return true;  // an internationalised name, curl turns it into punycode
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    return c == '.' || c == '-' || c == '_' || (ipv6 && (c == ':' || c == '%'));
  });
}

}  // namespace vtpmfs::vsphere::http
