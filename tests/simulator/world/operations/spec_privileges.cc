#include "tests/simulator/world/operations/spec_privileges.h"

#include <set>

#include "soapStub.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/world/rules/placement.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

/// Networks that the spec's cards use, as far as they are named by reference.
std::set<Ref> networks_in(const MachineSpec& spec) {
  std::set<Ref> networks;
  for (const DeviceChange& change : spec.devices) {
    if (change.operation == DeviceChange::Operation::remove) continue;
    const auto* backing = change.device->backing;
    if (const auto* standard =
            dynamic_cast<const vim25__VirtualEthernetCardNetworkBackingInfo*>(backing)) {
      if (standard->network) networks.insert(ref_of(*standard->network));
    } else if (const auto* port =
                   dynamic_cast<const vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo*>(
                       backing)) {
      if (port->port.portgroupKey) {
        networks.insert({"DistributedVirtualPortgroup", *port->port.portgroupKey});
      }
    }
  }
  return networks;
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

Outcome<void> require_networks(const Call& call, const World& world, const MachineSpec& spec) {
  for (const Ref& network : networks_in(spec)) {
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
  return require_networks(call, world, spec);
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
  return require_networks(call, world, spec);
}

}  // namespace vtpmfs::simulator
