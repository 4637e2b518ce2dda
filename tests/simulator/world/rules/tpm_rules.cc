// The virtual TPM: one, for EFI firmware and hardware 14, and certificates that are certificates.
#include "soapStub.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr int tpm_key = 11000;
constexpr int oldest_hardware_with_tpm = 14;
constexpr const char* certificate_property = "endorsementKeyCertificate";

Outcome<void> check_form(const std::vector<std::string>& certificates) {
  for (const std::string& certificate : certificates) {
    if (!EndorsementOffice::is_certificate(certificate)) {
      return refuse(invalid_argument(certificate_property));
    }
  }
  return {};
}

/// Certificates that come with a new device, whose endorsement key they cannot know.
Outcome<void> check_new_certificates(const World& world, const DeviceChange& change) {
  if (!change.certificates) return {};
  if (auto form = check_form(*change.certificates); !form) return form;
  const std::string habit = world.switches.get("ek-at-create");
  if (habit == "refuse") return refuse(invalid_argument(certificate_property));
  if (habit == "refuse-config") {
    return refuse(
        vm_config_fault("msg.vtpm.endorsementKeyCertificate",
                        "The endorsement key certificate does not belong to the endorsement key."));
  }
  return {};
}

Outcome<void> add_tpm(World& world, Draft& draft, const DeviceChange& change) {
  if (draft.config.tpm) {
    return refuse(fault_of("TooManyDevices", "The number of devices exceeds the maximum.")
                      .with("property", "virtualTPM"));
  }
  if (auto off = require_power_off(draft); !off) return off;
  if (draft.has_snapshots) {
    return refuse(fault_of("InvalidVmConfig", "A machine with snapshots cannot get a virtual TPM.")
                      .because("msg.hostd.configSpec.enc.snapshots",
                               "A machine with snapshots cannot get a virtual TPM."));
  }
  if (draft.config.firmware != "efi") {
    return refuse(vm_config_fault("msg.vtpm.add.firmware", "A virtual TPM needs EFI firmware."));
  }
  if (draft.config.hardware_version() < oldest_hardware_with_tpm) {
    return refuse(vm_config_fault("msg.vtpm.add.hardwareVersion",
                                  "A virtual TPM needs virtual hardware version 14."));
  }
  if (draft.creating && world.switches.is("vtpm-at-create", "refuse")) {
    return refuse(vm_config_fault("msg.vtpm.add.create",
                                  "A virtual TPM cannot be added while the machine is made."));
  }
  if (auto good = check_new_certificates(world, change); !good) return good;
  draft.config.tpm = TpmConfig{world.fresh_bytes("tpm", 32), change.certificates};
  return {};
}

Outcome<void> edit_tpm(World& world, Draft& draft, const DeviceChange& change) {
  if (!draft.config.tpm || change.device->key != tpm_key) {
    return refuse(fault_of("DeviceNotFound", "The device is not there.").with("deviceIndex", "0"));
  }
  if (!change.certificates) return {};
  if (auto form = check_form(*change.certificates); !form) return form;
  if (world.switches.is("ek-at-edit", "own")) {
    const auto state = state_in_nvram(world.inventory, draft.config);
    const std::string identity =
        state && !state->tpm_identity.empty() ? state->tpm_identity : draft.config.tpm->identity;
    for (const std::string& certificate : *change.certificates) {
      if (!world.endorsements.belongs_to(certificate, identity)) {
        return refuse(invalid_argument(certificate_property));
      }
    }
  }
  draft.config.tpm->certificates = change.certificates;
  return {};
}

Outcome<void> remove_tpm(Draft& draft, const DeviceChange& change) {
  if (!draft.config.tpm || change.device->key != tpm_key) {
    return refuse(fault_of("DeviceNotFound", "The device is not there.").with("deviceIndex", "0"));
  }
  if (auto off = require_power_off(draft); !off) return off;
  draft.config.tpm.reset();
  return {};
}

}  // namespace

Outcome<void> apply_tpm(World& world, Draft& draft, const MachineSpec& spec) {
  for (const DeviceChange& change : spec.devices) {
    if (!change.is_tpm()) continue;
    Outcome<void> done;
    switch (change.operation) {
      case DeviceChange::Operation::add:
        done = add_tpm(world, draft, change);
        break;
      case DeviceChange::Operation::edit:
        done = edit_tpm(world, draft, change);
        break;
      case DeviceChange::Operation::remove:
        done = remove_tpm(draft, change);
        break;
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace vtpmfs::simulator
