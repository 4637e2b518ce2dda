#include <set>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/world/inventory/datastore.h"
#include "tests/simulator/world/machine/config_values.h"
#include "tests/simulator/world/machine/machine_properties.h"

namespace vtpmfs::simulator {
namespace {

std::string layout_type(FileType type) {
  switch (type) {
    case FileType::config:
      return "config";
    case FileType::nvram:
      return "nvram";
    case FileType::log:
      return "log";
    case FileType::disk:
      return "diskDescriptor";
    case FileType::extent:
      return "diskExtent";
    case FileType::snapshot:
      return "snapshotData";
    case FileType::other:
      break;
  }
  return "extendedConfig";
}

/// The files in VM home. The size of nvram is what it was when the server looked last.
vim25__VirtualMachineFileLayoutEx layout_of(const VirtualMachine& vm) {
  vim25__VirtualMachineFileLayoutEx layout;
  layout.timestamp = vm.config.change_version;
  const Datastore* place = vm.datastore();
  const Directory* home = place == nullptr ? nullptr : place->files.directory(vm.config.home());
  if (home == nullptr) return layout;
  const std::string nvram = std::string(file_name_of(vm.config.nvram_path()));
  int key = 0;
  for (const auto& [name, file] : home->files) {
    // Foreign nvram files in the directory are not the machine's.
    if (file.type == FileType::nvram && name != nvram) continue;
    vim25__VirtualMachineFileLayoutExFileInfo info;
    info.key = key++;
    info.name = "[" + place->name() + "] " + vm.config.in_home(name);
    info.type = layout_type(file.type);
    info.size = file.content->size();
    if (file.type == FileType::nvram && vm.stale_nvram_size) info.size = *vm.stale_nvram_size;
    info.uniqueSize = info.size;
    info.accessible = place->accessible();
    layout.file.push_back(std::move(info));
  }
  return layout;
}

vim25__VirtualMachineSnapshotInfo snapshots_of(const VirtualMachine& vm) {
  vim25__VirtualMachineSnapshotInfo info;
  info.currentSnapshot = wire(vm.snapshots.back().ref);
  std::vector<vim25__VirtualMachineSnapshotTree> below;
  // One chain: each snapshot is the child of the one before.
  for (auto snapshot = vm.snapshots.rbegin(); snapshot != vm.snapshots.rend(); ++snapshot) {
    vim25__VirtualMachineSnapshotTree tree;
    tree.snapshot = wire(snapshot->ref);
    tree.vm = wire(vm.ref());
    tree.name = snapshot->name;
    tree.id = static_cast<int>(vm.snapshots.rend() - snapshot);
    tree.createTime = snapshot->created;
    tree.state = "poweredOff";
    tree.quiesced = false;
    tree.childSnapshotList = std::move(below);
    below.clear();
    below.push_back(std::move(tree));
  }
  info.rootSnapshotList = std::move(below);
  return info;
}

std::vector<Ref> networks_of(const VirtualMachine& vm) {
  std::set<Ref> networks;
  for (const auto* device : vm.config.devices) {
    if (const auto* backing =
            dynamic_cast<const vim25__VirtualEthernetCardNetworkBackingInfo*>(device->backing)) {
      if (backing->network) networks.insert(ref_of(*backing->network));
    } else if (const auto* port =
                   dynamic_cast<const vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo*>(
                       device->backing)) {
      if (port->port.portgroupKey) {
        networks.insert({"DistributedVirtualPortgroup", *port->port.portgroupKey});
      }
    }
  }
  return {networks.begin(), networks.end()};
}

std::vector<Ref> datastores_of(const VirtualMachine& vm) {
  std::set<Ref> datastores = {vm.config.datastore};
  for (const auto* device : vm.config.devices) {
    const auto* backing = dynamic_cast<const vim25__VirtualDeviceFileBackingInfo*>(device->backing);
    if (backing != nullptr && backing->datastore) datastores.insert(ref_of(*backing->datastore));
  }
  return {datastores.begin(), datastores.end()};
}

void declare_layout(Declare<VirtualMachine>& declare) {
  declare
      .property("layoutEx",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : data_value(r, layout_of(vm));
                })
      .property("layoutEx.file",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  if (vm.locked) return nullptr;
                  vim25__ArrayOfVirtualMachineFileLayoutExFileInfo array;
                  array.VirtualMachineFileLayoutExFileInfo = layout_of(vm).file;
                  return data_value(r, std::move(array));
                })
      .property("layoutEx.timestamp", [](const VirtualMachine& vm, const Reading& r) -> Value {
        return vm.locked ? nullptr : time_value(r, vm.config.change_version);
      });
}

}  // namespace

void declare_places(Declare<VirtualMachine>& declare) {
  declare_layout(declare);
  declare
      .property("resourcePool",
                [](const VirtualMachine& vm, const Reading& r) { return ref_value(r, vm.pool); })
      .property("parentVApp",
                [](const VirtualMachine& vm, const Reading& r) { return ref_value(r, vm.vapp); })
      .property(
          "datastore",
          [](const VirtualMachine& vm, const Reading& r) {
            return refs_value(r, datastores_of(vm));
          },
          "System.View")
      .property(
          "network",
          [](const VirtualMachine& vm, const Reading& r) { return refs_value(r, networks_of(vm)); },
          "System.View")
      .property("snapshot",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.snapshots.empty() ? nullptr : data_value(r, snapshots_of(vm));
                })
      .property("snapshot.currentSnapshot",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.snapshots.empty() ? nullptr : ref_value(r, vm.snapshots.back().ref);
                })
      .property("rootSnapshot",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.snapshots.empty() ? nullptr : refs_value(r, {vm.snapshots.front().ref});
                })
      .unset("capability")
      .unset("config.hotPlugMemoryLimit")
      .unset("environmentBrowser")
      .unset("guest")
      .unset("guestHeartbeatStatus")
      .unset("layout")
      .unset("storage");
}

}  // namespace vtpmfs::simulator
