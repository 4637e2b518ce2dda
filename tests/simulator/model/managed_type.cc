#include "tests/simulator/model/managed_type.h"

#include <array>
#include <utility>

namespace vtpmfs::simulator {
namespace {

using Line = std::pair<std::string_view, std::string_view>;
constexpr std::string_view kTop = "ManagedObject";

/// type -> base, from the API reference.
constexpr std::array kBases = {
    Line{"ManagedEntity", kTop},
    Line{"Folder", "ManagedEntity"},
    Line{"Datacenter", "ManagedEntity"},
    Line{"ComputeResource", "ManagedEntity"},
    Line{"ClusterComputeResource", "ComputeResource"},
    Line{"HostSystem", "ManagedEntity"},
    Line{"ResourcePool", "ManagedEntity"},
    Line{"VirtualApp", "ResourcePool"},
    Line{"VirtualMachine", "ManagedEntity"},
    Line{"Datastore", "ManagedEntity"},
    Line{"StoragePod", "Folder"},
    Line{"Network", "ManagedEntity"},
    Line{"OpaqueNetwork", "Network"},
    Line{"DistributedVirtualPortgroup", "Network"},
    Line{"DistributedVirtualSwitch", "ManagedEntity"},
    Line{"VmwareDistributedVirtualSwitch", "DistributedVirtualSwitch"},
    Line{"View", kTop},
    Line{"ManagedObjectView", "View"},
    Line{"ContainerView", "ManagedObjectView"},
    Line{"ListView", "ManagedObjectView"},
    Line{"InventoryView", "ManagedObjectView"},
    Line{"ViewManager", kTop},
    Line{"PropertyCollector", kTop},
    Line{"PropertyFilter", kTop},
    Line{"ServiceInstance", kTop},
    Line{"SessionManager", kTop},
    Line{"AuthorizationManager", kTop},
    Line{"SearchIndex", kTop},
    Line{"FileManager", kTop},
    Line{"DatastoreNamespaceManager", kTop},
    Line{"HostDatastoreBrowser", kTop},
    Line{"EnvironmentBrowser", kTop},
    Line{"TaskManager", kTop},
    Line{"Task", kTop},
    Line{"ExtensibleManagedObject", kTop},
    Line{"VirtualMachineSnapshot", kTop},
    Line{"OptionManager", kTop},
    Line{"CryptoManager", kTop},
    Line{"CryptoManagerKmip", "CryptoManager"},
    Line{"CryptoManagerHost", "CryptoManager"},
    Line{"PbmServiceInstance", kTop},
    Line{"PbmSessionManager", kTop},
    Line{"PbmProfileProfileManager", kTop},
    Line{"PbmCapabilityMetadataManager", kTop},
    Line{"PbmComplianceManager", kTop},
    Line{"PbmPlacementSolver", kTop},
    Line{"PbmReplicationManager", kTop},
};

std::string_view base_of(std::string_view type) {
  for (const auto& [name, base] : kBases) {
    if (name == type) return base;
  }
  return {};
}

}  // namespace

bool is_a(std::string_view type, std::string_view base) {
  if (base == kTop) return true;
  for (std::string_view at = type; !at.empty(); at = base_of(at)) {
    if (at == base) return true;
  }
  return false;
}

bool is_managed_type(std::string_view type) {
  return type == kTop || !base_of(type).empty();
}

}  // namespace vtpmfs::simulator
