// govc's known_hosts files: certificates that a person trusted by their thumbprint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::vsphere::http {

/// The thumbprint that known_hosts files give for one server, in normal form. One
/// `host[:port] THUMBPRINT` per line with one blank between, the port 443 where left out; lines
/// without a blank are passed over. The last line of a host replaces those before it, and takes
/// them back where it has no thumbprint: all as govc does, so that a certificate that was replaced
/// is trusted no longer.
class KnownHosts {
 public:
  KnownHosts() = default;

  /// A file that is not there says nothing; EACCES... with its name where one cannot be read.
  static Result<KnownHosts> load(const std::vector<std::string>& files, std::string_view host,
                                 int port);
  /// The part of load() that needs no file.
  void add_lines(std::string_view text, std::string_view host, int port);

  [[nodiscard]] bool contains(std::string_view thumbprint) const;
  [[nodiscard]] bool empty() const { return thumbprint_.empty(); }

 private:
  std::string thumbprint_;  ///< empty: none
};

}  // namespace vtpmfs::vsphere::http
