#include "fs/restore/job/new_vm.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cerrno>

#include "cache/saved/plain_text.h"
#include "fs/restore/job/restore_record.h"
#include "vsphere/hardware_version.h"
#include "vsphere/vm/extra_config.h"

namespace vtpmfs::fs {
namespace {

std::optional<std::string> hardware_version(const std::optional<std::string>& saved,
                                            std::vector<std::string>& warnings) {
  if (!saved || vsphere::hardware_number(*saved) >= vsphere::kFirstVersionWithVtpm) return saved;
  warnings.push_back("the saved hardware version '" + *saved +
                     "' is too old for a vTPM: the VM gets vmx-14");
  return "vmx-14";
}

Result<std::array<unsigned char, 16>> random_bytes() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return fail(EIO, "the system gives no random bytes");
  return bytes;
}

void keep_named_extra_config(vsphere::VmConfig& config, const std::vector<std::string>& globs,
                             std::vector<std::string>& warnings) {
  std::erase_if(config.extra_config, [&](const auto& entry) {
    if (vsphere::keeps_extra_config(globs, entry.first)) return false;
    warnings.push_back("config.json: extraConfig '" + cache::printable(entry.first) +
                       "' is not restored: --save-extra-config does not name it, or it never is");
    return true;
  });
}

}  // namespace

vsphere::NewVm new_vm(const cache::SavedSet& set, const NewVmChoices& choices,
                      std::vector<std::string>& warnings) {
  vsphere::NewVm vm;
  vm.name = choices.name;
  if (set.config) vm.config = *set.config;
  keep_named_extra_config(vm.config, choices.extra_config_globs, warnings);
  vm.config.version = hardware_version(vm.config.version, warnings);
  if (!vm.config.guest_id) vm.config.guest_id = "otherGuest64";
  if (!vm.config.num_cpus) vm.config.num_cpus = 1;
  if (!vm.config.memory_mb) vm.config.memory_mb = 4096;
  if (!set.config)
    warnings.emplace_back(
        "there is no config.json: the VM gets one CPU, 4 GiB and no network card");
  if (choices.living_original) {
    vm.config.uuid.reset();
    for (vsphere::VmDevice& device : vm.config.devices) {
      if (!device.mac_address) continue;
      device.mac_address.reset();
      device.address_type = "generated";
    }
  }
  vm.network_of_nic = choices.networks;
  vm.instance_uuid = choices.instance_uuid;
  vm.firmware = set.firmware;
  vm.policy_id = choices.policy_id;
  vm.datastore = choices.datastore;
  vm.annotation = kInProgressAnnotation;
  vm.marks = {{kMarkKey, choices.mark}};
  vm.connect_nics = choices.connect_nics && !choices.living_original;
  vm.tpm = vsphere::TpmInSpec::none;
  if (!choices.degraded) {
    vm.key = set.key;
    vm.bundle = set.bundle;
    vm.saved_tpm = set.vtpm;
    if (set.vtpm) vm.tpm = vsphere::TpmInSpec::saved;
  } else if (set.vtpm) {
    vm.tpm = vsphere::TpmInSpec::bare;
  }
  return vm;
}

Result<std::string> random_uuid() {
  auto bytes = random_bytes();
  if (!bytes) return fail(bytes.error());
  auto& b = *bytes;
  b[6] = static_cast<unsigned char>((b[6] & 0x0fU) | 0x40U);
  b[8] = static_cast<unsigned char>((b[8] & 0x3fU) | 0x80U);
  std::string out;
  for (size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", b[i]);
  }
  return out;
}

Result<std::string> random_mark() {
  const auto bytes = random_bytes();
  if (!bytes) return fail(bytes.error());
  std::string out;
  for (const unsigned char byte : *bytes) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace vtpmfs::fs
