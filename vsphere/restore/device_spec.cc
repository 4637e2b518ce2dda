#include "vsphere/restore/device_spec.h"

#include <map>
#include <string>

#include "vsphere/property/references.h"
#include "vsphere/restore/nic_spec.h"
#include "vsphere/soap/arena.h"
#include "vsphere/vm/device_types.h"

namespace vtpmfs::vsphere {
namespace {

constexpr int kTpmKey = -1;
constexpr int kFirstKey = -2;
/// The server's own IDE controllers have these keys, by bus.
constexpr int kIdeKey = 200;
constexpr int kIdeControllers = 2;

bool is_controller(DeviceFamily family) {
  switch (family) {
    case DeviceFamily::scsi:
    case DeviceFamily::sata:
    case DeviceFamily::nvme:
    case DeviceFamily::usb:
    case DeviceFamily::usb_xhci:
      return true;
    case DeviceFamily::ide:
    case DeviceFamily::cdrom:
    case DeviceFamily::nic:
    case DeviceFamily::video:
      return false;
  }
  return false;
}

template <class Controller>
Controller* controller(const VmDevice& device, Arena& arena) {
  auto* made = arena.make<Controller>();
  made->busNumber = device.bus_number.value_or(0);
  return made;
}

template <class Controller>
vim25__VirtualDevice* scsi(const VmDevice& device, Arena& arena) {
  auto* made = controller<Controller>(device, arena);
  made->sharedBus = device.shared_bus.value_or("noSharing");
  made->hotAddRemove = device.hot_add_remove;
  return made;
}

/// Null for a type that is not in the allow-list.
vim25__VirtualDevice* make_controller(const VmDevice& device, Arena& arena) {
  const std::string& type = device.type;
  if (type == "ParaVirtualSCSIController") {
    return scsi<vim25__ParaVirtualSCSIController>(device, arena);
  }
  if (type == "VirtualLsiLogicController") {
    return scsi<vim25__VirtualLsiLogicController>(device, arena);
  }
  if (type == "VirtualLsiLogicSASController") {
    return scsi<vim25__VirtualLsiLogicSASController>(device, arena);
  }
  if (type == "VirtualBusLogicController") {
    return scsi<vim25__VirtualBusLogicController>(device, arena);
  }
  if (type == "VirtualAHCIController") {
    return controller<vim25__VirtualAHCIController>(device, arena);
  }
  if (type == "VirtualNVMEController") {
    return controller<vim25__VirtualNVMEController>(device, arena);
  }
  if (type == "VirtualUSBController") {
    auto* usb = controller<vim25__VirtualUSBController>(device, arena);
    usb->autoConnectDevices = device.auto_connect_devices;
    usb->ehciEnabled = device.ehci_enabled;
    return usb;
  }
  if (type == "VirtualUSBXHCIController") {
    auto* xhci = controller<vim25__VirtualUSBXHCIController>(device, arena);
    xhci->autoConnectDevices = device.auto_connect_devices;
    return xhci;
  }
  return nullptr;
}

vim25__VirtualDevice* video(const VmDevice& device, Arena& arena) {
  auto* card = arena.make<vim25__VirtualMachineVideoCard>();
  card->videoRamSizeInKB = device.video_ram_kb;
  card->numDisplays = device.num_displays;
  card->useAutoDetect = device.use_auto_detect;
  card->enable3DSupport = device.enable_3d;
  card->use3dRenderer = device.use_3d_renderer;
  card->graphicsMemorySizeInKB = device.graphics_memory_kb;
  return card;
}

/// A drive of the client's, which is nothing until somebody connects a client.
vim25__VirtualDevice* empty_cdrom(Arena& arena) {
  auto* drive = arena.make<vim25__VirtualCdrom>();
  auto* nothing = arena.make<vim25__VirtualCdromRemotePassthroughBackingInfo>();
  nothing->deviceName = "";
  nothing->exclusive = false;
  drive->backing = nothing;
  drive->connectable.emplace();
  drive->connectable->startConnected = false;
  drive->connectable->allowGuestControl = true;
  drive->connectable->connected = false;
  return drive;
}

class SpecBuilder {
 public:
  SpecBuilder(const NewVm& vm, Arena& arena) : vm_(vm), arena_(arena) {}

