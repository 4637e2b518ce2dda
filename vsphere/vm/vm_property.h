// The vim25 paths under which VmDetail::unreadable reports what could not be read.
#pragma once

#include <string_view>

namespace vtpmfs::vsphere::vm_property {

inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kChangeVersion = "config.changeVersion";
inline constexpr std::string_view kKeyId = "config.keyId";
/// Also where the whole of config.extraConfig was asked for.
inline constexpr std::string_view kBundle = "config.extraConfig[\"encryption.bundle\"]";
inline constexpr std::string_view kNvram = "config.extraConfig[\"nvram\"]";
inline constexpr std::string_view kFirmware = "config.firmware";
/// The vTPM and all of VmConfig::devices.
inline constexpr std::string_view kDevices = "config.hardware.device";
inline constexpr std::string_view kVmPathName = "config.files.vmPathName";
inline constexpr std::string_view kLayoutFiles = "layoutEx.file";
inline constexpr std::string_view kRootSnapshot = "rootSnapshot";
inline constexpr std::string_view kPowerState = "runtime.powerState";
inline constexpr std::string_view kConnectionState = "runtime.connectionState";
inline constexpr std::string_view kCryptoState = "runtime.cryptoState";
inline constexpr std::string_view kInstanceUuid = "config.instanceUuid";

}  // namespace vtpmfs::vsphere::vm_property
