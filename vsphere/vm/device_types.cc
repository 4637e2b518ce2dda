#include "vsphere/vm/device_types.h"

#include <algorithm>
#include <array>

namespace vtpmfs::vsphere {
namespace {

constexpr std::array kDeviceTypes{
    DeviceType{"ParaVirtualSCSIController", DeviceFamily::scsi},
    DeviceType{"VirtualLsiLogicController", DeviceFamily::scsi},
    DeviceType{"VirtualLsiLogicSASController", DeviceFamily::scsi},
    DeviceType{"VirtualBusLogicController", DeviceFamily::scsi},
    DeviceType{"VirtualAHCIController", DeviceFamily::sata},
    DeviceType{"VirtualNVMEController", DeviceFamily::nvme},
    DeviceType{"VirtualIDEController", DeviceFamily::ide},
    DeviceType{"VirtualUSBController", DeviceFamily::usb},
    DeviceType{"VirtualUSBXHCIController", DeviceFamily::usb_xhci},
    DeviceType{"VirtualCdrom", DeviceFamily::cdrom},
    DeviceType{"VirtualVmxnet3", DeviceFamily::nic},
    DeviceType{"VirtualE1000", DeviceFamily::nic},
    DeviceType{"VirtualE1000e", DeviceFamily::nic},
    DeviceType{"VirtualMachineVideoCard", DeviceFamily::video},
};

}  // namespace

std::span<const DeviceType> device_types() {
  return kDeviceTypes;
}

const DeviceType* find_device_type(std::string_view name) {
  const auto* found = std::find_if(kDeviceTypes.begin(), kDeviceTypes.end(),
                                   [&](const DeviceType& type) { return type.name == name; });
  return found == kDeviceTypes.end() ? nullptr : found;
}

}  // namespace vtpmfs::vsphere
