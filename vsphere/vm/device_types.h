// The devices that may be saved and made again.
#pragma once

#include <span>
#include <string_view>

namespace vtpmfs::vsphere {

/// What a device of the allow-list is: it selects which fields of VmDevice mean something and how
/// the device is put into a ConfigSpec.
enum class DeviceFamily { scsi, sata, nvme, ide, usb, usb_xhci, cdrom, nic, video };

struct DeviceType {
  std::string_view name;  ///< vim25 type name
  DeviceFamily family;
};

/// The allow-list. A type that is not in it is never put into a ConfigSpec.
std::span<const DeviceType> device_types();

/// The entry of a vim25 type name; null for what is not in the allow-list.
const DeviceType* find_device_type(std::string_view name);

}  // namespace vtpmfs::vsphere
