#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cache/saved/config_file.h"
#include "cache/saved/device_json.h"
#include "cache/saved/file_names.h"
#include "cache/saved/object_reader.h"
#include "cache/saved/plain_text.h"
#include "cache/saved/vi_json.h"
#include "vsphere/vm/device_types.h"
#include "vsphere/vm/extra_config.h"

namespace vtpmfs::cache {
namespace {

using vsphere::BootDevice;
using vsphere::VmConfig;

// vSphere 8 allows 768 CPUs and 24 TB; twice that and more is no VM.
constexpr int kMaxCpus = 4096;
constexpr int64_t kMaxMemoryMb = 1LL << 30;
constexpr int64_t kMaxMilliseconds = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxDevices = 1024;
constexpr size_t kMaxBootDevices = 256;
constexpr size_t kMaxExtraConfig = 1024;
constexpr size_t kMaxProse = 1UL << 20;

void read_flags(const ObjectReader& info, VmConfig& config) {
  const auto flags = info.object("flags");
  if (!flags) return;
  flags->read("enableLogging", config.enable_logging);
  flags->read("diskUuidEnabled", config.disk_uuid_enabled);
  flags->read("vvtdEnabled", config.vvtd_enabled);
  flags->read("vbsEnabled", config.vbs_enabled);
}

void read_hardware(const ObjectReader& info, VmConfig& config) {
  const auto hardware = info.object("hardware");
  if (!hardware) return;
  hardware->read("numCPU", config.num_cpus, 1, kMaxCpus);
  hardware->read("numCoresPerSocket", config.num_cores_per_socket, 0, kMaxCpus);
  hardware->read("memoryMB", config.memory_mb, 1, kMaxMemoryMb);
  for (const auto& device : hardware->objects("device", kMaxDevices)) {
    const std::string type = device.type();
    if (type == "VirtualDisk") {
      config.disks.push_back(read_disk(device));
    } else if (vsphere::find_device_type(type) != nullptr) {
      config.devices.push_back(read_device(device, type));
    } else {
      device.reading().warn(device.path(),
                            fmt::format("a device of type '{}' is not restored", printable(type)));
    }
  }
}

void read_boot_options(const ObjectReader& info, VmConfig& config) {
  const auto boot = info.object("bootOptions");
  if (!boot) return;
  boot->read("bootDelay", config.boot_delay_ms, 0, kMaxMilliseconds);
  boot->read("enterBIOSSetup", config.enter_bios_setup);
  boot->read("efiSecureBootEnabled", config.efi_secure_boot);
  boot->read("bootRetryEnabled", config.boot_retry);
  boot->read("bootRetryDelay", config.boot_retry_delay_ms, 0, kMaxMilliseconds);
  boot->read("networkBootProtocol", TextRule::token, config.network_boot_protocol);
  for (const auto& entry : boot->objects("bootOrder", kMaxBootDevices)) {
    const std::string type = entry.type();
    std::optional<int> key;
    if (type == "VirtualMachineBootOptionsBootableCdromDevice") {
      config.boot_order.push_back({BootDevice::Kind::cdrom, 0});
    } else if (type == "VirtualMachineBootOptionsBootableFloppyDevice") {
      config.boot_order.push_back({BootDevice::Kind::floppy, 0});
    } else if (type == "VirtualMachineBootOptionsBootableDiskDevice" ||
               type == "VirtualMachineBootOptionsBootableEthernetDevice") {
      entry.read("deviceKey", key);
      if (!key) entry.reading().refuse(entry.path_of("deviceKey"), "a device's key");
      const bool disk = type == "VirtualMachineBootOptionsBootableDiskDevice";
      config.boot_order.push_back(
          {disk ? BootDevice::Kind::disk : BootDevice::Kind::ethernet, key.value_or(0)});
    } else {
      entry.reading().warn(
          entry.path(), fmt::format("a boot device of type '{}' is not restored", printable(type)));
    }
  }
}

void read_extra_config(const ObjectReader& info, VmConfig& config) {
  for (const auto& entry : info.objects("extraConfig", kMaxExtraConfig)) {
    std::optional<std::string> key;
    std::optional<std::string> value;
    entry.read("key", TextRule::line, key);
    // An OptionValue's value is of any type, so that a string is boxed.
    if (const auto* boxed = entry.find("value"); boxed != nullptr && boxed->is_object()) {
      const ObjectReader box(entry.reading(), entry.path_of("value"), *boxed);
      box.expect_type("string");
      box.read("_value", TextRule::prose, value, kMaxProse);
    } else {
      entry.read("value", TextRule::prose, value, kMaxProse);
    }
    if (!key || !value) {
      entry.reading().refuse(entry.path(), "an OptionValue with a key and a string");
    } else if (!vsphere::may_keep_extra_config(*key)) {
      entry.reading().warn(entry.path(), fmt::format("{} is never restored", printable(*key)));
    } else {
      config.extra_config.emplace_back(*std::move(key), *std::move(value));
    }
  }
}

std::optional<vsphere::CryptoKeyId> read_key(const ObjectReader& info) {
  const auto json = info.object("keyId");
  if (!json) return std::nullopt;
  std::optional<std::string> key;
  std::optional<std::string> provider;
  json->read("keyId", TextRule::line, key, kKeyIdMaxBytes);
  if (const auto id = json->object("providerId")) {
    id->read("id", TextRule::line, provider, kKeyIdMaxBytes);
  }
  if (!key) return std::nullopt;
  return vsphere::CryptoKeyId{*std::move(key), std::move(provider)};
}

SavedOrigin read_origin(const ObjectReader& info, const ObjectReader& json) {
  SavedOrigin origin;
  if (const auto vcenter = json.object("vcenter")) {
    vcenter->read("instanceUuid", TextRule::token, origin.vcenter_instance_uuid);
    vcenter->read("name", TextRule::prose, origin.vcenter_name);
  }
  json.read("inventoryPath", TextRule::prose, origin.inventory_path, kMaxProse);
  json.read("name", TextRule::prose, origin.raw_name);
  if (const auto vm = json.object("vm")) {
    std::optional<std::string> type;
    std::optional<std::string> value;
    vm->read("type", TextRule::token, type);
    vm->read("value", TextRule::line, value);
    if (type && value) origin.vm = vsphere::MoRef{*type, *value};
  }
  json.read("instanceUuid", TextRule::token, origin.instance_uuid);
  json.read("changeVersion", TextRule::line, origin.change_version);
  std::optional<bool> flag;
  json.read("noNvram", flag);
  origin.no_nvram = flag.value_or(false);
  if (const auto policy = json.object("storagePolicy")) {
    policy->read("id", TextRule::line, origin.policy_id);
    policy->read("name", TextRule::prose, origin.policy_name);
  }
  if (const auto provider = json.object("keyProvider")) {
    provider->read("managementType", TextRule::token, origin.provider_management);
    provider->read("keyId", TextRule::line, origin.provider_own_key_id, kKeyIdMaxBytes);
    provider->read("hasBackup", origin.provider_has_backup);
    provider->read("tpmRequired", origin.provider_tpm_required);
  }
  std::optional<bool> is_template;
  info.read("template", is_template);
  origin.is_template = is_template.value_or(false);
  if (const auto files = info.object("files")) {
    files->read("vmPathName", TextRule::prose, origin.vm_path_name, kMaxProse);
  }
  origin.key = read_key(info);
  return origin;
}

}  // namespace

Result<SavedConfig> parse_config(std::string_view text) {
  auto json = parse_json(kConfigFile, text, kConfigMaxBytes);
  if (!json) return fail(json.error());
  Reading reading(kConfigFile);
  const ObjectReader info(reading, "", *json);
  info.expect_type("VirtualMachineConfigInfo");

  SavedConfig saved;
  VmConfig& config = saved.config;
  info.read("version", TextRule::token, config.version);
  info.read("uuid", TextRule::token, config.uuid);
  info.read("guestId", TextRule::token, config.guest_id);
  info.read("alternateGuestName", TextRule::prose, config.alternate_guest_name);
  info.read("annotation", TextRule::prose, config.annotation, kMaxProse);
  read_flags(info, config);
  read_hardware(info, config);
  read_extra_config(info, config);
  read_boot_options(info, config);
  if (const auto origin = info.object("vtpmfs")) saved.origin = read_origin(info, *origin);
  if (auto status = reading.status(); !status) return fail(status.error());
  saved.warnings = reading.warnings();
  return saved;
}

}  // namespace vtpmfs::cache
