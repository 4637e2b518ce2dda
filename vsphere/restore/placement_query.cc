#include "vsphere/restore/placement_query.h"

#include <algorithm>

namespace vtpmfs::vsphere {

PropertyQuery placement_query(const MoRef& datacenter, bool ask_for_tpm, bool ask_for_drs) {
  PropertyQuery query;
  query.objects = {datacenter};
  // Types that derive from another one in this list name that one's properties too: whether both
  // entries count for an object differs between servers.
  query.properties = {
      {"Folder", {"name", "parent"}},
      {"StoragePod", {"name", "parent"}},
      {"Datacenter", {"name", "parent"}},
      {"ComputeResource", {"name", "parent", "host", "environmentBrowser"}},
      {"ClusterComputeResource", {"name", "parent", "host", "environmentBrowser"}},
      {"ResourcePool", {"name", "parent", "owner"}},
      {"HostSystem",
       {"name", "parent", "runtime.connectionState", "runtime.powerState",
        "runtime.inMaintenanceMode", "runtime.cryptoState"}},
      {"Datastore", {"name", "parent", "browser", "summary", "host"}},
      {"Network", {"name", "parent", "host"}},
      {"DistributedVirtualPortgroup",
       {"name", "parent", "key", "config.distributedVirtualSwitch", "host"}},
      {"OpaqueNetwork", {"name", "parent", "summary", "host"}},
  };
  const auto ask = [&query](std::string_view type, std::string_view path) {
    const auto found = std::find_if(query.properties.begin(), query.properties.end(),
                                    [type](const auto& of) { return of.type == type; });
    found->paths.emplace_back(path);
  };
  if (ask_for_tpm) {
    ask("HostSystem", kTpmSupported);
    ask("HostSystem", kTpmVersion);
  }
  if (ask_for_drs) ask("ClusterComputeResource", kDrsEnabled);
  query.first = {"hosts", "datastores", "networks", "up"};
  query.steps = {
      {"hosts", "Datacenter", "hostFolder", {"children"}},
      {"children", "Folder", "childEntity", {"children", "host", "pool"}},
      {"host", "ComputeResource", "host", {}},
      {"pool", "ComputeResource", "resourcePool", {"pools"}},
      {"pools", "ResourcePool", "resourcePool", {"pools"}},
      {"datastores", "Datacenter", "datastore", {"up"}},
      {"networks", "Datacenter", "network", {"up"}},
      {"up", "ManagedEntity", "parent", {"up"}},
  };
  return query;
}

}  // namespace vtpmfs::vsphere
