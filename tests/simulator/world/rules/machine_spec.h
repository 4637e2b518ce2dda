// A VirtualMachineConfigSpec as plain data: what a task keeps of the request that ordered it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/soap/fault.h"
#include "tests/simulator/world/keys/key_vault.h"

class vim25__VirtualDevice;
class vim25__VirtualMachineBootOptions;
class vim25__VirtualMachineConfigSpec;
class vim25__VirtualMachineFlagInfo;

namespace vtpmfs::simulator {

class DeviceStore;

struct DeviceChange {
  enum class Operation { add, remove, edit };
  Operation operation = Operation::add;
  bool has_file_operation = false;
  /// Kept for ever by the device store.
  vim25__VirtualDevice* device = nullptr;
  /// Of a VirtualTPM: DER certificates; absent where the request named none.
  std::optional<std::vector<std::string>> certificates;
  std::string profile;

  [[nodiscard]] bool is_tpm() const;
  [[nodiscard]] bool is_disk() const;
};

struct CryptoOrder {
  enum class Kind {
    none,
    no_operation,
    register_key,
    encrypt,
    decrypt,
    deep_recrypt,
    shallow_recrypt
  };
  Kind kind = Kind::none;
  KeyRef key;
};

struct MachineSpec {
  std::optional<std::string> change_version;
  std::optional<std::string> name;
  std::optional<std::string> version;
  std::optional<std::string> uuid;
  std::optional<std::string> instance_uuid;
  std::optional<std::string> guest_id;
  std::optional<std::string> alternate_guest_name;
  std::optional<std::string> annotation;
  std::optional<std::string> vm_path_name;
  std::optional<std::string> firmware;
  std::optional<int> cpus;
  std::optional<int> cores_per_socket;
  std::optional<std::int64_t> memory_mb;
  std::optional<bool> cpu_hot_add;
  std::optional<bool> memory_hot_add;
  std::optional<bool> nested_hv;
  std::optional<bool> change_tracking;
  const vim25__VirtualMachineFlagInfo* flags = nullptr;
  const vim25__VirtualMachineBootOptions* boot_options = nullptr;
  std::vector<DeviceChange> devices;
  std::vector<std::pair<std::string, std::string>> extra;
  /// Ids of VirtualMachineDefinedProfileSpec.
  std::vector<std::string> profiles;
  /// Any profile is named, be it the default or the empty one.
  bool names_profile = false;
  CryptoOrder crypto;

  [[nodiscard]] const std::string* extra_value(std::string_view key) const;
  [[nodiscard]] bool adds_tpm() const;
};

/// Reads the request; InvalidArgument where it holds what no vCenter knows. Devices go to
/// `devices`. Wants the inventory's lock held exclusively.
Outcome<MachineSpec> read_spec(const vim25__VirtualMachineConfigSpec& spec, DeviceStore& devices);

}  // namespace vtpmfs::simulator
