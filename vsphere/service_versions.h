// Which version of the API both sides know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::vsphere {

/// What vimServiceVersions.xml and pbmServiceVersions.xml say about one namespace.
struct ServiceVersions {
  std::string newest;
  std::vector<std::string> prior;
};

/// Below, equal to or above zero as `a` is older than, as old as or newer than `b`, number by
/// number: 8.0.3.0 is newer than 6.7.3, and 7.0 as old as 7.0.0.0.
int compare_versions(std::string_view a, std::string_view b);

/// True for digits in groups with dots between them.
bool is_version(std::string_view text);

/// EIO where the text has no entry for the namespace ("urn:vim25"), or a version that is none.
Result<ServiceVersions> parse_service_versions(std::string_view xml, std::string_view name_space);

/// The newest version that the server has and that is not newer than `own`, in whose schema our
/// messages are written.
std::string choose_version(std::string_view own, const ServiceVersions& server);

}  // namespace vtpmfs::vsphere
