#include "tests/simulator/world/rules/placement.h"

#include <algorithm>

#include "tests/simulator/world/environment/host_support.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

Fault invalid_datastore_path(const std::string& path) {
  return fault_of("InvalidDatastorePath", "Invalid datastore path '" + path + "'.")
      .with("datastorePath", path);
}

Fault inaccessible(const Datastore& datastore) {
  return fault_of("InaccessibleDatastore", "Unable to access datastore " + datastore.name() + ".")
      .with("datastore", datastore.ref())
      .with("name", datastore.name());
}

bool can_use(const HostSystem& host, const Datastore& datastore) {
  const HostMount* mount = datastore.mount_on(host.ref());
  return mount != nullptr && mount->accessible && mount->writable;
}

bool suits(const HostSystem& host, const MachineSpec& spec) {
  return (!spec.version || has_version(host, hardware_version_of(*spec.version))) &&
         (!spec.guest_id || knows_guest(host, *spec.guest_id));
}

/// The host named, or the one that DRS (or the lack of a choice) gives.
Outcome<HostSystem*> choose_host(const World& world, const ComputeResource& owner, const Ref& wish,
                                 const Datastore& datastore, const MachineSpec& spec) {
  if (!wish.empty()) {
    auto* host = world.inventory.get<HostSystem>(wish);
    const bool own = std::find(owner.hosts.begin(), owner.hosts.end(), wish) != owner.hosts.end();
    if (host == nullptr || !own) return refuse(invalid_argument("host"));
    if (auto ready = check_host(*host); !ready) return refuse(ready.error());
    if (!can_use(*host, datastore)) {
      return refuse(fault_of("InvalidDatastore", "The datastore is not mounted on the host.")
                        .with("datastore", datastore.ref())
                        .with("name", datastore.name()));
    }
    return host;
  }
  // Only a host that stands alone, or DRS, goes without a name.
  if (owner.is_cluster() && !owner.drs) return refuse(invalid_argument("host"));
  HostSystem* usable = nullptr;
  for (const Ref& ref : owner.hosts) {
    auto* host = world.inventory.get<HostSystem>(ref);
    if (host == nullptr || !check_host(*host) || !can_use(*host, datastore)) continue;
    if (suits(*host, spec)) return host;
    usable = host;
  }
  // The rules say what is wrong with it.
  if (usable != nullptr) return usable;
  return refuse(fault_of("NoCompatibleHost", "No host is compatible with the virtual machine."));
}

}  // namespace

Outcome<Datastore*> datastore_of_path(const World& world, const Ref& folder,
                                      const std::string& vm_path_name) {
  const auto path = parse_datastore_path(vm_path_name);
  const Datacenter* datacenter = world.datacenter_of(folder);
  if (!path || datacenter == nullptr) return refuse(invalid_datastore_path(vm_path_name));
  Datastore* datastore = world.datastore_named(*datacenter, path->datastore);
  if (datastore == nullptr) return refuse(invalid_datastore_path(vm_path_name));
  return datastore;
}

Outcome<Placement> place_machine(const World& world, const Ref& folder, const Ref& pool,
                                 const Ref& host, const MachineSpec& spec) {
  const std::string& vm_path_name = *spec.vm_path_name;
  const auto* resources = world.inventory.get<ResourcePool>(pool);
  if (resources == nullptr) return refuse(invalid_argument("pool"));
  Placement placement;
  placement.owner = world.inventory.get<ComputeResource>(resources->owner);
  if (placement.owner == nullptr ||
      world.datacenter_of(placement.owner->ref()) != world.datacenter_of(folder)) {
    return refuse(invalid_argument("pool"));
  }
  auto datastore = datastore_of_path(world, folder, vm_path_name);
  if (!datastore) return refuse(datastore.error());
  placement.datastore = *datastore;
  if (!placement.datastore->accessible()) return refuse(inaccessible(*placement.datastore));
  if (placement.datastore->maintenance) {
    return refuse(fault_of("InvalidDatastoreState",
                           "The operation is not allowed in the current state of the datastore."));
  }
  auto chosen = choose_host(world, *placement.owner, host, *placement.datastore, spec);
  if (!chosen) return refuse(chosen.error());
  placement.host = *chosen;
  const std::string path = parse_datastore_path(vm_path_name)->path;
  if (file_type_of(path) == FileType::config) {
    placement.home = directory_of(path);
    placement.vmx = file_name_of(path);
    if (placement.home.empty()) return refuse(invalid_datastore_path(vm_path_name));
  } else {
    placement.home = path;
  }
  return placement;
}

Outcome<void> check_space(const Datastore& datastore, std::int64_t bytes, const std::string& file) {
  if (datastore.free_space() >= bytes) return {};
  return refuse(
      fault_of("NoDiskSpace", "Insufficient disk space on datastore '" + datastore.name() + "'.")
          .with("file", "[" + datastore.name() + "] " + file)
          .with("datastore", datastore.name()));
}

Outcome<void> check_host(const HostSystem& host) {
  if (host.connection != "connected") {
    return refuse(
        fault_of("HostNotConnected",
                 "Unable to communicate with the remote host, since it is disconnected."));
  }
  if (host.maintenance) {
    return refuse(fault_of("InvalidHostState",
                           "The operation is not allowed in the current state of the host.")
                      .with("host", host.ref()));
  }
  return {};
}

Outcome<std::string> make_home(World& world, Datastore& datastore, const Placement& placement,
                               const std::string& name) {
  FileTree& files = datastore.files;
  if (!placement.home.empty()) {
    const bool exists = files.directory(placement.home) != nullptr;
    const bool at_top = directory_of(placement.home).empty();
    if (!exists && at_top && datastore.has_namespaces()) {
      return refuse(fault_of("CannotCreateFile", "Cannot create the directory.")
                        .with("file", "[" + datastore.name() + "] " + placement.home));
    }
    files.make_directory(placement.home);
    return placement.home;
  }
  // A machine may be called "..": its directory may not.
  const std::string stem = is_plain_path(name) ? name : name + "_";
  std::string home = stem;
  if (datastore.has_namespaces()) {
    home = datastore.namespace_name(world.fresh_uuid());
  } else {
    for (int suffix = 1; files.directory(home) != nullptr; ++suffix) {
      home = stem + "_" + std::to_string(suffix);
    }
  }
  Directory& made = files.make_directory(home);
  if (datastore.has_namespaces()) made.friendly_name = name;
  return home;
}

}  // namespace vtpmfs::simulator
