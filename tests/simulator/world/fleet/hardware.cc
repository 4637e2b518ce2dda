#include "tests/simulator/world/fleet/hardware.h"

#include "soapStub.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/world/fleet/site.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/rules/device_keys.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

void describe(vsphere::Arena& arena, vim25__VirtualDevice& device, const std::string& summary) {
  device.deviceInfo = arena.make<vim25__Description>();
  device.deviceInfo->label = label_of(*kind_of(device), device.key);
  device.deviceInfo->summary = summary;
}

template <class Device>
Device* make_device(World& world, std::vector<vim25__VirtualDevice*>& devices, int controller,
                    const std::string& summary) {
  vsphere::Arena& arena = world.devices().arena();
  auto* device = arena.make<Device>();
  device->key = free_key(devices, *kind_of(*device));
  device->controllerKey = controller;
  device->unitNumber = free_unit(devices, controller);
  describe(arena, *device, summary);
  devices.push_back(device);
  return device;
}

const vim25__VirtualMachineFlagInfo* make_flags(World& world, bool vbs) {
  auto* flags = world.devices().arena().make<vim25__VirtualMachineFlagInfo>();
  flags->disableAcceleration = false;
  flags->enableLogging = true;
  flags->useToe = false;
  flags->runWithDebugInfo = false;
  flags->monitorType = "release";
  flags->htSharing = "any";
  flags->snapshotDisabled = false;
  flags->snapshotLocked = false;
  flags->diskUuidEnabled = vbs;
  flags->virtualMmuUsage = "automatic";
  flags->virtualExecUsage = "hvAuto";
  flags->snapshotPowerOffBehavior = "powerOff";
  flags->recordReplayEnabled = false;
  flags->faultToleranceType = "unset";
  flags->cbrcCacheEnabled = false;
  flags->vvtdEnabled = vbs;
  flags->vbsEnabled = vbs;
  return flags;
}

const vim25__VirtualMachineBootOptions* make_boot(World& world, bool secure) {
  vsphere::Arena& arena = world.devices().arena();
  auto* options = arena.make<vim25__VirtualMachineBootOptions>();
  options->bootDelay = 0;
  options->enterBIOSSetup = false;
  options->efiSecureBootEnabled = secure;
  options->bootRetryEnabled = false;
  options->bootRetryDelay = 10000;
  options->networkBootProtocol = "ipv4";
  if (secure) {
    auto* disk = arena.make<vim25__VirtualMachineBootOptionsBootableDiskDevice>();
    disk->deviceKey = 2000;
    options->bootOrder.push_back(disk);
    options->bootOrder.push_back(arena.make<vim25__VirtualMachineBootOptionsBootableCdromDevice>());
  }
  return options;
}

}  // namespace

HardwareShop::HardwareShop(World& world)
    : world_(world),
      common_(default_devices(world)),
      plain_flags_(make_flags(world, false)),
      vbs_flags_(make_flags(world, true)),
      plain_boot_(make_boot(world, false)),
      secure_boot_(make_boot(world, true)) {
  constexpr int pci = 100;
  vsphere::Arena& arena = world.devices().arena();
  auto* scsi =
      make_device<vim25__ParaVirtualSCSIController>(world, common_, pci, "VMware paravirtual SCSI");
  scsi->sharedBus = "noSharing";
  scsi->hotAddRemove = true;
  scsi->scsiCtlrUnitNumber = 7;
  auto* sata = make_device<vim25__VirtualAHCIController>(world, common_, pci, "AHCI");
  auto* usb =
      make_device<vim25__VirtualUSBXHCIController>(world, common_, pci, "USB xHCI controller");
  usb->autoConnectDevices = false;
  auto* cdrom = make_device<vim25__VirtualCdrom>(world, common_, sata->key, "Remote device");
  auto* backing = arena.make<vim25__VirtualCdromRemotePassthroughBackingInfo>();
  backing->useAutoDetect = false;
  backing->exclusive = false;
  cdrom->backing = backing;
  vim25__VirtualDeviceConnectInfo connection;
  connection.startConnected = false;
  connection.allowGuestControl = true;
  connection.connected = false;
  connection.status = "untried";
  cdrom->connectable = connection;
}

void HardwareShop::outfit(MachineConfig& config, bool secure_boot) {
  config.devices = common_;
  config.flags = secure_boot ? vbs_flags_ : plain_flags_;
  config.boot_options = secure_boot ? secure_boot_ : plain_boot_;
}

void HardwareShop::add_disk(MachineConfig& config, const std::string& file_stem) {
  static const Content descriptor = stored_bytes("# Disk DescriptorFile\nversion=1\n");
  static const Content extent = opaque_extent(std::int64_t{1} << 20);
  auto* datastore = world_.inventory.get<Datastore>(config.datastore);
  auto* disk = make_device<vim25__VirtualDisk>(world_, config.devices, 1000, "33,554,432 KB");
  auto* backing = world_.devices().arena().make<vim25__VirtualDiskFlatVer2BackingInfo>();
  const std::string path = config.in_home(file_stem + ".vmdk");
  backing->fileName = "[" + datastore->name() + "] " + path;
  backing->datastore = wire(config.datastore);
  backing->diskMode = "persistent";
  backing->thinProvisioned = true;
  backing->uuid = derive_uuid(config.instance_uuid, file_stem);
  disk->backing = backing;
  disk->capacityInKB = 33554432;
  disk->capacityInBytes = disk->capacityInKB * 1024;
  datastore->files.put(path, File{FileType::disk, descriptor, 1704164645});
  datastore->files.put(config.in_home(file_stem + "-flat.vmdk"),
                       File{FileType::extent, extent, 1704164645});
}

void HardwareShop::add_card(MachineConfig& config, const Site& site, bool on_portgroup,
                            const std::string& seed) {
  vsphere::Arena& arena = world_.devices().arena();
  vim25__VirtualEthernetCard* card = nullptr;
  if (on_portgroup) {
    card = make_device<vim25__VirtualE1000e>(world_, config.devices, 100, "DVSwitch");
    auto* backing = arena.make<vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo>();
    backing->port.switchUuid = world_.inventory.get<Network>(site.portgroup)->switch_uuid;
    backing->port.portgroupKey = site.portgroup.id;
    card->backing = backing;
  } else {
    card = make_device<vim25__VirtualVmxnet3>(world_, config.devices, 100, "VM Network");
    auto* backing = arena.make<vim25__VirtualEthernetCardNetworkBackingInfo>();
    backing->deviceName = "VM Network";
    backing->network = wire(site.network);
    card->backing = backing;
  }
  const std::string digits = hex(derive_bytes(seed, "mac", 2));
  card->addressType = "assigned";
  card->macAddress = "00:50:56:8a:" + digits.substr(0, 2) + ":" + digits.substr(2, 2);
  card->wakeOnLanEnabled = true;
  vim25__VirtualDeviceConnectInfo connection;
  connection.startConnected = true;
  connection.allowGuestControl = true;
  connection.connected = false;
  connection.status = "untried";
  card->connectable = connection;
}

}  // namespace vtpmfs::simulator
