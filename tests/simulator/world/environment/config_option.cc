#include "tests/simulator/world/environment/config_option.h"

#include <array>
#include <string_view>

#include "tests/simulator/world/environment/host_support.h"

namespace vtpmfs::simulator {
namespace {

std::string tag(std::string_view name, std::string_view content, std::string_view type = {}) {
  std::string text = "<vim25:" + std::string(name);
  if (!type.empty()) text += " xsi:type=\"vim25:" + std::string(type) + "\"";
  return text + ">" + std::string(content) + "</vim25:" + std::string(name) + ">";
}

/// IntOption and LongOption.
std::string range(std::string_view name, std::string_view most, std::string_view least = "0") {
  return tag(name, tag("min", least) + tag("max", most) + tag("defaultValue", least));
}

std::string yes_or_no(std::string_view name) {
  return tag(name, tag("supported", "true") + tag("defaultValue", "false"));
}

std::string choice(std::string_view name, std::string_view key) {
  return tag(name, tag("choiceInfo", tag("label", key) + tag("summary", key) + tag("key", key)) +
                       tag("defaultIndex", "0"));
}

template <std::size_t Size>
std::string flags(const std::array<std::string_view, Size>& names, std::string_view value) {
  std::string text;
  for (const std::string_view name : names) text += tag(name, value);
  return text;
}

std::string guest_text(std::string_view id) {
  const bool windows = id.starts_with("windows");
  return tag(
      "guestOSDescriptor",
      tag("id", id) + tag("family", windows ? "windowsGuest" : "linuxGuest") + tag("fullName", id) +
          tag("supportedMaxCPUs", "768") + tag("numSupportedPhysicalSockets", "64") +
          tag("numSupportedCoresPerSocket", "64") + tag("supportedMinMemMB", "4") +
          tag("supportedMaxMemMB", "25165824") + tag("recommendedMemMB", "4096") +
          tag("recommendedColorDepth", "32") +
          tag("supportedDiskControllerList", "ParaVirtualSCSIController") +
          tag("recommendedDiskController", "ParaVirtualSCSIController") +
          tag("supportedNumDisks", "256") + tag("recommendedDiskSizeMB", "32768") +
          tag("recommendedCdromController", "VirtualAHCIController") +
          tag("supportedEthernetCard", "VirtualVmxnet3") +
          flags(std::to_array<std::string_view>({"smcRequired", "supportsWakeOnLan", "supportsVMI",
                                                 "supportsMemoryHotAdd", "supportsCpuHotAdd",
                                                 "supportsCpuHotRemove"}),
                "false") +
          tag("supportedFirmware", "bios") + tag("supportedFirmware", "efi") +
          tag("recommendedFirmware", "efi") +
          flags(std::to_array<std::string_view>({"supports3D", "recommended3D", "smcRecommended",
                                                 "ich7mRecommended", "usbRecommended"}),
                "false") +
          tag("supportLevel", "supported") + tag("supportedForCreate", "true") +
          range("vRAMSizeInKB", "131072", "4096") + tag("numSupportedFloppyDevices", "2") +
          flags(std::to_array<std::string_view>(
                    {"supportsPvscsiControllerForBoot", "diskUuidEnabled", "supportsHotPlugPCI",
                     "supportsSecureBoot", "defaultSecureBoot", "supportsTPM20"}),
                "true"));
}

std::string scsi_text() {
  return range("numSCSIDisks", "64") + range("numSCSICdroms", "15") +
         range("numSCSIPassthrough", "15") + tag("sharing", "noSharing") +
         tag("defaultSharedIndex", "0") + yes_or_no("hotAddRemove") +
         tag("scsiCtlrUnitNumber", "7");
}

std::string card_text() {
  return choice("supportedOUI", "00:50:56") + choice("macType", "assigned") +
         yes_or_no("wakeOnLanEnabled") + tag("vmDirectPathGen2Supported", "false");
}

std::string device_text(const KnownDevice& device) {
  std::string text = tag("type", device.type) + tag("deprecated", "false") +
                     tag("plugAndPlay", "false") + tag("hotRemoveSupported", "true");
  if (device.option.ends_with("ControllerOption")) {
    text += range("devices", "64");
    if (device.option != "VirtualControllerOption") text += scsi_text();
  } else if (device.option.starts_with("VirtualE1000") ||
             device.option.starts_with("VirtualVmxnet")) {
    text += card_text();
  }
  return tag("virtualDeviceOption", text, device.option);
}

std::string shares_text(std::string_view name) {
  return tag(name,
             tag("sharesOption", range("sharesOption", "1000000") + tag("defaultLevel", "normal")));
}

/// What one of the hosts has.
template <class Has>
bool any(const std::vector<const HostSystem*>& hosts, Has has) {
  for (const HostSystem* host : hosts)
    if (has(*host)) return true;
  return false;
}

std::string hardware_text(const std::vector<const HostSystem*>& hosts, int version) {
  const auto offered = [&](std::string_view type) {
    return any(hosts, [&](const HostSystem& host) { return has_device(host, type, version); });
  };
  std::string devices;
  for (const KnownDevice& device : known_devices())
    if (offered(device.type)) devices += device_text(device);
  return tag("hardwareOptions",
             tag("hwVersion", std::to_string(version)) + devices +
                 tag("deviceListReadonly", "false") + tag("numCPU", "1") + tag("numCPU", "768") +
                 range("numCoresPerSocket", "64", "1") + tag("numCpuReadonly", "false") +
                 range("memoryMB", "25165824", "4") + range("numPCIControllers", "1") +
                 range("numIDEControllers", "2") + range("numUSBControllers", "1") +
                 range("numUSBXHCIControllers", "1") + range("numSIOControllers", "1") +
                 range("numPS2Controllers", "1") +
                 tag("resourceConfigOption",
                     shares_text("cpuAllocationOption") + shares_text("memoryAllocationOption")) +
                 range("numTPMDevices", offered("VirtualTPM") ? "1" : "0"));
}

constexpr auto capabilities = std::to_array<std::string_view>({
    "snapshotOperationsSupported",
    "multipleSnapshotsSupported",
    "snapshotConfigSupported",
    "poweredOffSnapshotsSupported",
    "memorySnapshotsSupported",
    "revertToSnapshotSupported",
    "quiescedSnapshotsSupported",
    "disableSnapshotsSupported",
    "lockSnapshotsSupported",
    "consolePreferencesSupported",
    "cpuFeatureMaskSupported",
    "s1AcpiManagementSupported",
    "settingScreenResolutionSupported",
    "toolsAutoUpdateSupported",
    "vmNpivWwnSupported",
    "npivWwnOnNonRdmVmSupported",
    "vmNpivWwnDisableSupported",
    "vmNpivWwnUpdateSupported",
    "swapPlacementSupported",
    "toolsSyncTimeSupported",
    "virtualMmuUsageSupported",
    "diskSharesSupported",
    "bootOptionsSupported",
    "bootRetryOptionsSupported",
    "settingVideoRamSizeSupported",
    "settingDisplayTopologySupported",
    "recordReplaySupported",
    "changeTrackingSupported",
    "multipleCoresPerSocketSupported",
    "hostBasedReplicationSupported",
    "guestAutoLockSupported",
    "memoryReservationLockSupported",
    "featureRequirementSupported",
    "poweredOnMonitorTypeChangeSupported",
    "seSparseDiskSupported",
    "nestedHVSupported",
    "vPMCSupported",
    "secureBootSupported",
});

}  // namespace

std::string config_option_text(const std::vector<const HostSystem*>& hosts, int version,
                               const std::vector<std::string>& guests) {
  const auto offered = [&](std::string_view guest) {
    return any(hosts, [&](const HostSystem& host) { return knows_guest(host, guest); });
  };
  std::string filtered;
  std::string all;
  for (const std::string_view guest : known_guests()) {
    if (!offered(guest)) continue;
    const std::string text = guest_text(guest);
    all += text;
    for (const std::string& wanted : guests)
      if (wanted == guest) filtered += text;
  }
  const std::string name = "vmx-" + std::to_string(version);
  return tag("version", name) + tag("description", name) + (filtered.empty() ? all : filtered) +
         tag("guestOSDefaultIndex", "0") + hardware_text(hosts, version) +
         tag("capabilities", flags(capabilities, "true")) + tag("datastore", "") +
         tag("supportedMonitorType", "release");
}

}  // namespace vtpmfs::simulator
