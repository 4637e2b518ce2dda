// Reconfiguring, renaming, moving, marking and unlocking machines.
#include <algorithm>

#include "tests/simulator/wire_time.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/rules/names.h"
#include "tests/simulator/world/rules/placement.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

Fault locked_fault(const VirtualMachine& vm) {
  return fault_of("InvalidState", "The virtual machine '" + vm.name() + "' is locked.");
}

/// Whether `entity` is `ancestor` or below it.
bool is_within(const World& world, Ref entity, const Ref& ancestor) {
  while (!entity.empty()) {
    if (entity == ancestor) return true;
    const auto* object = world.inventory.get<Entity>(entity);
    if (object == nullptr) return false;
    entity = object->container();
  }
  return false;
}

Outcome<void> check_move(const World& world, const Folder& folder, const Ref& ref) {
  const auto* entity = world.inventory.get<Entity>(ref);
  if (entity == nullptr) return refuse(object_not_found(ref));
  if (!folder.takes(ref.type)) return refuse(not_supported());
  if (is_within(world, folder.ref(), ref)) {
    return refuse(fault_of("InvalidFolder", "The folder is the entity itself or below it.")
                      .with("target", ref));
  }
  if (world.datacenter_of(ref) != world.datacenter_of(folder.ref())) return refuse(not_supported());
  return check_name_free(world, folder, entity->name(), ref);
}

}  // namespace

void touch_machine(World& world, VirtualMachine& vm) {
  vm.config.change_version = wire_time_now();
  world.inventory.changed(vm.ref());
}

Outcome<void> reconfigure_machine(World& world, VirtualMachine& vm, const MachineSpec& spec) {
  if (vm.locked) return refuse(locked_fault(vm));
  const auto* host = world.inventory.get<HostSystem>(vm.host);
  if (host == nullptr) return refuse(not_supported());
  if (auto ready = check_host(*host); !ready) return ready;
  if (vm.config.is_template && !spec.devices.empty()) return refuse(not_supported());
  if (spec.change_version && *spec.change_version != vm.config.change_version) {
    return refuse(
        fault_of("ConcurrentAccess", "The object has been changed since it was read last."));
  }
  if (spec.name) {
    if (auto form = check_name_form(*spec.name, vm.ref()); !form) return form;
    const auto* folder = world.inventory.get<Folder>(vm.parent());
    if (folder != nullptr) {
      if (auto free = check_name_free(world, *folder, *spec.name, vm.ref()); !free) return free;
    }
  }
  Draft draft;
  draft.name = spec.name.value_or(vm.name());
  draft.power = vm.power;
  draft.has_snapshots = !vm.snapshots.empty();
  draft.host = host;
  draft.owner = world.inventory.get<ComputeResource>(host->parent());
  draft.machine = &vm;
  draft.config = vm.config;
  if (draft.owner == nullptr) return refuse(not_supported());
  if (auto applied = apply_spec(world, draft, spec); !applied) return applied;
  auto* datastore = world.inventory.get<Datastore>(vm.config.datastore);
  if (datastore != nullptr && draft.space_needed > 0) {
    if (auto space = check_space(*datastore, draft.space_needed, vm.config.vmx); !space) {
      return space;
    }
  }
  vm.config = std::move(draft.config);
  if (spec.name) vm.rename(*spec.name);
  apply_files(world, draft.files);
  touch_machine(world, vm);
  return {};
}

Outcome<void> rename_entity(World& world, const Ref& ref, const std::string& name) {
  auto* entity = world.inventory.get<Entity>(ref);
  if (entity == nullptr) return refuse(object_not_found(ref));
  if (auto form = check_name_form(name, ref); !form) return form;
  if (const auto* folder = world.inventory.get<Folder>(entity->parent())) {
    if (auto free = check_name_free(world, *folder, name, ref); !free) return free;
  }
  entity->rename(name);
  if (auto* vm = world.inventory.get<VirtualMachine>(ref)) {
    touch_machine(world, *vm);
    return {};
  }
  world.inventory.changed(ref);
  // The paths of machines name their datastore.
  if (ref.type == "Datastore") {
    for (const Ref& machine : world.machines()) world.inventory.changed(machine);
  }
  return {};
}

Outcome<void> move_into_folder(World& world, const Ref& folder_ref, const std::vector<Ref>& list) {
  auto* folder = world.inventory.get<Folder>(folder_ref);
  if (folder == nullptr) return refuse(object_not_found(folder_ref));
  for (const Ref& ref : list) {
    if (auto good = check_move(world, *folder, ref); !good) return good;
  }
  for (const Ref& ref : list) {
    auto* entity = world.inventory.get<Entity>(ref);
    if (entity->parent() == folder_ref) continue;
    if (auto* before = world.inventory.get<Folder>(entity->parent())) {
      before->remove_child(ref);
      world.inventory.changed(before->ref());
    }
    if (auto* vm = world.inventory.get<VirtualMachine>(ref)) vm->vapp = {};
    entity->set_parent(folder_ref);
    folder->add_child(ref);
    world.inventory.changed(ref);
  }
  world.inventory.changed(folder_ref);
  world.inventory.moved();
  return {};
}

Outcome<void> mark_as_template(World& world, VirtualMachine& vm) {
  if (vm.locked) return refuse(locked_fault(vm));
  if (vm.power != Power::off) return refuse(invalid_power_state("poweredOff", "poweredOn"));
  if (vm.config.is_template) return refuse(not_supported());
  vm.config.is_template = true;
  const std::string renamed = vm.config.vmx.substr(0, vm.config.vmx.rfind('.')) + ".vmtx";
  if (auto* datastore = world.inventory.get<Datastore>(vm.config.datastore)) {
    datastore->files.rename_file(vm.config.vmx, renamed);
  }
  vm.config.vmx = renamed;
  if (auto* pool = world.inventory.get<ResourcePool>(vm.pool)) {
    pool->remove_vm(vm.ref());
    world.inventory.changed(pool->ref());
  }
  vm.pool = {};
  touch_machine(world, vm);
  world.inventory.moved();
  return {};
}

Outcome<void> unlock_machine(World& world, VirtualMachine& vm) {
  if (!vm.locked) return refuse(fault_of("InvalidState", "The virtual machine is not locked."));
  if (!vm.config.encryption || !world.keys.secret(vm.config.encryption->key)) {
    return refuse(vm_config_fault("msg.vigor.enc.keyNotFound", "Cannot find the encryption key."));
  }
  vm.locked = false;
  world.inventory.changed(vm.ref());
  return {};
}

}  // namespace vtpmfs::simulator
