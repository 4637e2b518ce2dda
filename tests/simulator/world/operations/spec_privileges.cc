#include "tests/simulator/world/operations/spec_privileges.h"

#include <set>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/world/rules/placement.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

/// The networks that a name or an opaque id means where the machine will run.
template <class Matches>
void add_matching(const World& world, const std::vector<Ref>& reachable, Matches matches,
                  std::set<Ref>& networks) {
  for (const Ref& ref : reachable) {
    const auto* network = world.inventory.get<Network>(ref);
    if (network != nullptr && matches(*network)) networks.insert(ref);
  }
}

/// Networks that the spec's cards use, by whatever they are named.
std::set<Ref> networks_in(const World& world, const std::vector<Ref>& reachable,
                          const MachineSpec& spec) {
  std::set<Ref> networks;
  for (const DeviceChange& change : spec.devices) {
    if (change.operation == DeviceChange::Operation::remove) continue;
    const auto* backing = change.device->backing;
    if (const auto* standard =
            dynamic_cast<const vim25__VirtualEthernetCardNetworkBackingInfo*>(backing)) {
      if (standard->network) {
        networks.insert(ref_of(*standard->network));
      } else {
        add_matching(
            world, reachable,
            [&](const Network& n) {
              return n.ref().type == "Network" && n.name() == standard->deviceName;
            },
            networks);
      }
    } else if (const auto* port =
                   dynamic_cast<const vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo*>(
                       backing)) {
      if (port->port.portgroupKey) {
        networks.insert({"DistributedVirtualPortgroup", *port->port.portgroupKey});
      }
    } else if (const auto* opaque =
                   dynamic_cast<const vim25__VirtualEthernetCardOpaqueNetworkBackingInfo*>(
                       backing)) {
      add_matching(
          world, reachable,
          [&](const Network& n) {
            return !n.opaque_id.empty() && n.opaque_id == opaque->opaqueNetworkId;
          },
          networks);
    }
  }
  return networks;
}

/// The compute resource that a pool is part of; null where there is none.
const ComputeResource* owner_of(const World& world, const Ref& pool) {
  const auto* resources = world.inventory.get<ResourcePool>(pool);
  return resources == nullptr ? nullptr : world.inventory.get<ComputeResource>(resources->owner);
}

/// A machine that is to be encrypted needs a host in encryption mode; where there is none, one is
/// put into it, which has a privilege of its own.
Outcome<void> require_safe_host(const Call& call, const World& world, const CreateOrder& order) {
  const ComputeResource* owner = owner_of(world, order.pool);
  std::vector<Ref> hosts;
  if (!order.host.empty()) {
    hosts.push_back(order.host);
  } else if (owner != nullptr) {
    hosts = owner->hosts;
  }
  const HostSystem* unsafe = nullptr;
  for (const Ref& ref : hosts) {
    const auto* host = world.inventory.get<HostSystem>(ref);
    if (host == nullptr || host->connection != "connected") continue;
    if (host->crypto_state == "safe") return {};
    unsafe = host;
  }
  return unsafe == nullptr ? Outcome<void>{}
                           : call.require(unsafe->ref(), "Cryptographer.RegisterHost");
}

void add_device_privileges(const MachineSpec& spec, std::set<std::string>& needed) {
  for (const DeviceChange& change : spec.devices) {
    using Operation = DeviceChange::Operation;
    if (change.operation == Operation::edit) {
      needed.insert("VirtualMachine.Config.EditDevice");
    } else if (!change.is_disk()) {
      needed.insert("VirtualMachine.Config.AddRemoveDevice");
    } else if (change.operation == Operation::remove) {
      needed.insert("VirtualMachine.Config.RemoveDisk");
    } else {
      needed.insert(change.has_file_operation ? "VirtualMachine.Config.AddNewDisk"
                                              : "VirtualMachine.Config.AddExistingDisk");
    }
  }
}

Outcome<void> require_all(const Call& call, const Ref& object,
                          const std::set<std::string>& privileges) {
  for (const std::string& privilege : privileges) {
    if (auto may = call.require(object, privilege); !may) return may;
  }
  return {};
}

