#include "tests/simulator/world/rules/machine_spec.h"

#include <algorithm>
#include <array>

#include "soapStub.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {
namespace {

KeyRef key_of(const vim25__CryptoKeyId& id) {
  return {id.providerId ? id.providerId->id : std::string(), id.keyId};
}

Outcome<CryptoOrder> read_crypto(const vim25__CryptoSpec* crypto) {
  using Kind = CryptoOrder::Kind;
  if (crypto == nullptr) return CryptoOrder{};
  if (vsphere::unknown_type(*crypto)) return refuse(invalid_argument("spec.crypto"));
  if (const auto* encrypt = dynamic_cast<const vim25__CryptoSpecEncrypt*>(crypto)) {
    return CryptoOrder{Kind::encrypt, key_of(encrypt->cryptoKeyId)};
  }
  if (const auto* known = dynamic_cast<const vim25__CryptoSpecRegister*>(crypto)) {
    return CryptoOrder{Kind::register_key, key_of(known->cryptoKeyId)};
  }
  if (const auto* deep = dynamic_cast<const vim25__CryptoSpecDeepRecrypt*>(crypto)) {
    return CryptoOrder{Kind::deep_recrypt, key_of(deep->newKeyId)};
  }
  if (const auto* shallow = dynamic_cast<const vim25__CryptoSpecShallowRecrypt*>(crypto)) {
    return CryptoOrder{Kind::shallow_recrypt, key_of(shallow->newKeyId)};
  }
  if (dynamic_cast<const vim25__CryptoSpecDecrypt*>(crypto) != nullptr) {
    return CryptoOrder{Kind::decrypt, {}};
  }
  if (dynamic_cast<const vim25__CryptoSpecNoOp*>(crypto) != nullptr) {
    return CryptoOrder{Kind::no_operation, {}};
  }
  // The abstract base type itself.
  return refuse(invalid_argument("spec.crypto"));
}

Outcome<void> read_profiles(const std::vector<vim25__VirtualMachineProfileSpec*>& profiles,
                            std::vector<std::string>& ids, bool& named) {
  for (const auto* profile : profiles) {
    if (profile == nullptr || vsphere::unknown_type(*profile)) {
      return refuse(invalid_argument("spec.vmProfile"));
    }
    named = true;
    if (const auto* defined =
            dynamic_cast<const vim25__VirtualMachineDefinedProfileSpec*>(profile)) {
      ids.push_back(defined->profileId);
    }
  }
  return {};
}

Outcome<std::vector<std::string>> read_certificates(const std::vector<std::string>& texts) {
  std::vector<std::string> certificates;
  for (const std::string& text : texts) {
    bool ok = false;
    certificates.push_back(unbase64(text, ok));
    if (!ok) return refuse(invalid_argument("endorsementKeyCertificate"));
  }
  return certificates;
}

Outcome<DeviceChange> read_change(const vim25__VirtualDeviceConfigSpec& change,
                                  DeviceStore& devices, std::size_t index) {
  const std::string path = "spec.deviceChange[" + std::to_string(index) + "]";
  DeviceChange read;
  const std::string operation = change.operation.value_or("");
  if (operation == "add") {
    read.operation = DeviceChange::Operation::add;
  } else if (operation == "remove") {
    read.operation = DeviceChange::Operation::remove;
  } else if (operation == "edit") {
    read.operation = DeviceChange::Operation::edit;
  } else {
    return refuse(invalid_argument(path + ".operation"));
  }
  read.has_file_operation = change.fileOperation.has_value();
  if (read.has_file_operation) {
    constexpr std::array<std::string_view, 3> known = {"create", "destroy", "replace"};
    if (std::find(known.begin(), known.end(), *change.fileOperation) == known.end()) {
      return refuse(invalid_argument(path + ".fileOperation"));
    }
  }
  if (change.device == nullptr) return refuse(invalid_argument(path + ".device"));
  read.device = devices.keep(*change.device);
  if (read.device == nullptr) return refuse(invalid_argument(path + ".device"));
  bool named = false;
  std::vector<std::string> profiles;
  if (auto done = read_profiles(change.profile, profiles, named); !done) {
    return refuse(done.error());
  }
  if (!profiles.empty()) read.profile = profiles.front();
  const auto* tpm = dynamic_cast<const vim25__VirtualTPM*>(change.device);
  if (tpm != nullptr) {
    for (const std::string& request : tpm->endorsementKeyCertificateSigningRequest) {
      bool ok = false;
      (void)unbase64(request, ok);
      if (!ok) return refuse(invalid_argument("endorsementKeyCertificateSigningRequest"));
    }
  }
  if (tpm != nullptr && !tpm->endorsementKeyCertificate.empty()) {
    auto certificates = read_certificates(tpm->endorsementKeyCertificate);
    if (!certificates) return refuse(certificates.error());
    read.certificates = std::move(*certificates);
  }
  return read;
}

Outcome<std::string> read_extra_value(const vim25__OptionValue& option) {
  if (option.value == nullptr) return std::string();
  if (auto text = vsphere::text_of(option.value)) return *text;
  if (auto flag = vsphere::boolean_of(option.value)) return std::string(*flag ? "TRUE" : "FALSE");
  if (auto number = vsphere::integer_of(option.value)) return std::to_string(*number);
  return refuse(invalid_argument("spec.extraConfig[\"" + option.key + "\"]"));
}

}  // namespace

