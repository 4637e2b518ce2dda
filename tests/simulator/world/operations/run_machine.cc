// Powering machines on and off, and destroying them.
#include <algorithm>

#include "soapStub.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/wire_time.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/rules/placement.h"
#include "tests/simulator/world/sealing/key_bundle.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

/// What the host gets from the KMS: the data key inside the bundle, or why not.
Outcome<std::string> data_key_of(const World& world, const Encryption& encryption) {
  const auto secret = world.keys.secret(encryption.key);
  if (!secret) {
    return refuse(vm_config_fault("msg.vigor.enc.keyNotFound", "Cannot find the encryption key."));
  }
  if (const auto pairs = parse_bundle(encryption.bundle)) {
    for (const BundlePair& pair : *pairs) {
      if (auto key = unwrap_data_key(pair, *secret)) return *key;
    }
  }
  return refuse(vm_config_fault("msg.keysafe.locator", "Unable to unlock the encryption bundle."));
}

/// The firmware starts: it reads nvram, or writes a new one where there is none.
Outcome<void> start_firmware(World& world, VirtualMachine& vm) {
  std::string key;
  if (vm.config.encryption) {
    auto opened = data_key_of(world, *vm.config.encryption);
    if (!opened) return refuse(opened.error());
    key = std::move(*opened);
  }
  auto* datastore = world.inventory.get<Datastore>(vm.config.datastore);
  const std::string path = vm.config.nvram_path();
  if (!is_plain_path(path)) {
    return refuse(vm_config_fault("msg.nvram.path", "The name of the nvram file leads elsewhere."));
  }
  const File* file = datastore->files.find(path);
  NvramState state;
  if (file != nullptr) {
    const auto opened = open_nvram(file->content->bytes(), key);
    if (!opened) {
      return refuse(vm_config_fault("msg.nvram.open",
                                    "The nvram file cannot be opened with the machine's key."));
    }
    state = *opened;
  }
  if (vm.config.tpm && state.tpm_identity.empty()) state.tpm_identity = vm.config.tpm->identity;
  // The vTPM that runs is the one in nvram, whatever the configuration thought before.
  if (vm.config.tpm) vm.config.tpm->identity = state.tpm_identity;
  ++state.generation;
  const std::size_t size = World::nvram_size(vm.config);
  if (file == nullptr) {
    if (auto space = check_space(*datastore, static_cast<std::int64_t>(size), path); !space) {
      return space;
    }
  }
  vm.config.nvram = std::string(file_name_of(path));
  datastore->files.put(path,
                       File{FileType::nvram, sealed_nvram(state, key, size), now_in_seconds()});
  datastore->files.put(vm.config.in_home("vmware.log"),
                       File{FileType::log, stored_bytes("Log for VMware ESX\n"), now_in_seconds()});
  world.inventory.changed(datastore->ref());
  return {};
}

/// Files of disks that lie outside of VM home.
void remove_disks(World& world, const VirtualMachine& vm) {
  Draft draft;
  for (const auto* device : vm.config.devices) {
    const auto* disk = dynamic_cast<const vim25__VirtualDisk*>(device);
    if (disk == nullptr) continue;
    const auto* backing = dynamic_cast<const vim25__VirtualDeviceFileBackingInfo*>(disk->backing);
    const auto path = backing == nullptr ? std::nullopt : parse_datastore_path(backing->fileName);
    if (!path || !backing->datastore || path->path.size() < 5) continue;
    const Ref datastore = ref_of(*backing->datastore);
    draft.files.push_back({datastore, path->path, std::nullopt});
    draft.files.push_back(
        {datastore, path->path.substr(0, path->path.size() - 5) + "-flat.vmdk", std::nullopt});
  }
  apply_files(world, draft.files);
}

}  // namespace

Outcome<void> power_on_machine(World& world, VirtualMachine& vm) {
  if (vm.locked) {
    return refuse(fault_of("InvalidState", "The virtual machine '" + vm.name() + "' is locked."));
  }
  if (vm.config.is_template) return refuse(not_supported());
  if (vm.power == Power::on) return refuse(invalid_power_state("poweredOff", "poweredOn"));
  const auto* host = world.inventory.get<HostSystem>(vm.host);
  if (host == nullptr) return refuse(not_supported());
  if (auto ready = check_host(*host); !ready) return ready;
  const auto* datastore = world.inventory.get<Datastore>(vm.config.datastore);
  if (datastore == nullptr || !datastore->accessible()) {
    return refuse(fault_of("FileFault", "VM home cannot be reached.").with("file", vm.path_name()));
  }
  if (auto started = start_firmware(world, vm); !started) return started;
  vm.power = Power::on;
  vm.has_run = true;
  vm.boot_time = wire_time_now();
  world.inventory.changed(vm.ref());
  return {};
}

Outcome<void> power_off_machine(World& world, VirtualMachine& vm) {
  if (vm.power == Power::off) return refuse(invalid_power_state("poweredOn", "poweredOff"));
  vm.power = Power::off;
  world.inventory.changed(vm.ref());
  return {};
}

Outcome<void> destroy_machine(World& world, VirtualMachine& vm) {
  if (vm.power != Power::off) return refuse(invalid_power_state("poweredOff", "poweredOn"));
  const auto* host = world.inventory.get<HostSystem>(vm.host);
  if (host != nullptr) {
    if (auto ready = check_host(*host); !ready) return ready;
  }
  remove_disks(world, vm);
  if (auto* datastore = world.inventory.get<Datastore>(vm.config.datastore)) {
    datastore->files.remove_directory(vm.config.home());
    world.inventory.changed(datastore->ref());
  }
  world.remove_machine(vm);
  return {};
}

}  // namespace vtpmfs::simulator
