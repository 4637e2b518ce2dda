#include "vsphere/vm/config_reading.h"

#include <limits>

#include "vsphere/property/object_properties.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

class ConfigReader {
 public:
  explicit ConfigReader(const ObjectProperties& object) : object_(object) {}

  void text(std::string_view path, std::optional<std::string>& into) {
    take(path, object_.text(path), into);
  }
  void number(std::string_view path, std::optional<int64_t>& into) {
    take(path, object_.integer(path), into);
  }
  void number(std::string_view path, std::optional<int>& into) {
    std::optional<int64_t> wide;
    number(path, wide);
    if (wide && *wide >= 0 && *wide <= std::numeric_limits<int>::max()) {
      into = static_cast<int>(*wide);
    }
  }
  /// The value as a T; null where it is unset or cannot be read.
  template <class T>
  const T* structure(std::string_view path, std::string_view expected) {
    if (auto error = object_.missing(path)) {
      unreadable_.push_back({std::string(path), std::move(*error)});
      return nullptr;
    }
    const xsd__anyType* value = object_.value(path);
    const T* typed = value_as<T>(value);
    if (typed == nullptr && value != nullptr) {
      unreadable_.push_back({std::string(path), property_value::unexpected(*value, expected)});
    }
    return typed;
  }
  std::vector<Unreadable> unreadable() { return std::move(unreadable_); }

 private:
  template <class T>
  void take(std::string_view path, Result<std::optional<T>> value, std::optional<T>& into) {
    if (value) {
      into = std::move(*value);
    } else {
      unreadable_.push_back({std::string(path), std::move(value.error())});
    }
  }

  const ObjectProperties& object_;
  std::vector<Unreadable> unreadable_;
};

std::optional<BootDevice> read_boot_device(
    const vim25__VirtualMachineBootOptionsBootableDevice* device) {
  using Kind = BootDevice::Kind;
  if (const auto* disk =
          dynamic_cast<const vim25__VirtualMachineBootOptionsBootableDiskDevice*>(device)) {
    return BootDevice{Kind::disk, disk->deviceKey};
  }
  if (const auto* nic =
          dynamic_cast<const vim25__VirtualMachineBootOptionsBootableEthernetDevice*>(device)) {
    return BootDevice{Kind::ethernet, nic->deviceKey};
  }
  if (dynamic_cast<const vim25__VirtualMachineBootOptionsBootableCdromDevice*>(device) != nullptr) {
    return BootDevice{Kind::cdrom, 0};
  }
  if (dynamic_cast<const vim25__VirtualMachineBootOptionsBootableFloppyDevice*>(device) !=
      nullptr) {
    return BootDevice{Kind::floppy, 0};
  }
  return std::nullopt;
}

void read_boot_options(const vim25__VirtualMachineBootOptions& boot, VmConfig& config) {
  config.boot_delay_ms = boot.bootDelay;
  config.enter_bios_setup = boot.enterBIOSSetup;
  config.efi_secure_boot = boot.efiSecureBootEnabled;
  config.boot_retry = boot.bootRetryEnabled;
  config.boot_retry_delay_ms = boot.bootRetryDelay;
  config.network_boot_protocol = boot.networkBootProtocol;
  for (const auto* device : boot.bootOrder) {
    if (const auto entry = read_boot_device(device)) config.boot_order.push_back(*entry);
  }
}

}  // namespace

std::vector<Unreadable> read_config(const ObjectProperties& object, VmConfig& config) {
  ConfigReader reader(object);
  reader.text("config.guestId", config.guest_id);
  reader.text("config.alternateGuestName", config.alternate_guest_name);
  reader.text("config.annotation", config.annotation);
  reader.text("config.version", config.version);
  reader.text("config.uuid", config.uuid);
  reader.number("config.hardware.numCPU", config.num_cpus);
  reader.number("config.hardware.numCoresPerSocket", config.num_cores_per_socket);
  reader.number("config.hardware.memoryMB", config.memory_mb);
  if (const auto* boot = reader.structure<vim25__VirtualMachineBootOptions>("config.bootOptions",
                                                                            "boot options")) {
    read_boot_options(*boot, config);
  }
  if (const auto* flags =
          reader.structure<vim25__VirtualMachineFlagInfo>("config.flags", "flags")) {
    config.enable_logging = flags->enableLogging;
    config.disk_uuid_enabled = flags->diskUuidEnabled;
    config.vvtd_enabled = flags->vvtdEnabled;
    config.vbs_enabled = flags->vbsEnabled;
  }
  return reader.unreadable();
}

}  // namespace vtpmfs::vsphere
