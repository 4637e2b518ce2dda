// What a spec says about the machine as a whole: hardware version, firmware, sizes, uuids.
#include "soapStub.h"
#include "tests/simulator/world/environment/host_support.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !digit) return false;
  }
  return true;
}

Outcome<void> apply_version(Draft& draft, const MachineSpec& spec) {
  if (!spec.version) {
    if (draft.creating && !has_version(*draft.host, draft.config.hardware_version())) {
      draft.config.version = "vmx-" + std::to_string(draft.host->newest_hardware);
    }
    return {};
  }
  if (!draft.creating && *spec.version == draft.config.version) return {};
  const int wanted = hardware_version_of(*spec.version);
  if (wanted < oldest_hardware) return refuse(invalid_argument("spec.version"));
  if (!has_version(*draft.host, wanted)) {
    return refuse(fault_of("VirtualHardwareVersionNotSupported",
                           "The virtual machine's hardware version is not supported.")
                      .with("hostName", draft.host->name())
                      .with("host", draft.host->ref()));
  }
  if (!draft.creating) {
    if (auto off = require_power_off(draft); !off) return off;
    // Hardware is never made older.
    if (wanted < draft.config.hardware_version()) return refuse(invalid_argument("spec.version"));
  }
  draft.config.version = *spec.version;
  return {};
}

Outcome<void> apply_firmware(Draft& draft, const MachineSpec& spec) {
  if (!spec.firmware) {
    if (draft.creating) draft.config.firmware = default_firmware(draft.config.guest_id);
    return {};
  }
  if (*spec.firmware != "efi" && *spec.firmware != "bios") {
    return refuse(invalid_argument("spec.firmware"));
  }
  if (*spec.firmware == draft.config.firmware) return {};
  if (auto off = require_power_off(draft); !off) return off;
  if (!draft.creating && draft.config.tpm) {
    return refuse(vm_config_fault("msg.vtpm.firmware",
                                  "The firmware of a machine with a virtual TPM must be EFI."));
  }
  draft.config.firmware = *spec.firmware;
  return {};
}

Outcome<void> apply_sizes(Draft& draft, const MachineSpec& spec) {
  MachineConfig& config = draft.config;
  const bool cpus_change = spec.cpus && *spec.cpus != config.cpus;
  const bool memory_changes = spec.memory_mb && *spec.memory_mb != config.memory_mb;
  if (cpus_change && !config.cpu_hot_add.value_or(false)) {
    if (auto off = require_power_off(draft); !off) return off;
  }
  if (memory_changes && !config.memory_hot_add.value_or(false)) {
    if (auto off = require_power_off(draft); !off) return off;
  }
  if (spec.cpus) config.cpus = *spec.cpus;
  if (spec.cores_per_socket) config.cores_per_socket = *spec.cores_per_socket;
  if (spec.memory_mb) config.memory_mb = *spec.memory_mb;
  if (config.cpus < 1 || config.cpus > 768) return refuse(invalid_argument("spec.numCPUs"));
  if (config.cores_per_socket < 1 || config.cpus % config.cores_per_socket != 0) {
    return refuse(invalid_argument("spec.numCoresPerSocket"));
  }
  if (config.memory_mb < 4 || config.memory_mb % 4 != 0 || config.memory_mb > 25165824) {
    return refuse(invalid_argument("spec.memoryMB"));
  }
  if (spec.cpu_hot_add) config.cpu_hot_add = spec.cpu_hot_add;
  if (spec.memory_hot_add) config.memory_hot_add = spec.memory_hot_add;
  if (spec.nested_hv) config.nested_hv = spec.nested_hv;
  if (spec.change_tracking) config.change_tracking = *spec.change_tracking;
  return {};
}

Outcome<void> apply_uuids(World& world, Draft& draft, const MachineSpec& spec) {
  if (spec.uuid && !is_uuid(*spec.uuid)) return refuse(invalid_argument("spec.uuid"));
  if (spec.instance_uuid) {
    if (!is_uuid(*spec.instance_uuid)) return refuse(invalid_argument("spec.instanceUuid"));
    const VirtualMachine* other = world.machine_with_instance_uuid(folded(*spec.instance_uuid));
    if (other != nullptr && other != draft.machine) {
      return refuse(invalid_argument("spec.instanceUuid"));
    }
  }
  if (spec.uuid) draft.config.uuid = folded(*spec.uuid);
  if (spec.instance_uuid) draft.config.instance_uuid = folded(*spec.instance_uuid);
  if (draft.config.uuid.empty()) draft.config.uuid = world.fresh_uuid();
  if (draft.config.instance_uuid.empty()) draft.config.instance_uuid = world.fresh_uuid();
  return {};
}

