#include "cache/saved/device_json.h"

#include <nlohmann/json.hpp>

#include "cache/saved/vi_json.h"
#include "vsphere/vm/device_types.h"

namespace vtpmfs::cache {
namespace {

using Json = nlohmann::ordered_json;
using vsphere::DeviceFamily;
using vsphere::VmDevice;
using vsphere::VmDiskRecord;

constexpr int64_t kMaxKilobytes = 1LL << 40;
constexpr int kMaxBus = 1023;
constexpr int kMaxDisplays = 64;

DeviceFamily family_of(const std::string& type) {
  const auto* entry = vsphere::find_device_type(type);
  return entry != nullptr ? entry->family : DeviceFamily::video;
}

/// The network's name or id. A MoRef would say nothing in another vCenter.
Json backing_to_json(const VmDevice& nic) {
  if (nic.switch_uuid || nic.portgroup_key) {
    Json port = {{"_typeName", "DistributedVirtualSwitchPortConnection"}};
    put(port, "switchUuid", nic.switch_uuid);
    put(port, "portgroupKey", nic.portgroup_key);
    return {{"_typeName", "VirtualEthernetCardDistributedVirtualPortBackingInfo"}, {"port", port}};
  }
  if (nic.opaque_network_id || nic.opaque_network_type) {
    Json backing = {{"_typeName", "VirtualEthernetCardOpaqueNetworkBackingInfo"}};
    put(backing, "opaqueNetworkId", nic.opaque_network_id);
    put(backing, "opaqueNetworkType", nic.opaque_network_type);
    return backing;
  }
  if (!nic.network_name) return nullptr;
  return {{"_typeName", "VirtualEthernetCardNetworkBackingInfo"},
          {"deviceName", *nic.network_name}};
}

void read_backing(const ObjectReader& device, VmDevice& nic) {
  const auto backing = device.object("backing");
  if (!backing) return;
  // Each form has members of its own, so the type tag is not needed to tell them apart.
  backing->read("deviceName", TextRule::prose, nic.network_name);
  backing->read("opaqueNetworkId", TextRule::line, nic.opaque_network_id);
  backing->read("opaqueNetworkType", TextRule::line, nic.opaque_network_type);
  if (const auto port = backing->object("port")) {
    port->read("switchUuid", TextRule::line, nic.switch_uuid);
    port->read("portgroupKey", TextRule::line, nic.portgroup_key);
  }
}

Json head_to_json(std::string_view type, int key, const std::optional<std::string>& label) {
  Json json = {{"_typeName", type}, {"key", key}};
  if (label) json["deviceInfo"] = {{"_typeName", "Description"}, {"label", *label}};
  return json;
}

template <class Device>
void read_head(const ObjectReader& json, Device& device) {
  std::optional<int> key;
  json.read("key", key);
  // Other devices and the boot order refer to it.
  if (!key) json.reading().refuse(json.path_of("key"), "the device's key");
  device.key = key.value_or(0);
  if (const auto info = json.object("deviceInfo"))
    info->read("label", TextRule::line, device.label);
  json.read("controllerKey", device.controller_key);
  json.read("unitNumber", device.unit_number);
}

}  // namespace

Json device_to_json(const VmDevice& device) {
  Json json = head_to_json(device.type, device.key, device.label);
  const DeviceFamily family = family_of(device.type);
  if (family == DeviceFamily::nic) {
    if (Json backing = backing_to_json(device); !backing.is_null()) {
      json["backing"] = std::move(backing);
    }
    if (device.start_connected) {
      json["connectable"] = {{"_typeName", "VirtualDeviceConnectInfo"},
                             {"startConnected", *device.start_connected}};
    }
  }
  put(json, "controllerKey", device.controller_key);
  put(json, "unitNumber", device.unit_number);
  switch (family) {
    case DeviceFamily::scsi:
      put(json, "busNumber", device.bus_number);
      put(json, "hotAddRemove", device.hot_add_remove);
      put(json, "sharedBus", device.shared_bus);
      break;
    case DeviceFamily::nvme:
      put(json, "busNumber", device.bus_number);
      put(json, "sharedBus", device.shared_bus);
      break;
    case DeviceFamily::sata:
    case DeviceFamily::ide:
      put(json, "busNumber", device.bus_number);
      break;
    case DeviceFamily::usb:
    case DeviceFamily::usb_xhci:
      put(json, "busNumber", device.bus_number);
      put(json, "autoConnectDevices", device.auto_connect_devices);
      put(json, "ehciEnabled", device.ehci_enabled);
      break;
    case DeviceFamily::nic:
      put(json, "addressType", device.address_type);
      put(json, "macAddress", device.mac_address);
      put(json, "wakeOnLanEnabled", device.wake_on_lan);
      break;
    case DeviceFamily::video:
      put(json, "videoRamSizeInKB", device.video_ram_kb);
      put(json, "numDisplays", device.num_displays);
      put(json, "useAutoDetect", device.use_auto_detect);
      put(json, "enable3DSupport", device.enable_3d);
      put(json, "use3dRenderer", device.use_3d_renderer);
      put(json, "graphicsMemorySizeInKB", device.graphics_memory_kb);
      break;
    case DeviceFamily::cdrom:
      break;  // made empty
  }
  return json;
}

VmDevice read_device(const ObjectReader& json, const std::string& type) {
  VmDevice device;
  device.type = type;
  read_head(json, device);
  switch (family_of(type)) {
    case DeviceFamily::scsi:
      json.read("hotAddRemove", device.hot_add_remove);
      [[fallthrough]];
    case DeviceFamily::nvme:
      json.read("sharedBus", TextRule::token, device.shared_bus);
      [[fallthrough]];
    case DeviceFamily::sata:
    case DeviceFamily::ide:
      json.read("busNumber", device.bus_number, 0, kMaxBus);
      break;
    case DeviceFamily::usb:
      json.read("ehciEnabled", device.ehci_enabled);
      [[fallthrough]];
    case DeviceFamily::usb_xhci:
      json.read("busNumber", device.bus_number, 0, kMaxBus);
      json.read("autoConnectDevices", device.auto_connect_devices);
      break;
    case DeviceFamily::nic:
      read_backing(json, device);
      if (const auto connect = json.object("connectable")) {
        connect->read("startConnected", device.start_connected);
      }
      json.read("addressType", TextRule::token, device.address_type);
      json.read("macAddress", TextRule::token, device.mac_address);
      json.read("wakeOnLanEnabled", device.wake_on_lan);
      break;
    case DeviceFamily::video:
      json.read("videoRamSizeInKB", device.video_ram_kb, 0, kMaxKilobytes);
      json.read("numDisplays", device.num_displays, 0, kMaxDisplays);
      json.read("useAutoDetect", device.use_auto_detect);
      json.read("enable3DSupport", device.enable_3d);
      json.read("use3dRenderer", TextRule::token, device.use_3d_renderer);
      json.read("graphicsMemorySizeInKB", device.graphics_memory_kb, 0, kMaxKilobytes);
      break;
    case DeviceFamily::cdrom:
      break;
  }
  return device;
}

Json disk_to_json(const VmDiskRecord& disk) {
  Json json = head_to_json("VirtualDisk", disk.key, disk.label);
  if (disk.file_name) {
    json["backing"] = {{"_typeName", "VirtualDeviceFileBackingInfo"},
                       {"fileName", *disk.file_name}};
  }
  put(json, "controllerKey", disk.controller_key);
  put(json, "unitNumber", disk.unit_number);
  if (disk.capacity_bytes) {
    json["capacityInKB"] = *disk.capacity_bytes / 1024;
    json["capacityInBytes"] = *disk.capacity_bytes;
  }
  return json;
}

VmDiskRecord read_disk(const ObjectReader& json) {
  VmDiskRecord disk;
  read_head(json, disk);
  if (const auto backing = json.object("backing")) {
    backing->read("fileName", TextRule::prose, disk.file_name);
  }
  json.read("capacityInBytes", disk.capacity_bytes, 0, std::numeric_limits<int64_t>::max());
  return disk;
}

}  // namespace vtpmfs::cache
