#include "tests/simulator/world/environment/host_support.h"

#include <algorithm>
#include <array>

#include "tests/simulator/model/property_table.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr auto guests = std::to_array<std::string_view>({
    "centos7_64Guest",
    "debian11_64Guest",
    "debian12_64Guest",
    "otherGuest",
    "otherGuest64",
    "rhel8_64Guest",
    "rhel9_64Guest",
    "sles15_64Guest",
    "ubuntu64Guest",
    "windows9Server64Guest",
    "windows9_64Guest",
    "windows11_64Guest",
    "windows2019srv_64Guest",
    "windows2019srvNext_64Guest",
    "windows2022srvNext_64Guest",
});

constexpr auto devices = std::to_array<KnownDevice>({
    {"VirtualPCIController", "VirtualControllerOption", 3},
    {"VirtualIDEController", "VirtualControllerOption", 3},
    {"VirtualPS2Controller", "VirtualControllerOption", 3},
    {"VirtualSIOController", "VirtualControllerOption", 3},
    {"VirtualKeyboard", "VirtualKeyboardOption", 3},
    {"VirtualCdrom", "VirtualCdromOption", 3},
    {"VirtualMachineVideoCard", "VirtualVideoCardOption", 3},
    {"VirtualLsiLogicController", "VirtualLsiLogicControllerOption", 3},
    {"VirtualBusLogicController", "VirtualBusLogicControllerOption", 3},
    {"VirtualLsiLogicSASController", "VirtualLsiLogicSASControllerOption", 7},
    {"ParaVirtualSCSIController", "ParaVirtualSCSIControllerOption", 7},
    {"VirtualAHCIController", "VirtualControllerOption", 10},
    {"VirtualNVMEController", "VirtualControllerOption", 13},
    {"VirtualUSBController", "VirtualControllerOption", 4},
    {"VirtualUSBXHCIController", "VirtualControllerOption", 8},
    {"VirtualE1000", "VirtualE1000Option", 4},
    {"VirtualE1000e", "VirtualE1000eOption", 8},
    {"VirtualVmxnet3", "VirtualVmxnet3Option", 7},
    {"VirtualTPM", "VirtualTPMOption", 14},
});

bool lacks(const HostSystem& host, std::string_view name) {
  return std::find(host.lacks.begin(), host.lacks.end(), name) != host.lacks.end();
}

}  // namespace

std::span<const std::string_view> known_guests() {
  return guests;
}

std::span<const KnownDevice> known_devices() {
  return devices;
}

bool has_version(const HostSystem& host, int version) {
  return version >= oldest_hardware && version <= host.newest_hardware;
}

bool knows_guest(const HostSystem& host, std::string_view guest) {
  return std::find(guests.begin(), guests.end(), guest) != guests.end() && !lacks(host, guest);
}

bool has_device(const HostSystem& host, std::string_view type, int version) {
  const auto* known = std::find_if(devices.begin(), devices.end(),
                                   [&](const KnownDevice& device) { return device.type == type; });
  return !lacks(host, type) && (known == devices.end() || version >= known->since);
}

std::vector<const HostSystem*> hosts_of(const World& world, const ComputeResource& compute) {
  std::vector<const HostSystem*> hosts;
  for (const Ref& ref : compute.hosts) {
    const auto* host = world.inventory.get<HostSystem>(ref);
    if (host != nullptr && host->connection == "connected") hosts.push_back(host);
  }
  return hosts;
}

const PropertyTable& EnvironmentBrowser::properties() const {
  static const PropertyTable table =
      Declare<EnvironmentBrowser>().unset("datastoreBrowser").table();
  return table;
}

}  // namespace vtpmfs::simulator
