// The vCenter's address as users of govc, ssh and mount write it.
#pragma once

#include <optional>
#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Parts of `[https://][user[:password]@]host[:port][/sdk]`.
struct ServerAddress {
  std::string host;  ///< IPv6 without brackets
  int port = 443;
  std::optional<std::string> user;
  std::optional<std::string> password;
};

/// Takes an address apart; user and password are percent-decoded. An account such as
/// administrator@vsphere.local may be written plainly: the last '@' before the path ends it. EINVAL
/// for another scheme than https, another path than /sdk, an empty host or a port out of range. The
/// words of an error never repeat a password.
Result<ServerAddress> parse_server_address(const std::string& text);

}  // namespace vtpmfs::fs
