#include <algorithm>
#include <charconv>

#include "tests/simulator/model/value.h"
#include "tests/simulator/world/inventory/datastore.h"
#include "tests/simulator/world/machine/config_values.h"
#include "tests/simulator/world/machine/machine_properties.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/sealing/endorsement.h"

namespace vtpmfs::simulator {
namespace {

/// Declares paths below config, each unset while the machine is locked.
class ConfigPaths {
 public:
  explicit ConfigPaths(Declare<VirtualMachine>& declare) : declare_(declare) {}

  template <class Get>
  ConfigPaths& path(std::string name, Get get) {
    declare_.property(std::move(name),
                      [get = std::move(get)](const VirtualMachine& vm, const Reading& r) -> Value {
                        return vm.locked ? nullptr : get(vm, r);
                      });
    return *this;
  }
  /// A path that is a text of the configuration.
  ConfigPaths& text(std::string name, std::string MachineConfig::*member) {
    return path(std::move(name), [member](const VirtualMachine& vm, const Reading& r) {
      return text_value(r, vm.config.*member);
    });
  }
  /// The same, unset where the text is empty.
  ConfigPaths& text_unless_empty(std::string name, std::string MachineConfig::*member) {
    return path(std::move(name), [member](const VirtualMachine& vm, const Reading& r) -> Value {
      const std::string& text = vm.config.*member;
      return text.empty() ? nullptr : text_value(r, text);
    });
  }
  ConfigPaths& flag(std::string name, std::optional<bool> vim25__VirtualMachineFlagInfo::*member) {
    return path(std::move(name), [member](const VirtualMachine& vm, const Reading& r) -> Value {
      const auto& value = vm.config.flags->*member;
      return value ? bool_value(r, *value) : nullptr;
    });
  }

 private:
  Declare<VirtualMachine>& declare_;
};

Value device_by_key(const VirtualMachine& vm, const Reading& r) {
  int key = 0;
  const char* end = r.key.data() + r.key.size();
  const auto read = std::from_chars(r.key.data(), end, key);
  if (read.ec != std::errc() || read.ptr != end) return nullptr;
  if (key == 11000) return tpm_value(vm, r.arena);
  const auto& devices = vm.config.devices;
  const auto found = std::find_if(devices.begin(), devices.end(),
                                  [&](const auto* device) { return device->key == key; });
  return found == devices.end() ? nullptr : *found;
}

/// The value of one extraConfig key; the two that all clients ask for without making the others.
std::optional<std::string> extra_value(const VirtualMachine& vm, const std::string& key) {
  if (key == "encryption.bundle") {
    if (!vm.config.encryption || !vm.config.encryption->shows_bundle) return std::nullopt;
    return vm.config.encryption->bundle;
  }
  if (key == "nvram") {
    if (vm.config.nvram.empty()) return std::nullopt;
    return vm.config.nvram;
  }
  for (auto& [name, value] : extra_config(vm)) {
    if (name == key) return std::move(value);
  }
  return std::nullopt;
}

void declare_identity(ConfigPaths& paths) {
  paths
      .path("config", [](const VirtualMachine& vm,
                         const Reading& r) { return data_value(r, config_value(vm, r.arena)); })
      .text("config.changeVersion", &MachineConfig::change_version)
      .path("config.modified",
            [](const VirtualMachine&, const Reading& r) {
              return time_value(r, "1970-01-01T00:00:00Z");
            })
      .path("config.name",
            [](const VirtualMachine& vm, const Reading& r) { return text_value(r, vm.name()); })
      .path("config.guestFullName",
            [](const VirtualMachine& vm, const Reading& r) {
              return text_value(r, guest_full_name(vm.config.guest_id));
            })
      .text("config.version", &MachineConfig::version)
      .text("config.uuid", &MachineConfig::uuid)
      .path("config.createDate",
            [](const VirtualMachine& vm, const Reading& r) {
              return time_value(r, vm.config.create_date);
            })
      .text("config.instanceUuid", &MachineConfig::instance_uuid)
      .path("config.template",
            [](const VirtualMachine& vm, const Reading& r) {
              return bool_value(r, vm.config.is_template);
            })
      .text("config.guestId", &MachineConfig::guest_id)
      .text("config.alternateGuestName", &MachineConfig::alternate_guest_name)
      .text("config.annotation", &MachineConfig::annotation)
      .text_unless_empty("config.managedBy.extensionKey", &MachineConfig::managed_by)
      .text_unless_empty("config.managedBy.type", &MachineConfig::managed_by_type)
      .text("config.firmware", &MachineConfig::firmware);
}

void declare_parts(ConfigPaths& paths) {
  paths
      .path("config.files", [](const VirtualMachine& vm,
                               const Reading& r) { return data_value(r, files_value(vm)); })
      .path(
          "config.files.vmPathName",
          [](const VirtualMachine& vm, const Reading& r) { return text_value(r, vm.path_name()); })
      .path("config.files.logDirectory",
            [](const VirtualMachine& vm, const Reading& r) {
              return text_value(r, *files_value(vm).logDirectory);
            })
      .path("config.files.snapshotDirectory",
            [](const VirtualMachine& vm, const Reading& r) {
              return text_value(r, *files_value(vm).snapshotDirectory);
            })
      .path("config.flags", [](const VirtualMachine& vm,
                               const Reading& r) { return data_value(r, *vm.config.flags); })
      .flag("config.flags.vvtdEnabled", &vim25__VirtualMachineFlagInfo::vvtdEnabled)
      .flag("config.flags.vbsEnabled", &vim25__VirtualMachineFlagInfo::vbsEnabled)
      .flag("config.flags.diskUuidEnabled", &vim25__VirtualMachineFlagInfo::diskUuidEnabled)
      .flag("config.flags.enableLogging", &vim25__VirtualMachineFlagInfo::enableLogging)
      .path("config.bootOptions",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              return vm.config.boot_options == nullptr ? nullptr
                                                       : data_value(r, *vm.config.boot_options);
            })
      .path("config.bootOptions.efiSecureBootEnabled",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              const auto* options = vm.config.boot_options;
              return options == nullptr || !options->efiSecureBootEnabled
                         ? nullptr
                         : bool_value(r, *options->efiSecureBootEnabled);
            })
      .path("config.keyId",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              const auto& encryption = vm.config.encryption;
              return encryption && encryption->shows_key
                         ? data_value(r, key_id_value(encryption->key))
                         : nullptr;
            })
      .path("config.keyId.keyId",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              const auto& encryption = vm.config.encryption;
              return encryption && encryption->shows_key ? text_value(r, encryption->key.id)
                                                         : nullptr;
            })
      .path("config.keyId.providerId.id",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              const auto& encryption = vm.config.encryption;
              return encryption && encryption->shows_key ? text_value(r, encryption->key.provider)
                                                         : nullptr;
            })
      .path("config.changeTrackingEnabled",
            [](const VirtualMachine& vm, const Reading& r) {
              return bool_value(r, vm.config.change_tracking);
            })
      .path("config.cpuHotAddEnabled",
            [](const VirtualMachine& vm, const Reading& r) {
              return bool_value(r, vm.config.cpu_hot_add.value_or(false));
            })
      .path("config.memoryHotAddEnabled",
            [](const VirtualMachine& vm, const Reading& r) {
              return bool_value(r, vm.config.memory_hot_add.value_or(false));
            })
      .path("config.nestedHVEnabled", [](const VirtualMachine& vm, const Reading& r) {
        return bool_value(r, vm.config.nested_hv.value_or(false));
      });
}

