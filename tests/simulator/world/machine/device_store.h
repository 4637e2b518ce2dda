// Where the devices of virtual machines are kept.
//
// Devices are gSOAP objects with pointers to polymorphic parts. A device once kept is never changed
// and lives as long as the simulator: a response being written on another thread may still look at
// it after the machine was reconfigured, and a reconfiguration costs a few hundred bytes, not a
// lock. keep() and make() want the inventory's lock held exclusively (or the world still being
// built).
#pragma once

#include "soapStub.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::simulator {

class DeviceStore {
 public:
  /// A deep copy for ever; null when the device, or its backing, is of a type that nobody knows.
  /// The chain of a disk's parents (its snapshots) is not copied.
  vim25__VirtualDevice* keep(const vim25__VirtualDevice& device);

  /// A copy of boot options, which point to devices in their order.
  vim25__VirtualMachineBootOptions* keep(const vim25__VirtualMachineBootOptions& options);

  /// Room for a device being put together here.
  [[nodiscard]] vsphere::Arena& arena() { return arena_; }

 private:
  vsphere::Arena arena_;
};

}  // namespace vtpmfs::simulator