Outcome<void> require_networks(const Call& call, const World& world, const ComputeResource* owner,
                               const MachineSpec& spec) {
  const std::vector<Ref> nothing;
  for (const Ref& network :
       networks_in(world, owner == nullptr ? nothing : owner->networks, spec)) {
    if (world.inventory.find(network) == nullptr)
      continue;  // the backing's rule says what is wrong
    if (auto may = call.require(network, "Network.Assign"); !may) return may;
  }
  return {};
}

}  // namespace

Outcome<void> require_for_create(const Call& call, const World& world, const CreateOrder& order) {
  const MachineSpec& spec = order.spec;
  std::set<std::string> needed;
  add_device_privileges(spec, needed);
  if (!spec.extra.empty()) needed.insert("VirtualMachine.Config.AdvancedConfig");
  if (spec.crypto.kind == CryptoOrder::Kind::encrypt || spec.adds_tpm()) {
    needed.insert("Cryptographer.EncryptNew");
    if (auto may = require_safe_host(call, world, order); !may) return may;
  }
  if (auto may = require_all(call, order.folder, needed); !may) return may;
  if (auto may = call.require(order.pool, "Resource.AssignVMToPool"); !may) return may;
  if (!spec.profiles.empty()) {
    if (auto may = call.require(world.root, "StorageProfile.View"); !may) return may;
  }
  if (spec.vm_path_name) {
    if (auto datastore = datastore_of_path(world, order.folder, *spec.vm_path_name)) {
      if (auto may = call.require((*datastore)->ref(), "Datastore.AllocateSpace"); !may) {
        return may;
      }
    }
  }
  return require_networks(call, world, owner_of(world, order.pool), spec);
}

Outcome<void> require_for_reconfigure(const Call& call, const World& world, const Ref& machine,
                                      const MachineSpec& spec) {
  using Kind = CryptoOrder::Kind;
  std::set<std::string> needed;
  add_device_privileges(spec, needed);
  const auto* vm = world.inventory.get<VirtualMachine>(machine);
  if (!spec.extra.empty()) needed.insert("VirtualMachine.Config.AdvancedConfig");
  if (spec.name) needed.insert("VirtualMachine.Config.Rename");
  if (spec.annotation) needed.insert("VirtualMachine.Config.Annotation");
  if (spec.cpus || spec.cores_per_socket) needed.insert("VirtualMachine.Config.CPUCount");
  if (spec.memory_mb) needed.insert("VirtualMachine.Config.Memory");
  if (spec.version) needed.insert("VirtualMachine.Config.UpgradeVirtualHardware");
  if (spec.change_tracking) needed.insert("VirtualMachine.Config.ChangeTracking");
  if (spec.guest_id || spec.alternate_guest_name || spec.firmware || spec.flags != nullptr ||
      spec.boot_options != nullptr || spec.uuid || spec.instance_uuid || spec.nested_hv ||
      spec.cpu_hot_add || spec.memory_hot_add) {
    needed.insert("VirtualMachine.Config.Settings");
  }
  const bool encrypted = vm != nullptr && vm->config.encryption.has_value();
  if (spec.crypto.kind == Kind::encrypt || (spec.adds_tpm() && !encrypted)) {
    needed.insert("Cryptographer.Encrypt");
  }
  if (spec.crypto.kind == Kind::decrypt) needed.insert("Cryptographer.Decrypt");
  if (spec.crypto.kind == Kind::deep_recrypt || spec.crypto.kind == Kind::shallow_recrypt) {
    needed.insert("Cryptographer.Recrypt");
  }
  if (auto may = require_all(call, machine, needed); !may) return may;
  if (!spec.profiles.empty()) {
    if (auto may = call.require(world.root, "StorageProfile.View"); !may) return may;
  }
  const auto* host = vm == nullptr ? nullptr : world.inventory.get<HostSystem>(vm->host);
  const auto* owner =
      host == nullptr ? nullptr : world.inventory.get<ComputeResource>(host->parent());
  return require_networks(call, world, owner, spec);
}

}  // namespace vtpmfs::simulator
