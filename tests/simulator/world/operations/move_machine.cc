// What takes machines and folders from one place of the tree to another, or out of it.
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/rules/names.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

void leave_folder(World& world, VirtualMachine& vm) {
  auto* folder = world.inventory.get<Folder>(vm.parent());
  if (folder == nullptr) return;
  folder->remove_child(vm.ref());
  world.inventory.changed(folder->ref());
}

void enter_pool(World& world, VirtualMachine& vm, const Ref& pool) {
  if (auto* before = world.inventory.get<ResourcePool>(vm.pool)) {
    before->remove_vm(vm.ref());
    world.inventory.changed(before->ref());
  }
  world.inventory.get<ResourcePool>(pool)->vms.push_back(vm.ref());
  vm.pool = pool;
  world.inventory.changed(pool);
}

}  // namespace

Outcome<void> mark_as_machine(World& world, VirtualMachine& vm, const Ref& pool) {
  if (!vm.config.is_template) return refuse(not_supported());
  if (world.inventory.get<ResourcePool>(pool) == nullptr) return refuse(object_not_found(pool));
  vm.config.is_template = false;
  const std::string renamed = vm.config.vmx.substr(0, vm.config.vmx.rfind('.')) + ".vmx";
  if (auto* datastore = world.inventory.get<Datastore>(vm.config.datastore)) {
    datastore->files.rename_file(vm.config.vmx, renamed);
  }
  vm.config.vmx = renamed;
  enter_pool(world, vm, pool);
  touch_machine(world, vm);
  world.inventory.moved();
  return {};
}

Outcome<void> move_into_vapp(World& world, VirtualMachine& vm, const Ref& vapp) {
  const auto* target = world.inventory.get<ResourcePool>(vapp);
  if (target == nullptr || !target->is_vapp() || vm.config.is_template) {
    return refuse(not_supported());
  }
  leave_folder(world, vm);
  vm.set_parent({});
  vm.vapp = vapp;
  enter_pool(world, vm, vapp);
  world.inventory.changed(vm.ref());
  world.inventory.moved();
  return {};
}

Outcome<void> relocate_machine(World& world, VirtualMachine& vm, const NewHome& home) {
  auto* folder = world.inventory.get<Folder>(home.folder);
  auto* from = world.inventory.get<Datastore>(vm.config.datastore);
  auto* to = world.inventory.get<Datastore>(home.datastore);
  if (folder == nullptr || from == nullptr || to == nullptr || !folder->takes("VirtualMachine")) {
    return refuse(not_supported());
  }
  if (auto free = check_name_free(world, *folder, vm.name(), vm.ref()); !free) return free;
  const std::string directory = vm.config.home();
  if (to->files.directory(directory) != nullptr || to->has_namespaces()) {
    return refuse(fault_of("FileAlreadyExists", "The directory is taken.").with("file", directory));
  }
  for (const auto& [name, file] : from->files.directory(directory)->files) {
    to->files.put(directory + "/" + name, file);
  }
  from->files.remove_directory(directory);
  leave_folder(world, vm);
  vm.vapp = {};
  vm.set_parent(home.folder);
  folder->add_child(vm.ref());
  vm.config.datastore = home.datastore;
  vm.host = home.host;
  enter_pool(world, vm, home.pool);
  for (const Ref& ref : {from->ref(), to->ref(), home.folder}) world.inventory.changed(ref);
  touch_machine(world, vm);
  world.inventory.moved();
  return {};
}

Outcome<void> destroy_folder(World& world, const Ref& ref) {
  auto* folder = world.inventory.get<Folder>(ref);
  if (folder == nullptr) return refuse(object_not_found(ref));
  const std::vector<Ref> children = folder->children();
  for (const Ref& child : children) {
    if (auto* vm = world.inventory.get<VirtualMachine>(child)) {
      if (auto gone = destroy_machine(world, *vm); !gone) return gone;
    } else if (auto gone = destroy_folder(world, child); !gone) {
      return gone;
    }
  }
  if (auto* parent = world.inventory.get<Folder>(folder->parent())) {
    parent->remove_child(ref);
    world.inventory.changed(parent->ref());
  }
  world.inventory.remove(ref);
  return {};
}

}  // namespace vtpmfs::simulator
