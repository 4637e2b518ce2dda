// The boot order: the devices that it names are there, under their real keys.
#include <algorithm>

#include "soapStub.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

template <class Device>
bool has(const Draft& draft, int key) {
  const auto& devices = draft.config.devices;
  return std::any_of(devices.begin(), devices.end(), [&](const auto* device) {
    return device->key == key && dynamic_cast<const Device*>(device) != nullptr;
  });
}

/// Gives an entry its device's real key; false where no such device is there.
template <class Device, class Entry>
bool resolve(const World& world, const Draft& draft, Entry& entry) {
  const auto real = draft.real_keys.find(entry.deviceKey);
  if (real != draft.real_keys.end() && entry.deviceKey != real->second) {
    if (world.switches.is("boot-order-new-keys", "refuse")) return false;
    entry.deviceKey = real->second;
  }
  return has<Device>(draft, entry.deviceKey);
}

}  // namespace

Outcome<void> apply_boot_order(World& world, Draft& draft, const MachineSpec& spec) {
  if (spec.boot_options == nullptr || spec.boot_options->bootOrder.empty()) return {};
  // A copy of its own: what the device store has is never changed.
  auto* options = world.devices().keep(*draft.config.boot_options);
  for (auto* entry : options->bootOrder) {
    bool good = true;
    if (auto* disk = dynamic_cast<vim25__VirtualMachineBootOptionsBootableDiskDevice*>(entry)) {
      good = resolve<vim25__VirtualDisk>(world, draft, *disk);
    } else if (auto* card =
                   dynamic_cast<vim25__VirtualMachineBootOptionsBootableEthernetDevice*>(entry)) {
      good = resolve<vim25__VirtualEthernetCard>(world, draft, *card);
    }
    if (!good) return refuse(invalid_argument("spec.bootOptions.bootOrder"));
  }
  draft.config.boot_options = options;
  return {};
}

}  // namespace vtpmfs::simulator
