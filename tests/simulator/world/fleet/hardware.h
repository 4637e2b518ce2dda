// The devices that the fleet's machines have.
#pragma once

#include <string>
#include <vector>

#include "tests/simulator/world/machine/machine_config.h"

namespace vtpmfs::simulator {

class World;
struct Site;

/// Devices that many machines have in common are made once; disks and network cards are each
/// machine's own.
class HardwareShop {
 public:
  explicit HardwareShop(World& world);

  /// Gives the machine its controllers, a CD-ROM drive, flags and boot options.
  void outfit(MachineConfig& config, bool secure_boot);
  /// A thin disk in VM home, with its files.
  void add_disk(MachineConfig& config, const std::string& file_stem);
  /// A vmxnet3 on the standard network, or an e1000e on the port group.
  void add_card(MachineConfig& config, const Site& site, bool on_portgroup,
                const std::string& seed);

 private:
  World& world_;
  std::vector<vim25__VirtualDevice*> common_;
  const vim25__VirtualMachineFlagInfo* plain_flags_;
  const vim25__VirtualMachineFlagInfo* vbs_flags_;
  const vim25__VirtualMachineBootOptions* plain_boot_;
  const vim25__VirtualMachineBootOptions* secure_boot_;
};

}  // namespace vtpmfs::simulator
