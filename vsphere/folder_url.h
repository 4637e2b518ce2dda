// URLs of vCenter's file service.
#pragma once

#include <string>
#include <string_view>

#include "vsphere/error.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

/// /folder/<path>?dcPath=<datacenter>&dsName=<datastore>. Names keep the escapes that the API gives
/// them (%2f) and are percent-encoded once more (%252f). Without a datacenter (ESXi) there is no
/// dcPath. EINVAL for a path with an empty, "." or ".." component.
Result<std::string> folder_target(const DatastorePlace& place, std::string_view path);

/// Everything but RFC 3986's unreserved characters as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace vtpmfs::vsphere
