// Interface. What is needed to make the same machine again, and no more: config.json's allow-list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vtpmfs::vsphere {

/// A device that may be restored. `type` is the vim25 type name and selects what the other fields
/// mean; only the names in device_types() are ever put into a ConfigSpec.
struct VmDevice {
  std::string type;  ///< e.g. ParaVirtualSCSIController, VirtualAHCIController, VirtualVmxnet3
  int key = 0;
  std::optional<std::string> label;
  std::optional<int> controller_key;
  std::optional<int> unit_number;
  std::optional<int> bus_number;               ///< controllers
  std::optional<std::string> shared_bus;       ///< SCSI: noSharing, virtualSharing, physicalSharing
  std::optional<bool> hot_add_remove;          ///< SCSI
  std::optional<bool> auto_connect_devices;    ///< USB
  std::optional<bool> ehci_enabled;            ///< USB
  std::optional<int64_t> video_ram_kb;         ///< video
  std::optional<int> num_displays;             ///< video
  std::optional<bool> use_auto_detect;         ///< video
  std::optional<bool> enable_3d;               ///< video
  std::optional<std::string> use_3d_renderer;  ///< video
  std::optional<int64_t> graphics_memory_kb;   ///< video
  std::optional<std::string> address_type;     ///< NIC: generated, assigned, manual
  std::optional<std::string> mac_address;      ///< NIC
  std::optional<bool> wake_on_lan;             ///< NIC
  std::optional<bool> start_connected;         ///< NIC
  std::optional<std::string> network_name;     ///< NIC on a standard network
  std::optional<std::string> switch_uuid;      ///< NIC on a distributed switch
  std::optional<std::string> portgroup_key;    ///< NIC on a distributed switch
  std::optional<std::string> opaque_network_id;  ///< NIC on an NSX network
  std::optional<std::string> opaque_network_type;

  bool operator==(const VmDevice&) const = default;
};

/// A disk, recorded for the reader of config.json and never restored.
struct VmDiskRecord {
  int key = 0;
  std::optional<std::string> label;
  std::optional<int> controller_key;
  std::optional<int> unit_number;
  std::optional<std::string> file_name;
  std::optional<int64_t> capacity_bytes;

  bool operator==(const VmDiskRecord&) const = default;
};

/// One entry of bootOptions.bootOrder.
struct BootDevice {
  enum class Kind { cdrom, disk, ethernet, floppy };
  Kind kind = Kind::disk;
  int device_key = 0;  ///< disk and ethernet only

  bool operator==(const BootDevice&) const = default;
};

/// The allow-list of SPEC "config.json's allow-list".
struct VmConfig {
  std::optional<std::string> guest_id;
  std::optional<std::string> alternate_guest_name;
  std::optional<std::string> annotation;
  std::optional<std::string> version;  ///< hardware version, e.g. vmx-19
  std::optional<std::string> uuid;     ///< BIOS uuid
  std::optional<int> num_cpus;
  std::optional<int> num_cores_per_socket;
  std::optional<int64_t> memory_mb;
  // boot options
  std::optional<int64_t> boot_delay_ms;
  std::optional<bool> enter_bios_setup;
  std::optional<bool> efi_secure_boot;
  std::optional<bool> boot_retry;
  std::optional<int64_t> boot_retry_delay_ms;
  std::optional<std::string> network_boot_protocol;
  std::vector<BootDevice> boot_order;
  // flags
  std::optional<bool> enable_logging;
  std::optional<bool> disk_uuid_enabled;
  std::optional<bool> vvtd_enabled;
  std::optional<bool> vbs_enabled;
  std::vector<VmDevice> devices;
  std::vector<VmDiskRecord> disks;
  /// Only keys that --save-extra-config names and the deny-list does not.
  std::vector<std::pair<std::string, std::string>> extra_config;

  bool operator==(const VmConfig&) const = default;

  [[nodiscard]] bool boots_from_a_card() const {
    return std::any_of(boot_order.begin(), boot_order.end(), [](const BootDevice& device) {
      return device.kind == BootDevice::Kind::ethernet;
    });
  }
};

}  // namespace vtpmfs::vsphere
