#include "tests/simulator/world/rules/device_keys.h"

#include <algorithm>

#include "soapStub.h"

namespace vtpmfs::simulator {
namespace {

constexpr DeviceKind ide{200, 2, "IDE", 0, false, 0};
constexpr DeviceKind ps2{300, 1, "PS2 controller", 0, false, 0};
constexpr DeviceKind pci{100, 1, "PCI controller", 0, false, 0};
constexpr DeviceKind sio{400, 1, "SIO controller", 0, false, 0};
constexpr DeviceKind keyboard{600, 1, "Keyboard", -1, false, 300};
constexpr DeviceKind pointing{700, 1, "Pointing device", -1, false, 300};
constexpr DeviceKind video{500, 1, "Video card", 1, false, 100};
constexpr DeviceKind vmci{12000, 1, "VMCI device", -1, false, 100};
constexpr DeviceKind scsi{1000, 4, "SCSI controller", 0, false, 100};
constexpr DeviceKind sata{15000, 4, "SATA controller", 0, false, 100};
constexpr DeviceKind nvme{31000, 4, "NVME controller", 0, false, 100};
constexpr DeviceKind usb{7000, 1, "USB controller", -1, false, 100};
constexpr DeviceKind xhci{14000, 1, "USB xHCI controller", -1, false, 100};
constexpr DeviceKind disk{2000, 256, "Hard disk", 1, true, 0};
constexpr DeviceKind cdrom{3000, 16, "CD/DVD drive", 1, true, 0};
constexpr DeviceKind floppy{8000, 2, "Floppy drive", 1, false, 400};
constexpr DeviceKind nic{4000, 10, "Network adapter", 1, false, 100};
constexpr DeviceKind sound{5000, 1, "Sound card", 1, false, 100};
constexpr DeviceKind serial{9000, 32, "Serial port", 1, false, 400};
constexpr DeviceKind usb_device{20000, 20, "USB", 1, true, 0};
constexpr DeviceKind passthrough{13000, 16, "PCI device", 1, false, 100};
constexpr DeviceKind watchdog{18000, 1, "Virtual Watchdog timer", 1, false, 100};
constexpr DeviceKind clock{19000, 1, "Precision clock", 1, false, 100};
constexpr DeviceKind nvdimm_controller{25000, 1, "NVDIMM controller", 0, false, 100};
constexpr DeviceKind nvdimm{26000, 64, "NVDIMM", 1, true, 0};

template <class Type>
bool is(const vim25__VirtualDevice& device) {
  return dynamic_cast<const Type*>(&device) != nullptr;
}

const DeviceKind* controller_kind(const vim25__VirtualDevice& device) {
  if (is<vim25__VirtualIDEController>(device)) return &ide;
  if (is<vim25__VirtualPS2Controller>(device)) return &ps2;
  if (is<vim25__VirtualPCIController>(device)) return &pci;
  if (is<vim25__VirtualSIOController>(device)) return &sio;
  if (is<vim25__VirtualSCSIController>(device)) return &scsi;
  if (is<vim25__VirtualSATAController>(device)) return &sata;
  if (is<vim25__VirtualNVMEController>(device)) return &nvme;
  if (is<vim25__VirtualUSBController>(device)) return &usb;
  if (is<vim25__VirtualUSBXHCIController>(device)) return &xhci;
  if (is<vim25__VirtualNVDIMMController>(device)) return &nvdimm_controller;
  return nullptr;
}

}  // namespace

const DeviceKind* kind_of(const vim25__VirtualDevice& device) {
  if (const DeviceKind* controller = controller_kind(device)) return controller;
  if (is<vim25__VirtualDisk>(device)) return &disk;
  if (is<vim25__VirtualCdrom>(device)) return &cdrom;
  if (is<vim25__VirtualEthernetCard>(device)) return &nic;
  if (is<vim25__VirtualMachineVideoCard>(device)) return &video;
  if (is<vim25__VirtualKeyboard>(device)) return &keyboard;
  if (is<vim25__VirtualPointingDevice>(device)) return &pointing;
  if (is<vim25__VirtualMachineVMCIDevice>(device)) return &vmci;
  if (is<vim25__VirtualFloppy>(device)) return &floppy;
  if (is<vim25__VirtualSoundCard>(device)) return &sound;
  if (is<vim25__VirtualSerialPort>(device)) return &serial;
  if (is<vim25__VirtualUSB>(device)) return &usb_device;
  if (is<vim25__VirtualPCIPassthrough>(device)) return &passthrough;
  if (is<vim25__VirtualWDT>(device)) return &watchdog;
  if (is<vim25__VirtualPrecisionClock>(device)) return &clock;
  if (is<vim25__VirtualNVDIMM>(device)) return &nvdimm;
  return nullptr;
}

std::string label_of(const DeviceKind& kind, int key) {
  std::string label = kind.label;
  if (kind.counts_from >= 0) {
    label += " " + std::to_string(key - kind.first_key + kind.counts_from);
  }
  return label;
}

int count_of_kind(const std::vector<vim25__VirtualDevice*>& devices, const DeviceKind& kind) {
  return static_cast<int>(std::count_if(devices.begin(), devices.end(), [&](const auto* device) {
    return kind_of(*device) == &kind;
  }));
}

int free_key(const std::vector<vim25__VirtualDevice*>& devices, const DeviceKind& kind) {
  int key = kind.first_key;
  while (std::any_of(devices.begin(), devices.end(),
                     [&](const auto* device) { return device->key == key; })) {
    ++key;
  }
  return key;
}

int free_unit(const std::vector<vim25__VirtualDevice*>& devices, int controller_key) {
  constexpr int scsi_own_unit = 7;
  int unit = 0;
  const auto taken = [&](const auto* device) {
    return device->controllerKey == controller_key && device->unitNumber == unit;
  };
  const bool on_scsi = controller_key >= 1000 && controller_key < 1100;
  while (std::any_of(devices.begin(), devices.end(), taken) || (on_scsi && unit == scsi_own_unit)) {
    ++unit;
  }
  return unit;
}

}  // namespace vtpmfs::simulator
