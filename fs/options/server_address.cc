#include "fs/options/server_address.h"

#include <cerrno>

#include "fs/options/values.h"

namespace vtpmfs::fs {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_host(const std::string& host) {
  if (host.empty() || host.size() > 255) return false;
  return host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%") ==
         std::string::npos;
}

Status take_host_and_port(const std::string& text, ServerAddress& address) {
  std::string port;
  if (!text.empty() && text.front() == '[') {  // [::1]:443
    const size_t end = text.find(']');
    if (end == std::string::npos) return fail(EINVAL, "the address lacks a ']'");
    address.host = text.substr(1, end - 1);
    if (end + 1 < text.size()) {
      if (text[end + 1] != ':')
        return fail(EINVAL, "what follows ']' in the address is not a port");
      port = text.substr(end + 2);
    }
  } else if (const size_t colon = text.find(':');
             colon != std::string::npos && text.find(':', colon + 1) == std::string::npos) {
    address.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  } else {
    address.host = text;  // a name, or a bare IPv6 address
  }
  if (!is_host(address.host))
    return fail(EINVAL, "the address of the vCenter has no usable host name");
  if (!port.empty()) {
    const auto number = parse_number(port, 1, 65535);
    if (!number)
      return fail(EINVAL, "the port of the vCenter's address is not a number from 1 to 65535");
    address.port = static_cast<int>(*number);
  }
  return {};
}

}  // namespace

Result<ServerAddress> parse_server_address(const std::string& text) {
  ServerAddress address;
  std::string rest = text;
  if (const size_t scheme = rest.find("://"); scheme != std::string::npos) {
    if (rest.substr(0, scheme) != "https")
      return fail(EINVAL, "only https is spoken with a vCenter");
    rest.erase(0, scheme + 3);
  }
  // The path begins after the userinfo: a domain account (DOMAIN/user) would need its slash
  // escaped, as in govc.
  if (const size_t slash = rest.find('/'); slash != std::string::npos) {
    const std::string path = rest.substr(slash);
    if (path != "/" && path != "/sdk" && path != "/sdk/")
      return fail(EINVAL, "the path of the vCenter's address is not /sdk");
    rest.erase(slash);
  }
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    std::string user = rest.substr(0, at);
    rest.erase(0, at + 1);
    if (const size_t colon = user.find(':'); colon != std::string::npos) {
      address.password = percent_decoded(user.substr(colon + 1));
      user.erase(colon);
    }
    if (!user.empty()) address.user = percent_decoded(user);
  }
  if (auto taken = take_host_and_port(rest, address); !taken) return fail(taken.error());
  return address;
}

}  // namespace vtpmfs::fs
