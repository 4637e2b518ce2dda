// Which pools, hosts and datastores may be taken: those that were named, else all that would do,
// the best first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fs/restore/restorer.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// Whether somebody who wrote `wanted` means what lies at this inventory path: the whole path, its
/// last components, or the last one as people see it (A/B) instead of as the API writes it (A%2fB).
bool is_meant(const std::string& inventory_path, const std::string& wanted);

/// The named host, or all. ENOENT where there is none of that name, EINVAL with the paths where
/// there are several.
Result<std::vector<vsphere::HostChoice>> hosts_to_try(const vsphere::PlacementOptions& offered,
                                                      const Placement& wanted);

/// The named pool, also by the name of its cluster or host, else all: whole clusters and hosts
/// before the pools in them, clusters before single hosts (a native key provider serves those
/// only). ENOENT and EINVAL as above; a name that several have is clear where only one of them has
/// the named host. EINVAL where the host is not the pool's. EHOSTUNREACH where no pool is to be
/// seen.
Result<std::vector<vsphere::PoolChoice>> pools_to_try(
    const vsphere::PlacementOptions& offered, const Placement& wanted,
    const std::vector<vsphere::HostChoice>& hosts);

/// The named datastore, or the usable members of the named datastore cluster, or all usable ones:
/// the saved one first where none was named, then by their room. ENOENT and EINVAL as above;
/// EHOSTUNREACH for what is not accessible or in maintenance, ENOSPC for what has no room.
Result<std::vector<vsphere::DatastoreChoice>> datastores_to_try(
    const vsphere::PlacementOptions& offered, const Placement& wanted,
    const std::optional<std::string>& saved, uint64_t needed);

}  // namespace vtpmfs::fs