bool DeviceChange::is_tpm() const {
  return dynamic_cast<const vim25__VirtualTPM*>(device) != nullptr;
}

bool DeviceChange::is_disk() const {
  return dynamic_cast<const vim25__VirtualDisk*>(device) != nullptr;
}

const std::string* MachineSpec::extra_value(std::string_view key) const {
  const auto found = std::find_if(extra.begin(), extra.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  return found == extra.end() ? nullptr : &found->second;
}

bool MachineSpec::adds_tpm() const {
  return std::any_of(devices.begin(), devices.end(), [](const DeviceChange& change) {
    return change.operation == DeviceChange::Operation::add && change.is_tpm();
  });
}

Outcome<MachineSpec> read_spec(const vim25__VirtualMachineConfigSpec& spec, DeviceStore& devices) {
  MachineSpec read;
  read.change_version = spec.changeVersion;
  read.name = spec.name;
  read.version = spec.version;
  read.uuid = spec.uuid;
  read.instance_uuid = spec.instanceUuid;
  read.guest_id = spec.guestId;
  read.alternate_guest_name = spec.alternateGuestName;
  read.annotation = spec.annotation;
  if (spec.files) read.vm_path_name = spec.files->vmPathName;
  read.firmware = spec.firmware;
  read.cpus = spec.numCPUs;
  read.cores_per_socket = spec.numCoresPerSocket;
  if (spec.memoryMB) read.memory_mb = *spec.memoryMB;
  read.cpu_hot_add = spec.cpuHotAddEnabled;
  read.memory_hot_add = spec.memoryHotAddEnabled;
  read.nested_hv = spec.nestedHVEnabled;
  read.change_tracking = spec.changeTrackingEnabled;
  if (spec.flags) read.flags = devices.arena().keep(*spec.flags);
  if (spec.bootOptions) {
    read.boot_options = devices.keep(*spec.bootOptions);
    if (read.boot_options == nullptr) return refuse(invalid_argument("spec.bootOptions.bootOrder"));
  }
  for (const auto& change : spec.deviceChange) {
    auto one = read_change(change, devices, read.devices.size());
    if (!one) return refuse(one.error());
    read.devices.push_back(std::move(*one));
  }
  for (const auto& option : spec.extraConfig) {
    auto value = read_extra_value(option);
    if (!value) return refuse(value.error());
    read.extra.emplace_back(option.key, std::move(*value));
  }
  if (auto done = read_profiles(spec.vmProfile, read.profiles, read.names_profile); !done) {
    return refuse(done.error());
  }
  auto crypto = read_crypto(spec.crypto);
  if (!crypto) return refuse(crypto.error());
  read.crypto = std::move(*crypto);
  return read;
}

}  // namespace vtpmfs::simulator
