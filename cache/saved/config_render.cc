#include <algorithm>
#include <nlohmann/json.hpp>

#include "cache/saved/config_file.h"
#include "cache/saved/device_json.h"
#include "cache/saved/vi_json.h"
#include "vsphere/vm/device_types.h"
#include "vsphere/vm/extra_config.h"

namespace vtpmfs::cache {
namespace {

using Json = nlohmann::ordered_json;
using vsphere::BootDevice;
using vsphere::VmConfig;

/// Puts an object in where it has more than its type.
void put_object(Json& json, const char* member, Json object) {
  if (object.size() > 1) json[member] = std::move(object);
}

Json typed(std::string_view type) {
  return {{"_typeName", type}};
}

Json flags_to_json(const VmConfig& config) {
  Json flags = typed("VirtualMachineFlagInfo");
  put(flags, "enableLogging", config.enable_logging);
  put(flags, "diskUuidEnabled", config.disk_uuid_enabled);
  put(flags, "vvtdEnabled", config.vvtd_enabled);
  put(flags, "vbsEnabled", config.vbs_enabled);
  return flags;
}

Json devices_to_json(const VmConfig& config) {
  std::vector<std::pair<int, Json>> devices;
  for (const auto& device : config.devices) {
    if (vsphere::find_device_type(device.type) == nullptr) continue;
    devices.emplace_back(device.key, device_to_json(device));
  }
  for (const auto& disk : config.disks) devices.emplace_back(disk.key, disk_to_json(disk));
  std::stable_sort(devices.begin(), devices.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json array = Json::array();
  for (auto& [key, json] : devices) array.push_back(std::move(json));
  return array;
}

Json hardware_to_json(const VmConfig& config) {
  Json hardware = typed("VirtualHardware");
  put(hardware, "numCPU", config.num_cpus);
  put(hardware, "numCoresPerSocket", config.num_cores_per_socket);
  put(hardware, "memoryMB", config.memory_mb);
  if (Json devices = devices_to_json(config); !devices.empty()) {
    hardware["device"] = std::move(devices);
  }
  return hardware;
}

Json extra_config_to_json(const VmConfig& config) {
  auto entries = config.extra_config;
  std::stable_sort(entries.begin(), entries.end());
  Json array = Json::array();
  for (const auto& [key, value] : entries) {
    if (!vsphere::may_keep_extra_config(key)) continue;
    Json entry = typed("OptionValue");
    entry["key"] = key;
    entry["value"] = {{"_typeName", "string"}, {"_value", value}};
    array.push_back(std::move(entry));
  }
  return array;
}

Json boot_device_to_json(const BootDevice& device) {
  switch (device.kind) {
    case BootDevice::Kind::cdrom:
      return typed("VirtualMachineBootOptionsBootableCdromDevice");
    case BootDevice::Kind::floppy:
      return typed("VirtualMachineBootOptionsBootableFloppyDevice");
    case BootDevice::Kind::disk:
      return {{"_typeName", "VirtualMachineBootOptionsBootableDiskDevice"},
              {"deviceKey", device.device_key}};
    case BootDevice::Kind::ethernet:
      return {{"_typeName", "VirtualMachineBootOptionsBootableEthernetDevice"},
              {"deviceKey", device.device_key}};
  }
  return nullptr;
}

Json boot_options_to_json(const VmConfig& config) {
  Json boot = typed("VirtualMachineBootOptions");
  put(boot, "bootDelay", config.boot_delay_ms);
  put(boot, "enterBIOSSetup", config.enter_bios_setup);
  put(boot, "efiSecureBootEnabled", config.efi_secure_boot);
  put(boot, "bootRetryEnabled", config.boot_retry);
  put(boot, "bootRetryDelay", config.boot_retry_delay_ms);
  for (const auto& device : config.boot_order) {
    boot["bootOrder"].push_back(boot_device_to_json(device));
  }
  put(boot, "networkBootProtocol", config.network_boot_protocol);
  return boot;
}

Json key_to_json(const vsphere::CryptoKeyId& key) {
  Json json = typed("CryptoKeyId");
  json["keyId"] = key.key_id;
  if (key.provider_id) {
    json["providerId"] = {{"_typeName", "KeyProviderId"}, {"id", *key.provider_id}};
  }
  return json;
}

Json origin_to_json(const SavedOrigin& origin) {
  Json json = Json::object();
  const auto put_group = [&json](const char* member, const Json& group) {
    if (!group.empty()) json[member] = group;
  };
  Json vcenter = Json::object();
  put(vcenter, "instanceUuid", origin.vcenter_instance_uuid);
  put(vcenter, "name", origin.vcenter_name);
  put_group("vcenter", vcenter);
  put(json, "inventoryPath", origin.inventory_path);
  put(json, "name", origin.raw_name);
  if (origin.vm) {
    json["vm"] = {{"_typeName", "ManagedObjectReference"},
                  {"type", origin.vm->type},
                  {"value", origin.vm->value}};
  }
  put(json, "instanceUuid", origin.instance_uuid);
  put(json, "changeVersion", origin.change_version);
  json["noNvram"] = origin.no_nvram;
  Json policy = Json::object();
  put(policy, "id", origin.policy_id);
  put(policy, "name", origin.policy_name);
  put_group("storagePolicy", policy);
  Json provider = Json::object();
  put(provider, "managementType", origin.provider_management);
  put(provider, "keyId", origin.provider_own_key_id);
  put(provider, "hasBackup", origin.provider_has_backup);
  put(provider, "tpmRequired", origin.provider_tpm_required);
  put_group("keyProvider", provider);
  return json;
}

}  // namespace

std::string render_config(const VmConfig& config, const SavedOrigin& origin) {
  // Members in the order of vim25's VirtualMachineConfigInfo.
  Json json = typed("VirtualMachineConfigInfo");
  put(json, "version", config.version);
  put(json, "uuid", config.uuid);
  json["template"] = origin.is_template;
  put(json, "guestId", config.guest_id);
  put(json, "alternateGuestName", config.alternate_guest_name);
  put(json, "annotation", config.annotation);
  if (origin.vm_path_name) {
    json["files"] = {{"_typeName", "VirtualMachineFileInfo"}, {"vmPathName", *origin.vm_path_name}};
  }
  put_object(json, "flags", flags_to_json(config));
  put_object(json, "hardware", hardware_to_json(config));
  if (Json extra = extra_config_to_json(config); !extra.empty()) {
    json["extraConfig"] = std::move(extra);
  }
  put_object(json, "bootOptions", boot_options_to_json(config));
  if (origin.key) json["keyId"] = key_to_json(*origin.key);
  json["vtpmfs"] = origin_to_json(origin);
  return json_document(json);
}

}  // namespace vtpmfs::cache
