// How a server is written in URLs and in words.
#pragma once

#include <string>

namespace vtpmfs::vsphere::http {

/// host:port; an IPv6 address in brackets.
std::string host_and_port(const std::string& host, int port);

/// https://host:port, a zone index escaped as RFC 6874 wants it.
std::string https_origin(const std::string& host, int port);

/// True for a host name or an address that can stand in a URL without changing its meaning.
bool is_plain_host(const std::string& host);

}  // namespace vtpmfs::vsphere::http
