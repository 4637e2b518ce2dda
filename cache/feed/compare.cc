// The feed's looks at what a server with weaker news leaves out: VMware's vcsim, say, tells of no
// change of extraConfig. changeVersion is compared where there is one; of a server that has none
// the inventory is read anew with each poll, and the details a page at a time.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "cache/feed/feed.h"

namespace vtpmfs::cache {
namespace {

/// So many VMs are compared with one poll: ten calls. The others follow with the next ones.
constexpr size_t kComparedAtATime = 2500;
/// So many details are read without a reason to.
constexpr size_t kReadAtATime = 250;

}  // namespace

std::vector<vsphere::MoRef> Feed::next_to_compare() const {
  std::vector<vsphere::MoRef> all = inventory_.all_vms();
  std::sort(all.begin(), all.end());
  std::vector<vsphere::MoRef> next;
  const auto first = std::upper_bound(all.begin(), all.end(), compared_last_);
  const auto start = static_cast<size_t>(first - all.begin());
  for (size_t i = 0; i < std::min(all.size(), kComparedAtATime); ++i) {
    next.push_back(all[(start + i) % all.size()]);
  }
  return next;
}

void Feed::compare_versions(const std::vector<vsphere::MoRef>& asked,
                            const std::map<vsphere::MoRef, std::string>& versions,
                            InventoryChange& change) {
  if (asked.empty()) return;
  no_versions_ = versions.empty();
  if (no_versions_) {
    const size_t count = std::min(asked.size(), kReadAtATime);
    to_read_.insert(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(count));
    compared_last_ = asked[count - 1];
    return;
  }
  compared_last_ = asked.back();
  // What is under way is the feed's own to end.
  if (in_update_ || inventory_.doubtful()) return;
  vsphere::InventoryUpdate update;
  for (const auto& [vm, version] : versions) {
    const auto facts = inventory_.vm_facts(vm);
    if (!facts || facts->change_version == version) continue;
    update.changes.push_back({vsphere::EntityChange::Kind::modify,
                              vm,
                              {{vsphere::EntityProperty::change_version, version}}});
  }
  if (update.changes.empty()) return;
  InventoryChange told = inventory_.apply(update);
  for (const vsphere::MoRef& vm : std::exchange(told.vms, {})) to_read_.insert(vm);
  change.merge(std::move(told));
}

}  // namespace vtpmfs::cache
