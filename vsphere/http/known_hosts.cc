#include "vsphere/http/known_hosts.h"

#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "vsphere/http/thumbprint.h"

namespace vtpmfs::vsphere::http {
namespace {

struct HostPort {
  std::string_view host;
  int port = 443;
};

std::optional<HostPort> split_host(std::string_view text) {
  HostPort result;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {  // IPv6 is written in brackets where a port follows
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ':') return std::nullopt;
    if (!text.empty()) port = text.substr(1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const auto colon = text.find(':');
    result.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  } else {
    result.host = text;
  }
  if (!port.empty()) {
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) return std::nullopt;
  }
  return result;
}

bool same_host(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Result<KnownHosts> KnownHosts::load(const std::vector<std::string>& files, std::string_view host,
                                    int port) {
  KnownHosts known;
  for (const auto& file : files) {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream.is_open() && errno == ENOENT) continue;  // govc: nobody is known yet
    for (std::string line; std::getline(stream, line);) known.add_lines(line, host, port);
    if (!stream.is_open() || stream.bad()) {
      const int code = errno != 0 ? errno : EIO;
      return fail(code, "known hosts file " + file + ": " + std::generic_category().message(code));
    }
  }
  return known;
}

void KnownHosts::add_lines(std::string_view text, std::string_view host, int port) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto name = split_host(line.substr(0, blank));
    if (!name || name->port != port || !same_host(name->host, host)) continue;
    const auto text_of_it = line.substr(blank + 1);
    const bool one_word = text_of_it.find(' ') == std::string_view::npos;
    thumbprint_ = one_word ? normal_thumbprint(text_of_it).value_or("") : "";
  }
}

bool KnownHosts::contains(std::string_view thumbprint) const {
  return !thumbprint.empty() && thumbprint == thumbprint_;
}

}  // namespace vtpmfs::vsphere::http
