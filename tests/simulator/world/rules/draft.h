// A machine as it will be when a create or reconfigure task has done its work: rules check and
// change the draft, and only when all agree does it become real.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/model/ref.h"
#include "tests/simulator/soap/fault.h"
#include "tests/simulator/world/machine/machine_config.h"
#include "tests/simulator/world/machine/virtual_machine.h"
#include "tests/simulator/world/rules/machine_spec.h"

namespace vtpmfs::simulator {

class ComputeResource;
class HostSystem;
class World;

/// A file that comes or goes with the change.
struct FileChange {
  Ref datastore;
  std::string path;
  std::optional<File> file;  ///< none: remove it
};

struct Draft {
  bool creating = false;
  std::string name;
  Power power = Power::off;
  bool has_snapshots = false;
  const HostSystem* host = nullptr;
  const ComputeResource* owner = nullptr;
  /// Null while creating.
  const VirtualMachine* machine = nullptr;
  MachineConfig config;
  std::vector<FileChange> files;
  std::int64_t space_needed = 0;
  /// Keys that the spec made up for its new devices, and what became of them.
  std::map<int, int> real_keys;
};

/// The rules, in the order in which they are applied; each changes the draft or says why not. They
/// want the inventory's lock held exclusively, as tasks have it.
Outcome<void> apply_settings(World& world, Draft& draft, const MachineSpec& spec);
Outcome<void> apply_devices(World& world, Draft& draft, const MachineSpec& spec);
/// The boot order, which names devices: after they have got their keys.
Outcome<void> apply_boot_order(World& world, Draft& draft, const MachineSpec& spec);
Outcome<void> apply_tpm(World& world, Draft& draft, const MachineSpec& spec);
Outcome<void> apply_encryption(World& world, Draft& draft, const MachineSpec& spec);
Outcome<void> apply_extra_config(World& world, Draft& draft, const MachineSpec& spec);
/// Has the nvram file follow the change: a new one for a new machine, one sealed anew where the
/// data key is another, the vTPM's state put in or taken out.
Outcome<void> apply_nvram(World& world, Draft& draft, const MachineSpec& spec);

/// All of them.
Outcome<void> apply_spec(World& world, Draft& draft, const MachineSpec& spec);

/// Draws up what all new machines have: IDE controllers, keyboard, video card and so on.
std::vector<vim25__VirtualDevice*> default_devices(World& world);

/// InvalidPowerState unless the machine is off.
Outcome<void> require_power_off(const Draft& draft);

/// Writes files that come with a change and removes those that go.
void apply_files(World& world, const std::vector<FileChange>& changes);

/// The NVRAM state of a machine's file, opened with its own data key; nothing where there is no
/// file or it does not open.
std::optional<NvramState> state_in_nvram(const Inventory& inventory, const MachineConfig& config);

}  // namespace vtpmfs::simulator
