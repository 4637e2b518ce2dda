// Random configurations within what a server may say.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "cache/saved/saved_origin.h"
#include "vsphere/vm/device_types.h"
#include "vsphere/vm_config.h"

namespace vtpmfs::cache::made {

/// Makes values of one seed; each optional is unset one time in three.
class ConfigMaker {
 public:
  explicit ConfigMaker(unsigned seed) : random_(seed) {}

  vsphere::VmConfig config() {
    vsphere::VmConfig config;
    maybe(config.guest_id, token());
    maybe(config.alternate_guest_name, name());
    maybe(config.annotation, line() + "\n\ttwo lines\r\n\"quoted\" \\");
    maybe(config.version, token());
    maybe(config.uuid, token());
    maybe(config.num_cpus, number(1, 768));
    maybe(config.num_cores_per_socket, number(0, 64));
    maybe(config.memory_mb, int64_t{number(1, 25'165'824)});
    maybe(config.boot_delay_ms, int64_t{number(0, 100'000)});
    maybe(config.enter_bios_setup, flag());
    maybe(config.efi_secure_boot, flag());
    maybe(config.boot_retry, flag());
    maybe(config.boot_retry_delay_ms, int64_t{number(0, 100'000)});
    maybe(config.network_boot_protocol, std::string("ipv4"));
    maybe(config.enable_logging, flag());
    maybe(config.disk_uuid_enabled, flag());
    maybe(config.vvtd_enabled, flag());
    maybe(config.vbs_enabled, flag());
    for (int i = number(0, 4); i > 0; --i) config.boot_order.push_back(boot_device());
    const int devices = number(0, 20);
    for (int i = 0; i < devices; ++i) config.devices.push_back(device(1000 + 10 * i));
    const int disks = number(0, 5);
    for (int i = 0; i < disks; ++i) config.disks.push_back(disk(5000 + i));
    const int extra = number(0, 5);
    for (int i = 0; i < extra; ++i) {
      config.extra_config.emplace_back("sched." + std::to_string(i) + token(), line());
    }
    return config;
  }

  SavedOrigin origin() {
    SavedOrigin origin;
    maybe(origin.vcenter_instance_uuid, token());
    maybe(origin.vcenter_name, name());
    maybe(origin.inventory_path, "/" + name());
    maybe(origin.raw_name, name());
    maybe(origin.vm, vsphere::MoRef{"VirtualMachine", "vm-" + token()});
    maybe(origin.instance_uuid, token());
    maybe(origin.change_version, line());
    origin.is_template = flag();
    origin.no_nvram = flag();
    maybe(origin.vm_path_name, "[ds 1] " + name() + ".vmx");
    maybe(origin.key, vsphere::CryptoKeyId{token(), flag() ? std::optional(line()) : std::nullopt});
    maybe(origin.policy_id, token());
    maybe(origin.policy_name, name());
    maybe(origin.provider_management, token());
    maybe(origin.provider_own_key_id, line());
    maybe(origin.provider_has_backup, flag());
    maybe(origin.provider_tpm_required, flag());
    return origin;
  }

 private:
  int number(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }
  bool flag() { return number(0, 1) == 1; }

  template <class T, class Value>
  void maybe(std::optional<T>& out, const Value& value) {
    if (number(0, 2) != 0) out = value;
  }

  std::string token() {
    std::string text;
    for (int i = number(1, 12); i > 0; --i) text += static_cast<char>(number('!', '~'));
    return text;
  }
  /// Letters of one to four bytes, blanks, quotes, slashes.
  /// What a person called something: vCenter takes any character but NUL.
  std::string name() { return flag() ? line() : line() + "\n\x1b[2K" + line(); }
  std::string line() {
    const char* letters[] = {"a", " ", "\"", "\\", "/", "%2f", "ü", "日", "\xf0\x9f\x98\x80", "<"};
    std::string text;
    for (int i = number(1, 12); i > 0; --i) text += letters[number(0, 9)];
    return text;
  }

  vsphere::BootDevice boot_device() {
    using Kind = vsphere::BootDevice::Kind;
    const Kind kinds[] = {Kind::cdrom, Kind::disk, Kind::ethernet, Kind::floppy};
    const Kind kind = kinds[number(0, 3)];
    const bool has_key = kind == Kind::disk || kind == Kind::ethernet;
    return {kind, has_key ? number(1, 20000) : 0};
  }

  /// Only the members that a device of its type has.
  vsphere::VmDevice device(int key) {
    using vsphere::DeviceFamily;
    const auto types = vsphere::device_types();
    const auto& type = types[static_cast<size_t>(number(0, static_cast<int>(types.size()) - 1))];
    vsphere::VmDevice device;
    device.type = type.name;
    device.key = key;
    maybe(device.label, line());
    maybe(device.controller_key, number(100, 1000));
    maybe(device.unit_number, number(-1, 64));
    switch (type.family) {
      case DeviceFamily::scsi:
        maybe(device.hot_add_remove, flag());
        [[fallthrough]];
      case DeviceFamily::nvme:
        maybe(device.shared_bus, std::string("noSharing"));
        [[fallthrough]];
      case DeviceFamily::sata:
      case DeviceFamily::ide:
        maybe(device.bus_number, number(0, 3));
        break;
      case DeviceFamily::usb:
        maybe(device.ehci_enabled, flag());
        [[fallthrough]];
      case DeviceFamily::usb_xhci:
        maybe(device.bus_number, number(0, 3));
        maybe(device.auto_connect_devices, flag());
        break;
      case DeviceFamily::nic:
        nic(device);
        break;
      case DeviceFamily::video:
        maybe(device.video_ram_kb, int64_t{number(0, 1 << 20)});
        maybe(device.num_displays, number(1, 10));
        maybe(device.use_auto_detect, flag());
        maybe(device.enable_3d, flag());
        maybe(device.use_3d_renderer, std::string("automatic"));
        maybe(device.graphics_memory_kb, int64_t{1} << 33);
        break;
      case DeviceFamily::cdrom:
        break;
    }
    return device;
  }

  void nic(vsphere::VmDevice& device) {
    maybe(device.address_type, std::string("assigned"));
    maybe(device.mac_address, std::string("00:50:56:aa:bb:cc"));
    maybe(device.wake_on_lan, flag());
    maybe(device.start_connected, flag());
    switch (number(0, 3)) {
      case 0:
        maybe(device.network_name, name());
        break;
      case 1:
        maybe(device.switch_uuid, std::string("50 0d 9c 3b-aa bb"));
        maybe(device.portgroup_key, token());
        break;
      case 2:
        maybe(device.opaque_network_id, token());
        maybe(device.opaque_network_type, std::string("nsx.LogicalSwitch"));
        break;
      default:
        break;
    }
  }

  vsphere::VmDiskRecord disk(int key) {
    vsphere::VmDiskRecord disk;
    disk.key = key;
    maybe(disk.label, line());
    maybe(disk.controller_key, number(100, 2000));
    maybe(disk.unit_number, number(0, 64));
    maybe(disk.file_name, "[ds] " + name());
    maybe(disk.capacity_bytes, int64_t{number(0, 1 << 30)} * 4096);
    return disk;
  }

  std::mt19937 random_;
};

}  // namespace vtpmfs::cache::made
