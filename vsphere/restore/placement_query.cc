#include "vsphere/restore/placement_query.h"

namespace vtpmfs::vsphere {

PropertyQuery placement_query(const MoRef& datacenter, bool ask_for_tpm, bool ask_for_drs) {
  PropertyQuery query;
  query.objects = {datacenter};
  // Types that derive from another one in this list name that one's properties too: whether both
  // entries count for an object differs between servers.
  query.properties = {
      {"Folder", {"name", "parent"}},
      {"Datacenter", {"name", "parent"}},
      {"ComputeResource", {"name", "parent", "host"}},
      {"ClusterComputeResource", {"name", "parent", "host"}},
      {"ResourcePool", {"name", "parent", "owner"}},
      {"HostSystem",
       {"name", "parent", "runtime.connectionState", "runtime.powerState",
        "runtime.inMaintenanceMode", "runtime.cryptoState"}},
      {"Datastore", {"name", "browser", "summary", "host"}},
      {"Network", {"name"}},
      {"DistributedVirtualPortgroup", {"name", "key", "config.distributedVirtualSwitch"}},
      {"OpaqueNetwork", {"name", "summary"}},
  };
  if (ask_for_tpm) {
    query.properties[5].paths.emplace_back(kTpmSupported);
    query.properties[5].paths.emplace_back(kTpmVersion);
  }
  if (ask_for_drs) query.properties[3].paths.emplace_back(kDrsEnabled);
  query.first = {"hosts", "datastores", "networks", "up"};
  query.steps = {
      {"hosts", "Datacenter", "hostFolder", {"children"}},
      {"children", "Folder", "childEntity", {"children", "host", "pool"}},
      {"host", "ComputeResource", "host", {}},
      {"pool", "ComputeResource", "resourcePool", {"pools"}},
      {"pools", "ResourcePool", "resourcePool", {"pools"}},
      {"datastores", "Datacenter", "datastore", {}},
      {"networks", "Datacenter", "network", {}},
      {"up", "ManagedEntity", "parent", {"up"}},
  };
  return query;
}

}  // namespace vtpmfs::vsphere