/// Optional booleans of flags that the spec names replace those that were.
const vim25__VirtualMachineFlagInfo* merge_flags(World& world, const MachineConfig& config,
                                                 const vim25__VirtualMachineFlagInfo& asked) {
  auto* merged = world.devices().arena().keep(*config.flags);
  const auto take = [&](auto member) {
    if (asked.*member) merged->*member = asked.*member;
  };
  using Flags = vim25__VirtualMachineFlagInfo;
  take(&Flags::disableAcceleration);
  take(&Flags::enableLogging);
  take(&Flags::snapshotDisabled);
  take(&Flags::snapshotLocked);
  take(&Flags::diskUuidEnabled);
  take(&Flags::virtualMmuUsage);
  take(&Flags::virtualExecUsage);
  take(&Flags::cbrcCacheEnabled);
  take(&Flags::vvtdEnabled);
  take(&Flags::vbsEnabled);
  return merged;
}

const vim25__VirtualMachineFlagInfo* new_flags(World& world) {
  auto* flags = world.devices().arena().make<vim25__VirtualMachineFlagInfo>();
  flags->disableAcceleration = false;
  flags->enableLogging = true;
  flags->useToe = false;
  flags->runWithDebugInfo = false;
  flags->monitorType = "release";
  flags->htSharing = "any";
  flags->snapshotDisabled = false;
  flags->snapshotLocked = false;
  flags->diskUuidEnabled = false;
  flags->virtualMmuUsage = "automatic";
  flags->virtualExecUsage = "hvAuto";
  flags->snapshotPowerOffBehavior = "powerOff";
  flags->recordReplayEnabled = false;
  flags->faultToleranceType = "unset";
  flags->cbrcCacheEnabled = false;
  flags->vvtdEnabled = false;
  flags->vbsEnabled = false;
  return flags;
}

}  // namespace

Outcome<void> require_power_off(const Draft& draft) {
  if (draft.power == Power::off) return {};
  return refuse(
      invalid_power_state("poweredOff", draft.power == Power::on ? "poweredOn" : "suspended"));
}

Outcome<void> apply_settings(World& world, Draft& draft, const MachineSpec& spec) {
  MachineConfig& config = draft.config;
  if (spec.guest_id) config.guest_id = *spec.guest_id;
  // All of VirtualMachineGuestOsIdentifier end so.
  if (!config.guest_id.ends_with("Guest") && !config.guest_id.ends_with("Guest64")) {
    return refuse(invalid_argument("spec.guestId"));
  }
  if (spec.guest_id && !knows_guest(*draft.host, *spec.guest_id)) {
    return refuse(fault_of("UnsupportedGuest",
                           "The guest operating system '" + *spec.guest_id + "' is not supported.")
                      .with("property", "configSpec.guestId")
                      .with("unsupportedGuestOS", *spec.guest_id));
  }
  if (spec.alternate_guest_name) config.alternate_guest_name = *spec.alternate_guest_name;
  if (spec.annotation) config.annotation = *spec.annotation;
  if (auto done = apply_version(draft, spec); !done) return done;
  if (auto done = apply_firmware(draft, spec); !done) return done;
  if (auto done = apply_sizes(draft, spec); !done) return done;
  if (auto done = apply_uuids(world, draft, spec); !done) return done;
  if (config.flags == nullptr) config.flags = new_flags(world);
  if (spec.flags != nullptr) config.flags = merge_flags(world, config, *spec.flags);
  if (spec.boot_options != nullptr) {
    if (spec.boot_options->efiSecureBootEnabled.value_or(false) && config.firmware != "efi") {
      return refuse(invalid_argument("spec.bootOptions.efiSecureBootEnabled"));
    }
    config.boot_options = spec.boot_options;
  }
  if (config.boot_options == nullptr) {
    auto* options = world.devices().arena().make<vim25__VirtualMachineBootOptions>();
    options->bootDelay = 0;
    options->enterBIOSSetup = false;
    options->efiSecureBootEnabled = false;
    options->bootRetryEnabled = false;
    options->bootRetryDelay = 10000;
    options->networkBootProtocol = "ipv4";
    config.boot_options = options;
  }
  return {};
}

Outcome<void> apply_spec(World& world, Draft& draft, const MachineSpec& spec) {
  for (const auto rule : {apply_settings, apply_devices, apply_boot_order, apply_tpm,
                          apply_encryption, apply_extra_config, apply_nvram}) {
    if (auto done = rule(world, draft, spec); !done) return done;
  }
  return {};
}

}  // namespace vtpmfs::simulator
