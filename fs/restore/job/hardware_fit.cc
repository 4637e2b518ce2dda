#include "fs/restore/job/hardware_fit.h"

#include <cerrno>

#include "cache/saved/plain_text.h"
#include "fs/restore/job/refusal.h"
#include "vsphere/vm/device_types.h"

namespace vtpmfs::fs {
namespace {

using Answer = vsphere::HardwareCheck::Answer;
using vsphere::DeviceFamily;

std::string quoted(const std::string& saved) {
  return "'" + cache::printable(saved) + "'";
}

/// "host /DC1/host/C1/esx1" where the VM has no other choice, else the pool's.
std::string place_in_words(const VmPlace& place) {
  return place.host ? "host " + place.fits_on.path
                    : "the hosts of resource pool " + place.pool.path;
}

std::string with_version(const vsphere::HardwareQuestion& asked) {
  return asked.version ? " with hardware version " + quoted(*asked.version) : "";
}

constexpr const char* kElsewhere =
    "choose another pool or host (--restore-pool, --restore-host, or user.vtpmfs.pool and "
    "user.vtpmfs.host on this directory)";

}  // namespace

vsphere::HardwareQuestion hardware_needed(const vsphere::NewVm& vm, const VmPlace& place) {
  vsphere::HardwareQuestion question;
  question.environment = place.pool.environment.value_or(vsphere::MoRef{});
  question.host = place.host;
  question.hosts = place.pool.hosts;
  question.version = vm.config.version;
  question.guest_id = vm.config.guest_id.value_or("");
  if (vm.tpm != vsphere::TpmInSpec::none) question.devices.insert("VirtualTPM");
  for (const vsphere::VmDevice& device : vm.config.devices) {
    const vsphere::DeviceType* type = vsphere::find_device_type(device.type);
    if (type == nullptr) continue;
    const bool every_vm_has_it =
        type->family == DeviceFamily::ide || type->family == DeviceFamily::video;
    const bool left_out =
        type->family == DeviceFamily::nic && vm.network_of_nic.count(device.key) == 0;
    if (!every_vm_has_it && !left_out) question.devices.insert(device.type);
  }
  return question;
}

Status judge_hardware(const vsphere::HardwareQuestion& asked, const vsphere::HardwareCheck& answer,
                      const VmPlace& place, std::vector<std::string>& warnings) {
  const std::string where = place_in_words(place);
  if (answer.version == Answer::no)
    return refuse(EINVAL,
                  "hardware version " + quoted(asked.version.value_or("")) +
                      " is not supported on " + where +
                      (answer.newest_version.empty()
                           ? ""
                           : "; the newest there is " + quoted(answer.newest_version)),
                  "upgrade ESXi there, or " + std::string(kElsewhere) +
                      " that is new enough, then sync this directory");
  if (answer.guest == Answer::no)
    return refuse(EINVAL,
                  "guest operating system " + quoted(asked.guest_id) + with_version(asked) +
                      " is not supported on " + where,
                  std::string(kElsewhere) +
                      " whose ESXi knows this guest, or upgrade ESXi there, then sync this "
                      "directory");
  if (answer.devices == Answer::no) {
    std::string devices;
    for (const std::string& device : answer.unsupported)
      devices += (devices.empty() ? "" : ", ") + device;
    return refuse(EINVAL, "no VM" + with_version(asked) + " can have " + devices + " on " + where,
                  std::string(kElsewhere) +
                      " whose ESXi has this device, or upgrade ESXi there, then sync this "
                      "directory");
  }
  if (answer.version == Answer::unknown || answer.guest == Answer::unknown ||
      answer.devices == Answer::unknown)
    warnings.push_back("whether guest, hardware version and devices are supported on " + where +
                       " could not be asked: " + answer.words);
  return {};
}

}  // namespace vtpmfs::fs