  std::vector<vim25__VirtualDeviceConfigSpec> build() {
    for (int bus = 0; bus < kIdeControllers; ++bus) {
      key_of_saved_key_[kIdeKey + bus] = kIdeKey + bus;
    }
    for (const VmDevice& device : vm_.config.devices) {
      const DeviceType* type = find_device_type(device.type);
      if (type == nullptr) continue;
      if (type->family == DeviceFamily::ide) keep_ide(device);
      if (is_controller(type->family)) add(device, make_controller(device, arena_));
    }
    for (const VmDevice& device : vm_.config.devices) {
      const DeviceType* type = find_device_type(device.type);
      if (type == nullptr) continue;
      if (type->family == DeviceFamily::video) add(device, video(device, arena_));
      if (type->family == DeviceFamily::cdrom) add_cdrom(device);
      if (type->family == DeviceFamily::nic) add_nic(device);
    }
    if (vm_.tpm != TpmInSpec::none) {
      const VirtualTpm* saved =
          vm_.tpm == TpmInSpec::saved && vm_.saved_tpm ? &*vm_.saved_tpm : nullptr;
      changes_.push_back(device_change("add", vtpm_to_add(saved, arena_)));
    }
    return std::move(changes_);
  }

 private:
  void add(const VmDevice& device, vim25__VirtualDevice* made) {
    if (made == nullptr) return;
    made->key = next_key_--;
    key_of_saved_key_[device.key] = made->key;
    changes_.push_back(device_change("add", made));
  }

  void keep_ide(const VmDevice& device) {
    const int bus = device.bus_number.value_or(device.key - kIdeKey);
    if (bus >= 0 && bus < kIdeControllers) key_of_saved_key_[device.key] = kIdeKey + bus;
  }

  void add_cdrom(const VmDevice& device) {
    if (!device.controller_key) return;
    const auto controller = key_of_saved_key_.find(*device.controller_key);
    if (controller == key_of_saved_key_.end()) return;
    vim25__VirtualDevice* drive = empty_cdrom(arena_);
    drive->controllerKey = controller->second;
    drive->unitNumber = device.unit_number;
    add(device, drive);
  }

  void add_nic(const VmDevice& device) {
    // A vCenter takes no card without a network (InvalidDeviceBacking): the VM comes back without
    // it.
    const auto network = vm_.network_of_nic.find(device.key);
    if (network == vm_.network_of_nic.end()) return;
    add(device, new_nic(device, network->second, vm_.connect_nics, arena_));
  }

  const NewVm& vm_;
  Arena& arena_;
  std::vector<vim25__VirtualDeviceConfigSpec> changes_;
  std::map<int, int> key_of_saved_key_;  ///< which key in the spec stands for which saved one
  int next_key_ = kFirstKey;
};

}  // namespace

std::vector<vim25__VirtualDeviceConfigSpec> device_specs(const NewVm& vm, Arena& arena) {
  return SpecBuilder(vm, arena).build();
}

vim25__VirtualDevice* vtpm_to_add(const VirtualTpm* saved, Arena& arena) {
  auto* vtpm = arena.make<vim25__VirtualTPM>();
  vtpm->key = kTpmKey;
  if (saved != nullptr) {
    vtpm->endorsementKeyCertificateSigningRequest = saved->certificate_signing_requests;
    vtpm->endorsementKeyCertificate = saved->certificates;
  }
  return vtpm;
}

vim25__VirtualDeviceConfigSpec device_change(const char* operation, vim25__VirtualDevice* device) {
  vim25__VirtualDeviceConfigSpec change;
  change.operation = operation;
  change.device = device;
  return change;
}

}  // namespace vtpmfs::vsphere
