// One datacenter with its hosts, datastores and networks.
#pragma once

#include <string>
#include <vector>

#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

class World;

/// Where machines of a datacenter can be put; references only.
struct Site {
  Ref datacenter;
  Ref vm_folder;
  Ref drs_pool;         ///< cluster with DRS and three hosts
  Ref plain_pool;       ///< cluster without DRS and two hosts
  Ref standalone_pool;  ///< one host for itself
  Ref sub_pool;         ///< below drs_pool
  Ref host;             ///< a connected host of the DRS cluster
  Ref lost_host;        ///< a disconnected one
  Ref datastore;        ///< VMFS
  Ref nfs;
  Ref vsan;
  Ref full;
  Ref dead;
  Ref network;    ///< standard
  Ref portgroup;  ///< distributed
  Ref opaque;
};

/// Makes a folder of folders and datacenters, VMs, or what `child_types` says.
Ref make_folder(World& world, const Ref& parent, const std::string& name,
                const std::vector<std::string>& child_types, const char* prefix);

/// A VM folder.
Ref make_vm_folder(World& world, const Ref& parent, const std::string& name);

/// Makes a datacenter and what is in it, but for folders and machines; `varied`: with the places
/// that not every datacenter has.
Site make_site(World& world, const Ref& parent, const std::string& name, bool varied);

}  // namespace vtpmfs::simulator
