#include "fs/restore/job/boot_order.h"

#include <algorithm>
#include <cerrno>
#include <map>

#include "fs/restore/job/restore_job.h"
#include "vsphere/vm/device_types.h"

namespace vtpmfs::fs {
namespace {

using vsphere::BootDevice;
using vsphere::VmConfig;
using vsphere::VmDevice;

std::vector<VmDevice> cards_of(const VmConfig& config) {
  std::vector<VmDevice> cards;
  for (const VmDevice& device : config.devices) {
    const vsphere::DeviceType* type = vsphere::find_device_type(device.type);
    if (type != nullptr && type->family == vsphere::DeviceFamily::nic) cards.push_back(device);
  }
  return cards;
}

}  // namespace

Result<std::optional<std::vector<BootDevice>>> boot_order_of_made(const VmConfig& saved,
                                                                  const std::set<int>& cards,
                                                                  const VmConfig& made) {
  using Order = std::vector<BootDevice>;
  if (!saved.boots_from_a_card()) return std::optional<Order>();
  std::vector<VmDevice> asked = cards_of(saved);
  asked.erase(std::remove_if(asked.begin(), asked.end(),
                             [&](const VmDevice& card) { return cards.count(card.key) == 0; }),
              asked.end());
  std::vector<VmDevice> got = cards_of(made);
  std::sort(got.begin(), got.end(),
            [](const VmDevice& a, const VmDevice& b) { return a.key < b.key; });
  const auto same_type = [](const VmDevice& a, const VmDevice& b) { return a.type == b.type; };
  if (!std::equal(asked.begin(), asked.end(), got.begin(), got.end(), same_type))
    return fail(EIO, "the new VM has other network cards than were asked for");
  std::map<int, int> key_of;
  for (size_t i = 0; i < asked.size(); ++i) key_of[asked[i].key] = got[i].key;
  Order order = saved.boot_order;
  for (BootDevice& device : order) {
    if (device.kind == BootDevice::Kind::cdrom) continue;
    const auto key = key_of.find(device.device_key);
    if (device.kind != BootDevice::Kind::ethernet || key == key_of.end())
      return std::optional<Order>();
    device.device_key = key->second;
  }
  return std::optional(std::move(order));
}

/// Before nvram is uploaded, since a vCenter may write the order into the firmware's variables. A
/// VM with another boot order is whole all the same.
Status RestoreJob::set_boot_order() {
  if (!set_.config || !set_.config->boots_from_a_card()) return {};
  const auto vm = identify();
  if (!vm) return fail(vm.error());
  const auto order = boot_order_of_made(*set_.config, cards_, vm->detail.config);
  Status set = order ? Status() : fail(order.error());
  if (order && *order) {
    VmConfig config = *set_.config;
    config.boot_order = **order;
    set = surroundings_.target.set_boot_options(*record_.vm, config, call());
  }
  // A change that may still be under way would get in the way of what follows.
  if (!set && set.error().maybe_done) return set;
  if (!set) status_.warnings.push_back("the boot order could not be set: " + set.error().words);
  return {};
}

}  // namespace vtpmfs::fs
