// Where a restored VM goes: pool, host, datastore and networks, chosen among what the datacenter
// offers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/saved/saved_set.h"
#include "fs/restore/restorer.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

struct VmPlace {
  vsphere::PoolChoice pool;
  std::optional<vsphere::MoRef> host;  ///< only where the server wants one named
  vsphere::DatastoreChoice datastore;
  vsphere::HostChoice
      fits_on;  ///< `host`, or the likeliest of those among which the server chooses
};

/// What the key provider asks of a host.
struct HostNeeds {
  bool cluster = false;  ///< to be in one
  bool tpm = false;      ///< a TPM 2.0 of its own
  std::string provider;
};

/// The vCenter has to put this host into encryption mode before it runs an encrypted VM.
bool needs_encryption_mode(const vsphere::HostChoice& host);

/// Mount options come first, then the staged directory's attributes.
Placement merged(const Placement& options, const Placement& directory);

/// The pool, host and datastore that were named, else config.json's datastore where it is of this
/// very vCenter, else the largest datastore and the first pool that fit together: a usable host of
/// the pool that mounts the datastore, one in encryption mode rather than another, and none that
/// has to be started anew before it encrypts. A name that is a datastore cluster's means its member
/// with the most room that fits. ENOENT for a name that is not there, EINVAL with the paths for one
/// that several have and where what was named does not go together, EHOSTUNREACH where no host or
/// datastore is usable, ENOKEY where no host is one that the key provider works on, ENOSPC where no
/// datastore has room.
Result<VmPlace> choose_place(const vsphere::PlacementOptions& offered, const Placement& wanted,
                             const std::optional<std::string>& saved_datastore,
                             uint64_t bytes_needed, const HostNeeds& needs = {});

/// The network of each saved NIC, by device key: by the mapping, else by port group key, opaque id
/// or name, where the VM's host has it. A NIC whose network is not here, or whose network's name
/// several have, keeps its place and its address on a stand-in, disconnected for good, for no
/// vCenter takes a card without a network; without any network it is left out. A warning names it
/// either way.
std::map<int, vsphere::NetworkChoice> choose_networks(
    const vsphere::PlacementOptions& offered, const VmPlace& place, const vsphere::VmConfig& config,
    const std::map<std::string, std::string>& mapping, std::vector<std::string>& warnings);

/// ENOENT where the mapping names a network that is not here, EINVAL with the paths where several
/// that the VM's hosts have are called so; whether a card needs it or not. A network is named by
/// its name or inventory path.
Status check_networks(const vsphere::PlacementOptions& offered, const VmPlace& place,
                      const std::map<std::string, std::string>& mapping);

}  // namespace vtpmfs::fs
