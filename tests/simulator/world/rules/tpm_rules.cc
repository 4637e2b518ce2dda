// The virtual TPM: one, for EFI firmware and hardware 14, and certificates that are certificates.
#include <algorithm>

#include "soapStub.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/world/rules/device_support.h"
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

/// Certificates and signing requests that come with a new device, whose endorsement key they cannot
/// know.
Outcome<void> check_new_certificates(const World& world, const DeviceChange& change) {
  const auto* device = dynamic_cast<const vim25__VirtualTPM*>(change.device);
  if (!change.certificates && device->endorsementKeyCertificateSigningRequest.empty()) return {};
  if (change.certificates) {
    if (auto form = check_form(*change.certificates); !form) return form;
  }
  const std::string habit = world.switches.get("ek-at-create");
  if (habit == "refuse") return refuse(invalid_argument(certificate_property));
  if (habit == "refuse-config") {
    return refuse(
        vm_config_fault("msg.vtpm.endorsementKeyCertificate",
                        "The endorsement key certificate does not belong to the endorsement key."));
  }
  return {};
}

Fault device_fault(const char* type, const char* text, std::size_t index) {
  return fault_of(type, text).with("deviceIndex", std::to_string(index));
}

/// Where a new vTPM sits is the server's own affair.
Outcome<void> check_placement(const World& world, const Draft& draft, const DeviceChange& change,
                              std::size_t index) {
  const vim25__VirtualDevice& device = *change.device;
  if (change.has_file_operation) {
    return refuse(device_fault("InvalidDeviceOperation", "A virtual TPM has no file.", index)
                      .with("badOp", "add"));
  }
  const auto& devices = draft.config.devices;
  const bool taken = std::any_of(devices.begin(), devices.end(), [&](const auto* other) {
    return device.key > 0 && other->key == device.key;
  });
  const bool placed =
      device.controllerKey || device.unitNumber || device.slotInfo != nullptr || device.connectable;
  if (taken || (placed && world.switches.is("vtpm-placement", "refuse"))) {
    return refuse(
        device_fault("InvalidDeviceSpec", "The virtual TPM cannot be placed there.", index));
  }
  return {};
}

Outcome<void> add_tpm(World& world, Draft& draft, const DeviceChange& change, std::size_t index) {
  if (auto good = check_placement(world, draft, change, index); !good) return good;
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
  if (auto there = check_support(draft, *change.device, index); !there) return there;
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
  for (std::size_t i = 0; i < spec.devices.size(); ++i) {
    const DeviceChange& change = spec.devices[i];
    if (!change.is_tpm()) continue;
    Outcome<void> done;
    switch (change.operation) {
      case DeviceChange::Operation::add:
        done = add_tpm(world, draft, change, i);
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
