#include "cache/live_model.h"

#include <utility>

namespace vtpmfs::cache {

Result<std::unique_ptr<LiveModel>> LiveModel::open(vsphere::InventorySource& inventory_source,
                                                   vsphere::VmSource& vm_source,
                                                   const StateDirectory& directory,
                                                   const Clock& clock, SetsSettings sets,
                                                   FeedSettings feed) {
  auto times = FirstSeen::open(directory, vm_source.server().instance_uuid, clock);
  if (!times) return fail(std::move(times.error()));
  return std::unique_ptr<LiveModel>(
      new LiveModel(inventory_source, vm_source, std::move(*times), clock, std::move(sets), feed));
}

LiveModel::LiveModel(vsphere::InventorySource& inventory_source, vsphere::VmSource& vm_source,
                     std::unique_ptr<FirstSeen> times, const Clock& clock, SetsSettings sets,
                     FeedSettings feed)
    : times_(std::move(times)),
      inventory_(inventory_source.root(), sets.filter),
      sets_(vm_source, inventory_, *times_, clock, std::move(sets)),
      feed_(inventory_source, inventory_, sets_, *times_, clock, feed) {}

}  // namespace vtpmfs::cache
