#include "vsphere/restore/config_spec.h"

#include "vsphere/hardware_version.h"
#include "vsphere/restore/device_spec.h"
#include "vsphere/soap/arena.h"
#include "vsphere/vm/extra_config.h"

namespace vtpmfs::vsphere {
namespace {

vim25__VirtualMachineBootOptionsBootableDevice* boot_device(const BootDevice& device,
                                                            Arena& arena) {
  switch (device.kind) {
    case BootDevice::Kind::cdrom:
      return arena.make<vim25__VirtualMachineBootOptionsBootableCdromDevice>();
    case BootDevice::Kind::floppy:
    case BootDevice::Kind::disk:
      return nullptr;  // not restored
    case BootDevice::Kind::ethernet: {
      auto* nic = arena.make<vim25__VirtualMachineBootOptionsBootableEthernetDevice>();
      nic->deviceKey = device.device_key;
      return nic;
    }
  }
  return nullptr;
}

vim25__VirtualMachineFlagInfo flags(const VmConfig& config) {
  vim25__VirtualMachineFlagInfo made;
  made.enableLogging = config.enable_logging;
  made.diskUuidEnabled = config.disk_uuid_enabled;
  made.vvtdEnabled = config.vvtd_enabled;
  made.vbsEnabled = config.vbs_enabled;
  return made;
}

}  // namespace

vim25__VirtualMachineBootOptions boot_options(const VmConfig& config, Arena& arena) {
  vim25__VirtualMachineBootOptions boot;
  boot.bootDelay = config.boot_delay_ms;
  boot.enterBIOSSetup = config.enter_bios_setup;
  boot.efiSecureBootEnabled = config.efi_secure_boot;
  boot.bootRetryEnabled = config.boot_retry;
  boot.bootRetryDelay = config.boot_retry_delay_ms;
  for (const BootDevice& device : config.boot_order) {
    auto* made = boot_device(device, arena);
    if (made == nullptr) {
      // Half an order is another order: without its disks the VM would boot from the network.
      boot.bootOrder.clear();
      break;
    }
    boot.bootOrder.push_back(made);
  }
  boot.networkBootProtocol = config.network_boot_protocol;
  return boot;
}

std::optional<std::string> version_for_vtpm(const std::optional<std::string>& saved) {
  if (!saved || hardware_number(*saved) >= kFirstVersionWithVtpm) return saved;
  return "vmx-" + std::to_string(kFirstVersionWithVtpm);
}

vim25__OptionValue extra_config_entry(const std::string& key, const std::string& value,
                                      Arena& arena) {
  vim25__OptionValue entry;
  entry.key = key;
  entry.value = arena.text(value);
  return entry;
}

vim25__CryptoSpec* encrypt_with(const CryptoKeyId& key, Arena& arena) {
  auto* crypto = arena.make<vim25__CryptoSpecEncrypt>();
  crypto->cryptoKeyId.keyId = key.key_id;
  if (key.provider_id) crypto->cryptoKeyId.providerId.emplace().id = *key.provider_id;
  return crypto;
}

vim25__VirtualMachineProfileSpec* with_policy(const std::string& policy_id, Arena& arena) {
  auto* profile = arena.make<vim25__VirtualMachineDefinedProfileSpec>();
  profile->profileId = policy_id;
  return profile;
}

vim25__VirtualMachineConfigSpec config_spec(const NewVm& vm, Arena& arena) {
  const VmConfig& config = vm.config;
  const bool wants_vtpm = vm.tpm != TpmInSpec::none || vm.saved_tpm.has_value();
  vim25__VirtualMachineConfigSpec spec;
  spec.name = vm.name;
  spec.version = wants_vtpm ? version_for_vtpm(config.version) : config.version;
  spec.uuid = config.uuid;
  if (!vm.instance_uuid.empty()) spec.instanceUuid = vm.instance_uuid;
  spec.guestId = config.guest_id;
  // A vCenter gives an empty text where there is no such name.
  if (config.alternate_guest_name && !config.alternate_guest_name->empty()) {
    spec.alternateGuestName = config.alternate_guest_name;
  }
  spec.annotation = vm.annotation;
  spec.files.emplace().vmPathName = "[" + vm.datastore + "]";
  spec.flags = flags(config);
  spec.numCPUs = config.num_cpus;
  spec.numCoresPerSocket = config.num_cores_per_socket;
  if (config.memory_mb) spec.memoryMB = *config.memory_mb;
  spec.deviceChange = device_specs(vm, arena);
  if (vm.bundle) {
    spec.extraConfig.push_back(extra_config_entry("encryption.bundle", *vm.bundle, arena));
  }
  for (const auto& [key, value] : vm.marks) {
    spec.extraConfig.push_back(extra_config_entry(key, value, arena));
  }
  for (const auto& [key, value] : config.extra_config) {
    // Checked when it was saved, too; but what was saved may have been changed since.
    if (may_keep_extra_config(key)) {
      spec.extraConfig.push_back(extra_config_entry(key, value, arena));
    }
  }
  spec.bootOptions = boot_options(config, arena);
  // A card has no key that could be named here: whether a server takes the one that the spec gives
  // it is not known.
  if (config.boots_from_a_card()) spec.bootOptions->bootOrder.clear();
  if (!vm.firmware.empty()) spec.firmware = vm.firmware;
  if (vm.policy_id) spec.vmProfile.push_back(with_policy(*vm.policy_id, arena));
  if (vm.key) spec.crypto = encrypt_with(*vm.key, arena);
  return spec;
}

}  // namespace vtpmfs::vsphere
