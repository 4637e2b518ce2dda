// Devices other than the virtual TPM: their keys, their controllers, what backs them.
#include <algorithm>

#include "soapStub.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/rules/backing_rules.h"
#include "tests/simulator/world/rules/device_keys.h"
#include "tests/simulator/world/rules/device_support.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

using Devices = std::vector<vim25__VirtualDevice*>;

Fault device_fault(const char* type, const char* text, std::size_t index) {
  return fault_of(type, text).with("deviceIndex", std::to_string(index));
}

/// One spec's worth of device changes.
class DeviceWork {
 public:
  DeviceWork(World& world, Draft& draft) : world_(world), draft_(draft) {}

  Outcome<void> add(const DeviceChange& change, std::size_t index);
  Outcome<void> edit(const DeviceChange& change, std::size_t index);
  Outcome<void> remove(const DeviceChange& change, std::size_t index);

 private:
  Devices& devices() { return draft_.config.devices; }
  Devices::iterator find(int key) {
    return std::find_if(devices().begin(), devices().end(),
                        [&](const auto* device) { return device->key == key; });
  }
  bool is_default_device(vim25__VirtualDevice& device);
  Outcome<void> seat(vim25__VirtualDevice& device, const DeviceKind& kind, std::size_t index);

  World& world_;
  Draft& draft_;
};

Outcome<void> DeviceWork::add(const DeviceChange& change, std::size_t index) {
  vim25__VirtualDevice* device = change.device;
  const DeviceKind* kind = kind_of(*device);
  if (kind == nullptr) {
    return refuse(device_fault("InvalidDeviceSpec", "The device cannot be added.", index));
  }
  const int asked_key = device->key;
  if (draft_.real_keys.count(asked_key) != 0 && asked_key != 0) {
    return refuse(device_fault("InvalidDeviceSpec", "Two new devices have one key.", index));
  }
  if (draft_.creating && is_default_device(*device)) {
    draft_.real_keys[asked_key] = device->key;
    return {};
  }
  if (auto there = check_support(draft_, *device, index); !there) return there;
  if (count_of_kind(devices(), *kind) >= kind->most) {
    return refuse(fault_of("TooManyDevices", "The number of devices exceeds the maximum."));
  }
  const bool hot = dynamic_cast<vim25__VirtualEthernetCard*>(device) != nullptr ||
                   dynamic_cast<vim25__VirtualDisk*>(device) != nullptr ||
                   dynamic_cast<vim25__VirtualUSB*>(device) != nullptr;
  if (!hot) {
    if (auto off = require_power_off(draft_); !off) return off;
  }
  device->key = free_key(devices(), *kind);
  if (auto seated = seat(*device, *kind, index); !seated) return seated;
  if (auto backed = check_backing(world_, draft_, change, index); !backed) return backed;
  if (device->deviceInfo == nullptr) {
    device->deviceInfo = world_.devices().arena().make<vim25__Description>();
    device->deviceInfo->label = label_of(*kind, device->key);
    device->deviceInfo->summary = device->deviceInfo->label;
  }
  draft_.real_keys[asked_key] = device->key;
  devices().push_back(device);
  return {};
}

/// A new machine has IDE, PCI, PS2 and SIO controllers, keyboard, mouse, video card and VMCI
/// already; a spec that adds them again means those.
bool DeviceWork::is_default_device(vim25__VirtualDevice& device) {
  const DeviceKind* kind = kind_of(device);
  if (kind->first_key >= 1000 && kind->first_key != 12000) return false;
  const auto* controller = dynamic_cast<const vim25__VirtualController*>(&device);
  const int key = kind->first_key + (controller == nullptr ? 0 : controller->busNumber);
  const auto found = find(key);
  if (found == devices().end()) return false;
  device.key = key;
  device.controllerKey = (*found)->controllerKey;
  device.unitNumber = (*found)->unitNumber;
  if (device.deviceInfo == nullptr) device.deviceInfo = (*found)->deviceInfo;
  *found = &device;
  return true;
}

/// Puts the device on its controller.
Outcome<void> DeviceWork::seat(vim25__VirtualDevice& device, const DeviceKind& kind,
                               std::size_t index) {
  if (kind.fixed_controller != 0) device.controllerKey = kind.fixed_controller;
  if (!device.controllerKey) {
    if (!kind.needs_controller) return {};
    return refuse(device_fault("MissingController", "The device needs a controller.", index));
  }
  if (const auto real = draft_.real_keys.find(*device.controllerKey);
      real != draft_.real_keys.end()) {
    device.controllerKey = real->second;
  }
  const auto controller = find(*device.controllerKey);
  if (controller == devices().end() ||
      dynamic_cast<vim25__VirtualController*>(*controller) == nullptr) {
    return refuse(device_fault("InvalidController", "There is no such controller.", index)
                      .with("controllerKey", std::to_string(*device.controllerKey)));
  }
  if (kind.fixed_controller != 0 || !device.unitNumber) {
    device.unitNumber = free_unit(devices(), *device.controllerKey);
    return {};
  }
  const bool taken = std::any_of(devices().begin(), devices().end(), [&](const auto* other) {
    return other->controllerKey == device.controllerKey && other->unitNumber == device.unitNumber;
  });
  if (taken) {
    return refuse(device_fault("InvalidDeviceSpec", "The unit of the controller is taken.", index));
  }
  return {};
}

