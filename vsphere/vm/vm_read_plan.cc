#include "vsphere/vm/vm_read_plan.h"

#include <algorithm>
#include <array>

#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

using namespace vm_property;

constexpr std::string_view kExtraConfig = "config.extraConfig";

// All of one moment: everything that a saved set is made of comes from one call.
constexpr std::array kNeeded{
    kName,
    std::string_view("parent"),
    std::string_view("datastore"),
    kRootSnapshot,
    kPowerState,
    kConnectionState,
    kLayoutFiles,
    kChangeVersion,
    kKeyId,
    kFirmware,
    kVmPathName,
    kInstanceUuid,
    kDevices,
    std::string_view("config.template"),
    std::string_view("config.modified"),
    std::string_view("config.guestId"),
    std::string_view("config.alternateGuestName"),
    std::string_view("config.annotation"),
    std::string_view("config.version"),
    std::string_view("config.uuid"),
    std::string_view("config.hardware.numCPU"),
    std::string_view("config.hardware.numCoresPerSocket"),
    std::string_view("config.hardware.memoryMB"),
    std::string_view("config.bootOptions"),
    std::string_view("config.flags"),
};

// Newer than 6.5, or of use for a cross-check or a time only.
constexpr std::array kHelpful{
    std::string_view("summary.config.tpmPresent"),
    std::string_view("config.createDate"),
    std::string_view("config.managedBy.extensionKey"),
    kCryptoState,
    std::string_view("parentVApp"),
};

bool is_keyed(std::string_view path) {
  return path.starts_with("config.extraConfig[");
}

}  // namespace

VmReadPlan::ExtraConfig VmReadPlan::extra_config() const {
  const std::lock_guard lock(mutex_);
  return whole_ ? ExtraConfig::whole : ExtraConfig::keyed;
}

std::vector<std::string> VmReadPlan::paths(ExtraConfig wanted) const {
  std::vector<std::string> paths(kNeeded.begin(), kNeeded.end());
  const std::lock_guard lock(mutex_);
  for (const std::string_view path : kHelpful) {
    if (left_out_.find(path) == left_out_.end()) paths.emplace_back(path);
  }
  if (whole_ || wanted == ExtraConfig::whole) {
    paths.emplace_back(kExtraConfig);
  } else {
    paths.emplace_back(kBundle);
    paths.emplace_back(kNvram);
  }
  return paths;
}

bool VmReadPlan::leave_out(std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (is_keyed(path)) {
    whole_ = true;
    return true;
  }
  if (std::find(kHelpful.begin(), kHelpful.end(), path) == kHelpful.end()) return false;
  left_out_.emplace(path);
  return true;
}

}  // namespace vtpmfs::vsphere
