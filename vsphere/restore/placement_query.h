// What is read of a datacenter to place a VM in it.
#pragma once

#include "vsphere/property/property_query.h"

namespace vtpmfs::vsphere {

/// One query for everything below (compute, datastores with the folders and datastore clusters that
/// they lie in, networks) and above (names of the path) the datacenter. `ask_for_tpm`,
/// `ask_for_drs` false: for servers that do not know these properties.
PropertyQuery placement_query(const MoRef& datacenter, bool ask_for_tpm, bool ask_for_drs);

inline constexpr std::string_view kTpmSupported = "capability.tpmSupported";
inline constexpr std::string_view kTpmVersion = "capability.tpmVersion";
inline constexpr std::string_view kDrsEnabled = "configuration.drsConfig.enabled";

}  // namespace vtpmfs::vsphere
