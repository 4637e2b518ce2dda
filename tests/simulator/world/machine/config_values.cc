#include "tests/simulator/world/machine/config_values.h"

#include <algorithm>
#include <array>

#include "tests/simulator/model/value.h"
#include "tests/simulator/world/inventory/datastore.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/sealing/endorsement.h"

namespace vtpmfs::simulator {
namespace {

/// What each machine's .vmx has, whoever made it.
constexpr std::array<std::pair<const char*, const char*>, 8> everywhere = {{
    {"hpet0.present", "TRUE"},
    {"migrate.hostLogState", "none"},
    {"migrate.migrationId", "0"},
    {"pciBridge0.present", "TRUE"},
    {"sched.cpu.latencySensitivity", "normal"},
    {"svga.present", "TRUE"},
    {"vmware.tools.internalversion", "0"},
    {"vmware.tools.requiredversion", "12389"},
}};

std::vector<std::string> as_base64(const std::vector<std::string>& der) {
  std::vector<std::string> texts;
  texts.reserve(der.size());
  for (const std::string& bytes : der) texts.push_back(base64(bytes));
  return texts;
}

vim25__VirtualMachineDefaultPowerOpInfo power_operations() {
  vim25__VirtualMachineDefaultPowerOpInfo info;
  info.powerOffType = "soft";
  info.suspendType = "hard";
  info.resetType = "soft";
  info.defaultPowerOffType = "soft";
  info.defaultSuspendType = "hard";
  info.defaultResetType = "soft";
  info.standbyAction = "checkpoint";
  return info;
}

}  // namespace

vim25__CryptoKeyId key_id_value(const KeyRef& key) {
  vim25__CryptoKeyId value;
  value.keyId = key.id;
  value.providerId.emplace();
  value.providerId->id = key.provider;
  return value;
}

vim25__VirtualMachineFileInfo files_value(const VirtualMachine& vm) {
  const std::string path = vm.path_name();
  const std::string home = path.substr(0, path.rfind('/') + 1);
  vim25__VirtualMachineFileInfo files;
  files.vmPathName = path;
  files.snapshotDirectory = home;
  files.suspendDirectory = home;
  files.logDirectory = home;
  return files;
}

vim25__VirtualTPM* tpm_value(const VirtualMachine& vm, vsphere::Arena& arena) {
  const auto& tpm = vm.config.tpm;
  if (!tpm) return nullptr;
  auto* device = arena.make<vim25__VirtualTPM>();
  device->key = 11000;
  device->deviceInfo = arena.make<vim25__Description>();
  device->deviceInfo->label = "Virtual TPM";
  device->deviceInfo->summary = "Trusted Platform Module";
  device->controllerKey = 100;
  device->unitNumber = 26;
  const auto endorsement = vm.endorsements().endorse(tpm->identity);
  device->endorsementKeyCertificateSigningRequest = as_base64(endorsement->requests);
  device->endorsementKeyCertificate =
      as_base64(tpm->certificates ? *tpm->certificates : endorsement->certificates);
  return device;
}

std::vector<vim25__VirtualDevice*> devices_value(const VirtualMachine& vm, vsphere::Arena& arena) {
  std::vector<vim25__VirtualDevice*> devices = vm.config.devices;
  if (auto* tpm = tpm_value(vm, arena)) devices.push_back(tpm);
  return devices;
}

vim25__VirtualHardware hardware_value(const VirtualMachine& vm, vsphere::Arena& arena) {
  vim25__VirtualHardware hardware;
  hardware.numCPU = vm.config.cpus;
  hardware.numCoresPerSocket = vm.config.cores_per_socket;
  hardware.memoryMB = static_cast<int>(vm.config.memory_mb);
  hardware.virtualICH7MPresent = false;
  hardware.virtualSMCPresent = false;
  hardware.device = devices_value(vm, arena);
  return hardware;
}

bool is_internal_extra_key(std::string_view key) {
  constexpr std::array<std::string_view, 7> own = {"encryptedVM.guid", "viv.moid",   "vtpm.present",
                                                   "vtpm.ekCSR",       "vtpm.ekCRT", "keyId",
                                                   "uuid.bios"};
  return std::any_of(everywhere.begin(), everywhere.end(),
                     [&](const auto& entry) { return entry.first == key; }) ||
         std::find(own.begin(), own.end(), key) != own.end();
}

std::vector<std::pair<std::string, std::string>> extra_config(const VirtualMachine& vm) {
  const MachineConfig& config = vm.config;
  std::vector<std::pair<std::string, std::string>> entries;
  entries.reserve(config.extra.size() + everywhere.size() + 8);
  if (!config.nvram.empty()) entries.emplace_back("nvram", config.nvram);
  for (const auto& [key, value] : everywhere) entries.emplace_back(key, value);
  entries.emplace_back("viv.moid", vm.ref().id);
  if (config.encryption) {
    if (config.encryption->shows_bundle) {
      entries.emplace_back("encryption.bundle", config.encryption->bundle);
    }
    entries.emplace_back("encryptedVM.guid", derive_uuid(config.instance_uuid, "encrypted"));
  }
  if (config.tpm) {
    entries.emplace_back("vtpm.present", "TRUE");
    entries.emplace_back("vtpm.ekCSR",
                         base64(vm.endorsements().endorse(config.tpm->identity)->requests[0]));
  }
  entries.insert(entries.end(), config.extra.begin(), config.extra.end());
  return entries;
}

vim25__OptionValue option_value(const std::string& key, const std::string& value,
                                vsphere::Arena& arena) {
  vim25__OptionValue option;
  option.key = key;
  option.value = arena.text(value);
  return option;
}

std::vector<vim25__OptionValue> extra_config_value(const VirtualMachine& vm,
                                                   vsphere::Arena& arena) {
  std::vector<vim25__OptionValue> options;
  for (const auto& [key, value] : extra_config(vm)) {
    options.push_back(option_value(key, value, arena));
  }
  return options;
}

vim25__VirtualMachineConfigInfo config_value(const VirtualMachine& vm, vsphere::Arena& arena) {
  const MachineConfig& config = vm.config;
  vim25__VirtualMachineConfigInfo info;
  info.changeVersion = config.change_version;
  info.modified = "1970-01-01T00:00:00Z";  // what vCenter says, whatever was changed
  info.name = vm.name();
  info.guestFullName = guest_full_name(config.guest_id);
  info.version = config.version;
  info.uuid = config.uuid;
  info.createDate = config.create_date;
  info.instanceUuid = config.instance_uuid;
  info.template_ = config.is_template;
  info.guestId = config.guest_id;
  info.alternateGuestName = config.alternate_guest_name;
  info.annotation = config.annotation;
  info.files = files_value(vm);
  info.flags = *config.flags;
  info.defaultPowerOps = power_operations();
  info.hardware = hardware_value(vm, arena);
  info.memoryHotAddEnabled = config.memory_hot_add.value_or(false);
  info.cpuHotAddEnabled = config.cpu_hot_add.value_or(false);
  info.cpuHotRemoveEnabled = false;
  info.extraConfig = extra_config_value(vm, arena);
  if (const Datastore* place = vm.datastore()) {
    vim25__VirtualMachineConfigInfoDatastoreUrlPair pair;
    pair.name = place->name();
    pair.url = place->url();
    info.datastoreUrl.push_back(std::move(pair));
  }
  info.swapPlacement = "inherit";
  if (config.boot_options != nullptr) info.bootOptions = *config.boot_options;
  info.changeTrackingEnabled = config.change_tracking;
  info.firmware = config.firmware;
  info.nestedHVEnabled = config.nested_hv.value_or(false);
  info.vPMCEnabled = false;
  if (config.encryption && config.encryption->shows_key) {
    info.keyId = key_id_value(config.encryption->key);
  }
  info.migrateEncryption = config.encryption ? "required" : "opportunistic";
  info.ftEncryptionMode = "ftEncryptionOpportunistic";
  return info;
}

}  // namespace vtpmfs::simulator
