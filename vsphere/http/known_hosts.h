// govc's known_hosts files: certificates that a person trusted by their thumbprint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::vsphere::http {

/// The thumbprints that known_hosts files give for one server, in normal form. One
/// `host[:port] THUMBPRINT` per line with one blank between, the port 443 where left out; lines of
/// any other form are passed over, as govc does.
class KnownHosts {
 public:
  KnownHosts() = default;

  /// ENOENT, EACCES... with the file's name where a file cannot be read.
  static Result<KnownHosts> load(const std::vector<std::string>& files, std::string_view host,
                                 int port);
  /// The part of load() that needs no file.
  void add_lines(std::string_view text, std::string_view host, int port);

  [[nodiscard]] bool contains(std::string_view thumbprint) const;
  [[nodiscard]] bool empty() const { return thumbprints_.empty(); }

 private:
  std::vector<std::string> thumbprints_;
};

}  // namespace vtpmfs::vsphere::http
