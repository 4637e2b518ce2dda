#include <functional>

#include "soapStub.h"
#include "tests/simulator/control/verbs.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/wire_time.h"
#include "tests/simulator/world/control/verb_arguments.h"
#include "tests/simulator/world/control/world_verbs.h"
#include "tests/simulator/world/fleet/fleet.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/rules/draft.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;
using OnMachine = std::function<Answer(World&, VirtualMachine&, const json&)>;

/// Registers a verb that is about one machine.
void add_verb(World& world, const char* name, const char* meaning, OnMachine work) {
  world.simulator.verbs().add(
      name, meaning, [&world, work = std::move(work)](const json& request) -> Answer {
        const auto lock = world.inventory.write();
        const auto vm = machine_of(world, request.at("vm").get<std::string>());
        if (!vm) return sorry(vm.error());
        return work(world, **vm, request);
      });
}

/// A spec with one device change.
MachineSpec device_spec(DeviceChange::Operation operation, vim25__VirtualDevice* device) {
  MachineSpec spec;
  DeviceChange change;
  change.operation = operation;
  change.device = device;
  spec.devices.push_back(std::move(change));
  return spec;
}

/// The guest writes to its firmware: other bytes, a later time, the same changeVersion.
Answer guest_write(World& world, VirtualMachine& vm, const json&) {
  auto* datastore = world.inventory.get<Datastore>(vm.config.datastore);
  const std::string path = vm.config.nvram_path();
  const File* file = datastore == nullptr ? nullptr : datastore->files.find(path);
  auto state = state_in_nvram(world.inventory, vm.config);
  if (file == nullptr || !state) return sorry("the machine has no nvram file that opens");
  ++state->generation;
  const auto size = static_cast<std::size_t>(file->content->size());
  const std::int64_t later = std::max(now_in_seconds(), file->modified + 1);
  datastore->files.put(
      path, File{FileType::nvram, sealed_nvram(*state, vm.config.data_key(), size), later});
  world.inventory.changed(datastore->ref());
  return json(state->generation);
}

Answer rekey(World& world, VirtualMachine& vm, const json& request) {
  MachineSpec spec;
  spec.crypto.kind = request.value("deep", false) ? CryptoOrder::Kind::deep_recrypt
                                                  : CryptoOrder::Kind::shallow_recrypt;
  const std::string old = vm.config.encryption ? vm.config.encryption->key.provider : "";
  spec.crypto.key = {request.value("provider", old), request.value("key", "")};
  return answer_of(reconfigure_machine(world, vm, spec));
}

Answer take_snapshot(World& world, VirtualMachine& vm, const json& request) {
  vm.snapshots.push_back({world.inventory.new_ref("VirtualMachineSnapshot", "snapshot"),
                          request.value("name", "snapshot"), wire_time_now()});
  touch_machine(world, vm);
  return json(vm.snapshots.back().ref.id);
}

/// A new disk on the first free unit of the first SCSI controller, with files.
Answer attach_disk(World& world, VirtualMachine& vm, const json& request) {
  vsphere::Arena& arena = world.devices().arena();
  const Datastore* home = vm.datastore();
  auto* backing = arena.make<vim25__VirtualDiskFlatVer2BackingInfo>();
  const std::string place = request.value("datastore", home == nullptr ? "" : home->name());
  backing->fileName = "[" + place + "]";
  if (request.contains("file")) backing->fileName += " " + request.at("file").get<std::string>();
  backing->diskMode = "persistent";
  backing->thinProvisioned = true;
  for (const auto* device : vm.config.devices) {
    if (dynamic_cast<const vim25__VirtualSCSIController*>(device) == nullptr) continue;
    auto* disk = arena.make<vim25__VirtualDisk>();
    disk->key = -1;
    disk->capacityInKB = request.value("capacity_kb", 1048576);
    disk->backing = backing;
    disk->controllerKey = device->key;
    MachineSpec spec = device_spec(DeviceChange::Operation::add, disk);
    spec.devices.front().has_file_operation = true;
    return answer_of(reconfigure_machine(world, vm, spec));
  }
  // Restored machines may have none: an admin adds both.
  auto* controller = arena.make<vim25__ParaVirtualSCSIController>();
  controller->key = -100;
  controller->sharedBus = "noSharing";
  auto* disk = arena.make<vim25__VirtualDisk>();
  disk->key = -1;
  disk->capacityInKB = request.value("capacity_kb", 1048576);
  disk->backing = backing;
  disk->controllerKey = controller->key;
  MachineSpec spec = device_spec(DeviceChange::Operation::add, controller);
  spec.devices.push_back(device_spec(DeviceChange::Operation::add, disk).devices.front());
  spec.devices.back().has_file_operation = true;
  return answer_of(reconfigure_machine(world, vm, spec));
}