Outcome<void> DeviceWork::edit(const DeviceChange& change, std::size_t index) {
  const auto found = find(change.device->key);
  if (found == devices().end() || kind_of(**found) != kind_of(*change.device)) {
    return refuse(device_fault("DeviceNotFound", "The device is not there.", index));
  }
  if (auto backed = check_backing(world_, draft_, change, index); !backed) return backed;
  vim25__VirtualDevice* edited = change.device;
  const vim25__VirtualDevice& before = **found;
  if (!edited->controllerKey) edited->controllerKey = before.controllerKey;
  if (!edited->unitNumber) edited->unitNumber = before.unitNumber;
  if (edited->deviceInfo == nullptr) edited->deviceInfo = before.deviceInfo;
  if (edited->backing == nullptr) edited->backing = before.backing;
  if (edited->slotInfo == nullptr) edited->slotInfo = before.slotInfo;
  if (!edited->connectable) edited->connectable = before.connectable;
  *found = edited;
  return {};
}

Outcome<void> DeviceWork::remove(const DeviceChange& change, std::size_t index) {
  const auto found = find(change.device->key);
  if (found == devices().end()) {
    return refuse(device_fault("DeviceNotFound", "The device is not there.", index));
  }
  const int key = (*found)->key;
  const bool has_devices = std::any_of(devices().begin(), devices().end(), [&](const auto* other) {
    return other->controllerKey == key;
  });
  if (has_devices) {
    return refuse(device_fault("InvalidDeviceSpec", "The controller has devices.", index));
  }
  if (change.is_disk() && change.has_file_operation) remove_disk_files(draft_, **found, world_);
  devices().erase(found);
  return {};
}

template <class Device>
Device* make_default(World& world, Devices& devices, const char* summary) {
  vsphere::Arena& arena = world.devices().arena();
  auto* device = arena.make<Device>();
  const DeviceKind* kind = kind_of(*device);
  device->key = free_key(devices, *kind);
  device->deviceInfo = arena.make<vim25__Description>();
  device->deviceInfo->label = label_of(*kind, device->key);
  device->deviceInfo->summary = summary;
  if (kind->fixed_controller != 0) {
    device->controllerKey = kind->fixed_controller;
    device->unitNumber = free_unit(devices, kind->fixed_controller);
  }
  if (auto* controller =
          dynamic_cast<vim25__VirtualController*>(static_cast<vim25__VirtualDevice*>(device))) {
    controller->busNumber = device->key - kind->first_key;
  }
  devices.push_back(device);
  return device;
}

}  // namespace

std::vector<vim25__VirtualDevice*> default_devices(World& world) {
  Devices devices;
  make_default<vim25__VirtualIDEController>(world, devices, "IDE 0");
  make_default<vim25__VirtualIDEController>(world, devices, "IDE 1");
  make_default<vim25__VirtualPS2Controller>(world, devices, "PS2 controller 0");
  make_default<vim25__VirtualPCIController>(world, devices, "PCI controller 0");
  make_default<vim25__VirtualSIOController>(world, devices, "SIO controller 0");
  make_default<vim25__VirtualKeyboard>(world, devices, "Keyboard");
  make_default<vim25__VirtualPointingDevice>(world, devices, "Pointing device; Device");
  auto* video = make_default<vim25__VirtualMachineVideoCard>(world, devices, "Video card");
  video->videoRamSizeInKB = 4096;
  video->numDisplays = 1;
  video->useAutoDetect = false;
  video->enable3DSupport = false;
  video->use3dRenderer = "automatic";
  video->graphicsMemorySizeInKB = 262144;
  auto* vmci = make_default<vim25__VirtualMachineVMCIDevice>(
      world, devices,
      "Device on the virtual machine PCI bus that provides support for the virtual "
      "machine communication interface");
  vmci->id = -1;
  vmci->allowUnrestrictedCommunication = false;
  vmci->filterEnable = true;
  return devices;
}

Outcome<void> apply_devices(World& world, Draft& draft, const MachineSpec& spec) {
  if (draft.creating) draft.config.devices = default_devices(world);
  DeviceWork work(world, draft);
  for (std::size_t i = 0; i < spec.devices.size(); ++i) {
    const DeviceChange& change = spec.devices[i];
    if (change.is_tpm()) continue;
    Outcome<void> done;
    switch (change.operation) {
      case DeviceChange::Operation::add:
        done = work.add(change, i);
        break;
      case DeviceChange::Operation::edit:
        done = work.edit(change, i);
        break;
      case DeviceChange::Operation::remove:
        done = work.remove(change, i);
        break;
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace vtpmfs::simulator
