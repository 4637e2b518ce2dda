#include "tests/simulator/world/machine/device_store.h"

#include <typeinfo>

#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {
namespace {

/// Copies an object as what it is, where that is one of Types; else null.
template <class... Types, class Base>
Base* copy_as(vsphere::Arena& arena, const Base& original) {
  if (vsphere::unknown_type(original)) return nullptr;
  Base* copy = nullptr;
  const auto attempt = [&](auto* type) {
    using Type = std::remove_pointer_t<decltype(type)>;
    if (typeid(original) != typeid(Type)) return false;
    copy = arena.keep(static_cast<const Type&>(original));
    return true;
  };
  (void)(attempt(static_cast<Types*>(nullptr)) || ...);
  // Said again by the class itself; and an object that is read by many must not be tidied up later.
  if (copy != nullptr) copy->xsi__type.reset();
  return copy;
}

vim25__VirtualDeviceBackingInfo* copy_backing(vsphere::Arena& arena,
                                              const vim25__VirtualDeviceBackingInfo& backing) {
  auto* copy = copy_as<
      vim25__VirtualDiskFlatVer1BackingInfo, vim25__VirtualDiskFlatVer2BackingInfo,
      vim25__VirtualDiskSeSparseBackingInfo, vim25__VirtualDiskSparseVer1BackingInfo,
      vim25__VirtualDiskSparseVer2BackingInfo, vim25__VirtualDiskRawDiskMappingVer1BackingInfo,
      vim25__VirtualDiskLocalPMemBackingInfo, vim25__VirtualEthernetCardNetworkBackingInfo,
      vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo,
      vim25__VirtualEthernetCardOpaqueNetworkBackingInfo, vim25__VirtualCdromIsoBackingInfo,
      vim25__VirtualCdromAtapiBackingInfo, vim25__VirtualCdromPassthroughBackingInfo,
      vim25__VirtualCdromRemotePassthroughBackingInfo, vim25__VirtualCdromRemoteAtapiBackingInfo,
      vim25__VirtualFloppyImageBackingInfo, vim25__VirtualFloppyDeviceBackingInfo,
      vim25__VirtualFloppyRemoteDeviceBackingInfo, vim25__VirtualPointingDeviceDeviceBackingInfo,
      vim25__VirtualSoundCardDeviceBackingInfo, vim25__VirtualSerialPortFileBackingInfo,
      vim25__VirtualSerialPortDeviceBackingInfo, vim25__VirtualSerialPortPipeBackingInfo,
      vim25__VirtualSerialPortURIBackingInfo, vim25__VirtualPCIPassthroughDeviceBackingInfo,
      vim25__VirtualUSBUSBBackingInfo, vim25__VirtualUSBRemoteHostBackingInfo,
      vim25__VirtualPrecisionClockSystemClockBackingInfo, vim25__VirtualNVDIMMBackingInfo>(arena,
                                                                                           backing);
  // Parents belong to the request that they came with.
  if (auto* flat = dynamic_cast<vim25__VirtualDiskFlatVer2BackingInfo*>(copy)) {
    flat->parent = nullptr;
  } else if (auto* sparse = dynamic_cast<vim25__VirtualDiskSeSparseBackingInfo*>(copy)) {
    sparse->parent = nullptr;
  } else if (auto* old = dynamic_cast<vim25__VirtualDiskFlatVer1BackingInfo*>(copy)) {
    old->parent = nullptr;
  } else if (auto* hosted = dynamic_cast<vim25__VirtualDiskSparseVer1BackingInfo*>(copy)) {
    hosted->parent = nullptr;
  } else if (auto* growing = dynamic_cast<vim25__VirtualDiskSparseVer2BackingInfo*>(copy)) {
    growing->parent = nullptr;
  } else if (auto* raw = dynamic_cast<vim25__VirtualDiskRawDiskMappingVer1BackingInfo*>(copy)) {
    raw->parent = nullptr;
  } else if (auto* memory = dynamic_cast<vim25__VirtualNVDIMMBackingInfo*>(copy)) {
    memory->parent = nullptr;
  }
  return copy;
}

vim25__VirtualDevice* copy_device(vsphere::Arena& arena, const vim25__VirtualDevice& device) {
  return copy_as<
      vim25__VirtualTPM, vim25__VirtualDisk, vim25__VirtualVmxnet2, vim25__VirtualVmxnet3,
      vim25__VirtualE1000, vim25__VirtualE1000e, vim25__VirtualPCNet32, vim25__VirtualCdrom,
      vim25__VirtualFloppy, vim25__VirtualKeyboard, vim25__VirtualPointingDevice,
      vim25__VirtualMachineVideoCard, vim25__VirtualMachineVMCIDevice, vim25__VirtualHdAudioCard,
      vim25__VirtualEnsoniq1371, vim25__VirtualSoundBlaster16, vim25__VirtualSerialPort,
      vim25__VirtualPCIPassthrough, vim25__VirtualUSB, vim25__VirtualWDT,
      vim25__VirtualPrecisionClock, vim25__VirtualNVDIMM, vim25__VirtualNVDIMMController,
      vim25__VirtualLsiLogicController, vim25__VirtualLsiLogicSASController,
      vim25__VirtualBusLogicController, vim25__ParaVirtualSCSIController,
      vim25__VirtualAHCIController, vim25__VirtualNVMEController, vim25__VirtualIDEController,
      vim25__VirtualPCIController, vim25__VirtualPS2Controller, vim25__VirtualSIOController,
      vim25__VirtualUSBController, vim25__VirtualUSBXHCIController>(arena, device);
}

}  // namespace

vim25__VirtualDevice* DeviceStore::keep(const vim25__VirtualDevice& device) {
  vim25__VirtualDevice* copy = copy_device(arena_, device);
  if (copy == nullptr) return nullptr;
  if (device.deviceInfo != nullptr) copy->deviceInfo = arena_.keep(*device.deviceInfo);
  if (device.backing != nullptr) {
    copy->backing = copy_backing(arena_, *device.backing);
    if (copy->backing == nullptr) return nullptr;
  }
  if (device.slotInfo != nullptr) {
    copy->slotInfo =
        copy_as<vim25__VirtualDevicePciBusSlotInfo, vim25__VirtualUSBControllerPciBusSlotInfo>(
            arena_, *device.slotInfo);
  }
  return copy;
}

vim25__VirtualMachineBootOptions* DeviceStore::keep(
    const vim25__VirtualMachineBootOptions& options) {
  auto* copy = arena_.keep(options);
  for (auto*& device : copy->bootOrder) {
    if (device == nullptr) return nullptr;
    device = copy_as<vim25__VirtualMachineBootOptionsBootableCdromDevice,
                     vim25__VirtualMachineBootOptionsBootableDiskDevice,
                     vim25__VirtualMachineBootOptionsBootableEthernetDevice,
                     vim25__VirtualMachineBootOptionsBootableFloppyDevice>(arena_, *device);
    if (device == nullptr) return nullptr;
  }
  return copy;
}

}  // namespace vtpmfs::simulator
