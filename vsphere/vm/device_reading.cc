#include "vsphere/vm/device_reading.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "vsphere/property/object_properties.h"
#include "vsphere/soap/values.h"
#include "vsphere/vm/device_types.h"

namespace vtpmfs::vsphere {
namespace {

/// A vCenter gives every vTPM this key.
constexpr int kVtpmKey = 11000;

std::optional<std::string> label_of(const vim25__VirtualDevice& device) {
  if (device.deviceInfo == nullptr) return std::nullopt;
  return device.deviceInfo->label;
}

std::string without_white_space(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](unsigned char c) { return std::isspace(c) != 0; }),
             text.end());
  return text;
}

VirtualTpm read_vtpm(const vim25__VirtualTPM& device) {
  VirtualTpm vtpm;
  vtpm.key = device.key;
  if (device.deviceInfo != nullptr) {
    vtpm.label = device.deviceInfo->label;
    vtpm.summary = device.deviceInfo->summary;
  }
  vtpm.controller_key = device.controllerKey;
  vtpm.unit_number = device.unitNumber;
  for (const auto& csr : device.endorsementKeyCertificateSigningRequest) {
    vtpm.certificate_signing_requests.push_back(without_white_space(csr));
  }
  for (const auto& certificate : device.endorsementKeyCertificate) {
    vtpm.certificates.push_back(without_white_space(certificate));
  }
  return vtpm;
}

VmDiskRecord read_disk(const vim25__VirtualDisk& disk) {
  VmDiskRecord record;
  record.key = disk.key;
  record.label = label_of(disk);
  record.controller_key = disk.controllerKey;
  record.unit_number = disk.unitNumber;
  if (const auto* file = dynamic_cast<const vim25__VirtualDeviceFileBackingInfo*>(disk.backing)) {
    record.file_name = file->fileName;
  }
  record.capacity_bytes = disk.capacityInBytes ? *disk.capacityInBytes : disk.capacityInKB * 1024;
  return record;
}

void read_network(const vim25__VirtualDeviceBackingInfo* backing, VmDevice& nic) {
  if (const auto* network =
          dynamic_cast<const vim25__VirtualEthernetCardNetworkBackingInfo*>(backing)) {
    nic.network_name = network->deviceName;
  } else if (const auto* port =
                 dynamic_cast<const vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo*>(
                     backing)) {
    nic.switch_uuid = port->port.switchUuid;
    nic.portgroup_key = port->port.portgroupKey;
  } else if (const auto* opaque =
                 dynamic_cast<const vim25__VirtualEthernetCardOpaqueNetworkBackingInfo*>(backing)) {
    nic.opaque_network_id = opaque->opaqueNetworkId;
    nic.opaque_network_type = opaque->opaqueNetworkType;
  }
}

VmDevice read_device(const vim25__VirtualDevice& from, std::string type) {
  VmDevice device;
  device.type = std::move(type);
  device.key = from.key;
  device.label = label_of(from);
  device.controller_key = from.controllerKey;
  device.unit_number = from.unitNumber;
  if (const auto* controller = dynamic_cast<const vim25__VirtualController*>(&from)) {
    device.bus_number = controller->busNumber;
  }
  if (const auto* scsi = dynamic_cast<const vim25__VirtualSCSIController*>(&from)) {
    device.shared_bus = scsi->sharedBus;
    device.hot_add_remove = scsi->hotAddRemove;
  } else if (const auto* usb = dynamic_cast<const vim25__VirtualUSBController*>(&from)) {
    device.auto_connect_devices = usb->autoConnectDevices;
    device.ehci_enabled = usb->ehciEnabled;
  } else if (const auto* xhci = dynamic_cast<const vim25__VirtualUSBXHCIController*>(&from)) {
    device.auto_connect_devices = xhci->autoConnectDevices;
  } else if (const auto* video = dynamic_cast<const vim25__VirtualMachineVideoCard*>(&from)) {
    device.video_ram_kb = video->videoRamSizeInKB;
    device.num_displays = video->numDisplays;
    device.use_auto_detect = video->useAutoDetect;
    device.enable_3d = video->enable3DSupport;
    device.use_3d_renderer = video->use3dRenderer;
    device.graphics_memory_kb = video->graphicsMemorySizeInKB;
  } else if (const auto* nic = dynamic_cast<const vim25__VirtualEthernetCard*>(&from)) {
    device.address_type = nic->addressType;
    device.mac_address = nic->macAddress;
    device.wake_on_lan = nic->wakeOnLanEnabled;
    if (from.connectable) device.start_connected = from.connectable->startConnected;
    read_network(from.backing, device);
  }
  return device;
}

/// Which kind of thing an unknown device is, nobody here can say.
bool may_hold_data(const vim25__VirtualDevice& device, bool known_type) {
  return !known_type || dynamic_cast<const vim25__VirtualDisk*>(&device) != nullptr ||
         dynamic_cast<const vim25__VirtualNVDIMM*>(&device) != nullptr ||
         dynamic_cast<const vim25__VirtualSCSIPassthrough*>(&device) != nullptr;
}

}  // namespace

Result<DeviceList> read_devices(const xsd__anyType* value, std::optional<bool> tpm_present) {
  if (value == nullptr) return fail(ENODATA, "vCenter gives no device list for this VM");
  const auto* array = value_as<vim25__ArrayOfVirtualDevice>(value);
  if (array == nullptr) return fail(property_value::unexpected(*value, "a device list"));
  DeviceList list;
  bool any = false;
  for (const vim25__VirtualDevice* device : array->VirtualDevice) {
    if (device == nullptr) continue;
    any = true;
    std::string type = type_name(*device);
    // The schema's bare base class says as little as a type that we do not know.
    const bool known_type = !unknown_type(*device) && type != "VirtualDevice";
    list.may_hold_data |= may_hold_data(*device, known_type);
    const auto* vtpm = known_type ? dynamic_cast<const vim25__VirtualTPM*>(device) : nullptr;
    if (vtpm != nullptr) {
      if (list.vtpm) return fail(EIO, "the device list holds more than one VirtualTPM");
      list.vtpm = read_vtpm(*vtpm);
    } else if (device->key == kVtpmKey) {
      return fail(EIO, "the device with a vTPM's key (11000) is of type " + type +
                           ": cannot tell whether this VM has a vTPM");
    } else if (!known_type) {
      continue;
    } else if (const auto* disk = dynamic_cast<const vim25__VirtualDisk*>(device)) {
      list.disks.push_back(read_disk(*disk));
    } else if (find_device_type(type) != nullptr) {
      list.devices.push_back(read_device(*device, std::move(type)));
    }
  }
  // Every VM has devices: who lists none does not say that there is no vTPM.
  if (!any) return fail(ENODATA, "vCenter gives an empty device list for this VM");
  if (tpm_present.value_or(false) && !list.vtpm) {
    return fail(EIO, "vCenter says that a vTPM is present, but the device list shows none");
  }
  return list;
}

}  // namespace vtpmfs::vsphere