Answer set_extra(World& world, VirtualMachine& vm, const json& request) {
  MachineSpec spec;
  spec.extra.emplace_back(request.at("key").get<std::string>(),
                          request.at("value").get<std::string>());
  return answer_of(reconfigure_machine(world, vm, spec));
}

Answer set_power(World& world, VirtualMachine& vm, bool on) {
  return answer_of(on ? power_on_machine(world, vm) : power_off_machine(world, vm));
}

Answer change_tpm(World& world, VirtualMachine& vm, DeviceChange::Operation operation) {
  auto* device = world.devices().arena().make<vim25__VirtualTPM>();
  device->key = operation == DeviceChange::Operation::add ? -1 : 11000;
  return answer_of(reconfigure_machine(world, vm, device_spec(operation, device)));
}

void register_states(World& world) {
  using Operation = DeviceChange::Operation;
  add_verb(world, "power-on", "{vm}: opens nvram as a host does",
           [](World& w, VirtualMachine& vm, const json&) { return set_power(w, vm, true); });
  add_verb(world, "power-off", "{vm}",
           [](World& w, VirtualMachine& vm, const json&) { return set_power(w, vm, false); });
  add_verb(world, "lock-vm", "{vm}: its hosts lose the key",
           [](World& w, VirtualMachine& vm, const json&) -> Answer {
             vm.locked = true;
             w.inventory.changed(vm.ref());
             return json(true);
           });
  add_verb(
      world, "unlock-vm", "{vm}: needs the key",
      [](World& w, VirtualMachine& vm, const json&) { return answer_of(unlock_machine(w, vm)); });
  add_verb(world, "guest-write", "{vm}: nvram gets other bytes and a later time", guest_write);
  add_verb(world, "rekey", "{vm, provider?, key?, deep?}: new key, new bundle", rekey);
  add_verb(world, "add-tpm", "{vm}", [](World& w, VirtualMachine& vm, const json&) {
    return change_tpm(w, vm, Operation::add);
  });
  add_verb(world, "remove-tpm", "{vm}", [](World& w, VirtualMachine& vm, const json&) {
    return change_tpm(w, vm, Operation::remove);
  });
  add_verb(world, "snapshot", "{vm, name?}", take_snapshot);
  add_verb(world, "attach-disk", "{vm, datastore?, file?, capacity_kb?}", attach_disk);
  add_verb(world, "set-extra-config", "{vm, key, value}: an empty value removes", set_extra);
  add_verb(world, "mark-as-template", "{vm}", [](World& w, VirtualMachine& vm, const json&) {
    return answer_of(mark_as_template(w, vm));
  });
  add_verb(
      world, "destroy-vm", "{vm}: with its files",
      [](World& w, VirtualMachine& vm, const json&) { return answer_of(destroy_machine(w, vm)); });
  add_verb(world, "rename-vm", "{vm, name}", [](World& w, VirtualMachine& vm, const json& request) {
    return answer_of(rename_entity(w, vm.ref(), request.at("name").get<std::string>()));
  });
  add_verb(world, "move-vm", "{vm, folder}: folder is a path such as DC1/vm/Finance",
           [](World& w, VirtualMachine& vm, const json& request) -> Answer {
             const auto path = request.at("folder").get<std::string>();
             const Entity* folder = entity_at(w, path);
             if (folder == nullptr) return sorry("no folder '" + path + "'");
             return answer_of(move_into_folder(w, folder->ref(), {vm.ref()}));
           });
}

/// A machine that an admin makes beside us: an ordinary one, or as told.
Answer make_machine(World& world, Fleet& fleet, const json& request) {
  const auto lock = world.inventory.write();
  const auto path = request.value("folder", std::string("DC1/vm"));
  const Entity* folder = entity_at(world, path);
  if (folder == nullptr || folder->ref().type != "Folder") return sorry("no folder '" + path + "'");
  const Datacenter* datacenter = world.datacenter_of(folder->ref());
  for (const Site& site : fleet.sites) {
    if (datacenter == nullptr || site.datacenter != datacenter->ref()) continue;
    Blueprint blueprint;
    blueprint.name = request.at("name").get<std::string>();
    blueprint.folder = folder->ref();
    blueprint.encrypted = request.value("encrypted", true);
    blueprint.has_tpm = request.value("tpm", blueprint.encrypted);
    blueprint.has_nvram = request.value("nvram", true);
    blueprint.efi = request.value("efi", true);
    return json(fleet.maker.make(site, blueprint).ref().id);
  }
  return sorry("'" + path + "' is in no datacenter");
}

}  // namespace

void register_machine_verbs(World& world, std::shared_ptr<Fleet> fleet) {
  register_states(world);
  world.simulator.verbs().add("create-vm",
                              "{name, folder?, encrypted?, tpm?, nvram?, efi?}: answers the new id",
                              [&world, fleet = std::move(fleet)](const json& request) {
                                return make_machine(world, *fleet, request);
                              });
}

}  // namespace vtpmfs::simulator
