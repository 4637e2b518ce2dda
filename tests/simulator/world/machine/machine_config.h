// What a virtual machine is configured to be: what its .vmx file says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulator/model/ref.h"
#include "tests/simulator/world/files/file_tree.h"
#include "tests/simulator/world/keys/key_vault.h"

class vim25__VirtualDevice;
class vim25__VirtualMachineBootOptions;
class vim25__VirtualMachineFlagInfo;

namespace vtpmfs::simulator {

/// The one virtual TPM of a machine, as its configuration knows it.
struct TpmConfig {
  /// The identity that vCenter saw last: of the device as it was made, then of the nvram that the
  /// machine was powered on with. The nvram file has the truth.
  std::string identity;
  /// DER certificates that a client put in place of the server's own.
  std::optional<std::vector<std::string>> certificates;
};

/// VM home encryption.
struct Encryption {
  KeyRef key;
  std::string data_key;      ///< what the bundle wraps; 32 bytes
  std::string bundle;        ///< extraConfig encryption.bundle
  bool by_profile = false;   ///< a storage policy asked for it, not just the vTPM
  bool shows_key = true;     ///< config.keyId is set
  bool shows_bundle = true;  ///< extraConfig has the bundle
};

/// Plain data, copied when a reconfiguration is tried out. Devices, flags and boot options belong
/// to the DeviceStore and are never changed, only replaced.
struct MachineConfig {
  std::string version = "vmx-19";
  std::string uuid;
  std::string instance_uuid;
  std::string create_date;
  std::string change_version;
  std::string guest_id = "otherGuest64";
  std::string alternate_guest_name;
  std::string annotation;
  std::string managed_by;       ///< extension key of the solution that owns the machine
  std::string managed_by_type;  ///< what the machine is to that solution
  std::string firmware = "bios";
  int cpus = 1;
  int cores_per_socket = 1;
  std::int64_t memory_mb = 1024;
  std::optional<bool> cpu_hot_add;
  std::optional<bool> memory_hot_add;
  std::optional<bool> nested_hv;
  bool change_tracking = false;
  bool is_template = false;

  Ref datastore;      ///< where VM home is
  std::string vmx;    ///< path on the datastore, "win11-01/win11-01.vmx"
  std::string nvram;  ///< extraConfig nvram: a file name; empty: not set

  const vim25__VirtualMachineFlagInfo* flags = nullptr;
  const vim25__VirtualMachineBootOptions* boot_options = nullptr;
  /// All but the virtual TPM.
  std::vector<vim25__VirtualDevice*> devices;
  std::optional<TpmConfig> tpm;
  std::optional<Encryption> encryption;
  std::vector<std::string> profiles;
  /// extraConfig without what has a place of its own above.
  std::vector<std::pair<std::string, std::string>> extra;

  [[nodiscard]] std::string home() const { return std::string(directory_of(vmx)); }
  [[nodiscard]] std::string in_home(std::string_view file) const {
    return home() + "/" + std::string(file);
  }
  /// Where the nvram file is, or would be.
  [[nodiscard]] std::string nvram_path() const;
  /// The data key, or "" where VM home is not encrypted.
  [[nodiscard]] std::string data_key() const {
    return encryption ? encryption->data_key : std::string();
  }
  [[nodiscard]] int hardware_version() const;
};

/// "vmx-19" -> 19; 0 where the text is none.
int hardware_version_of(std::string_view version);

/// guestFullName of a guestId.
std::string guest_full_name(std::string_view guest_id);

/// The firmware that a machine gets when its maker names none.
std::string default_firmware(std::string_view guest_id);

}  // namespace vtpmfs::simulator