void declare_hardware(ConfigPaths& paths) {
  paths
      .path("config.hardware",
            [](const VirtualMachine& vm, const Reading& r) {
              return data_value(r, hardware_value(vm, r.arena));
            })
      .path("config.hardware.numCPU",
            [](const VirtualMachine& vm, const Reading& r) { return int_value(r, vm.config.cpus); })
      .path("config.hardware.numCoresPerSocket",
            [](const VirtualMachine& vm, const Reading& r) {
              return int_value(r, vm.config.cores_per_socket);
            })
      .path("config.hardware.memoryMB",
            [](const VirtualMachine& vm, const Reading& r) {
              return int_value(r, static_cast<int>(vm.config.memory_mb));
            })
      .path("config.hardware.device",
            [](const VirtualMachine& vm, const Reading& r) {
              vim25__ArrayOfVirtualDevice array;
              array.VirtualDevice = devices_value(vm, r.arena);
              return data_value(r, std::move(array));
            })
      .path("config.hardware.device[#]", device_by_key)
      .path("config.extraConfig",
            [](const VirtualMachine& vm, const Reading& r) {
              vim25__ArrayOfOptionValue array;
              array.OptionValue = extra_config_value(vm, r.arena);
              return data_value(r, std::move(array));
            })
      .path("config.extraConfig[]",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              const auto value = extra_value(vm, r.key);
              return value ? data_value(r, option_value(r.key, *value, r.arena)) : nullptr;
            })
      .path("config.extraConfig[].value",
            [](const VirtualMachine& vm, const Reading& r) -> Value {
              auto value = extra_value(vm, r.key);
              return value ? text_value(r, std::move(*value)) : nullptr;
            })
      .path("config.datastoreUrl", [](const VirtualMachine& vm, const Reading& r) {
        vim25__ArrayOfVirtualMachineConfigInfoDatastoreUrlPair array;
        if (const Datastore* place = vm.datastore()) {
          vim25__VirtualMachineConfigInfoDatastoreUrlPair pair;
          pair.name = place->name();
          pair.url = place->url();
          array.VirtualMachineConfigInfoDatastoreUrlPair.push_back(std::move(pair));
        }
        return data_value(r, std::move(array));
      });
}

}  // namespace

void declare_config(Declare<VirtualMachine>& declare) {
  ConfigPaths paths(declare);
  declare_identity(paths);
  declare_parts(paths);
  declare_hardware(paths);
  for (const char* path :
       {"config.tools", "config.cpuAllocation", "config.memoryAllocation", "config.managedBy",
        "config.vAppConfig", "config.latencySensitivity", "config.vmxConfigChecksum",
        "config.vmStorageObjectId", "config.defaultPowerOps", "config.swapPlacement",
        "config.migrateEncryption", "config.ftEncryptionMode", "config.locationId",
        "config.repConfig", "config.scheduledHardwareUpgradeInfo", "config.sevEnabled",
        "config.vPMCEnabled", "config.guestIntegrityInfo", "config.contentLibItemInfo"}) {
    declare.unset(path);
  }
}

}  // namespace vtpmfs::simulator
