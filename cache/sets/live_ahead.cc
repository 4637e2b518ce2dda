// Fetching ahead of somebody who reads one VM after another: few looks at changeVersion for many.
#include "cache/sets/live_vm_sets.h"

namespace vtpmfs::cache {
namespace {

/// Of the cache, for one batch: what waits to be read and what comes are half of it at most.
constexpr size_t kShare = 4;

}  // namespace

bool LiveVmSets::may_fetch_ahead_locked(const VmSlot& slot) {
  const SetVersion& version = *slot.latest;
  return !slot.failure && !slot.ahead_failure && !version.listing.incomplete &&
         version.nvram.state == NvramFound::State::listed;
}

const Walk& LiveVmSets::longer_walk() const {
  return walk_by_inode_.length() > walk_by_name_.length() ? walk_by_inode_ : walk_by_name_;
}

void LiveVmSets::give_up_what_is_ahead() {
  std::vector<Done<std::string>> given_up;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = downloads_.begin(); it != downloads_.end();) {
      if (it->call.cancel.cancelled() || is_waited_for_locked(it->version->vm)) {
        ++it;
        continue;
      }
      given_up.push_back(std::move(it->done));
      it = downloads_.erase(it);
    }
  }
  for (const auto& done : given_up) done(fail(kNotWanted, "nobody reads on"));
}

void LiveVmSets::look_for_stopped_walks() {
  {
    const std::lock_guard lock(mutex_);
    // Who waits for an answer has not stopped.
    for (const SlotPtr& slot : pinned_) {
      if (!slot->pinned->waiters.empty()) return;
    }
  }
  const bool by_inode = &longer_walk() == &walk_by_inode_;
  if ((by_inode ? walk_by_inode_ : walk_by_name_).has_stopped()) give_up_what_is_ahead();
}

void LiveVmSets::fetch_ahead(const vsphere::MoRef& vm) {
  const auto readable = [this](const vsphere::MoRef& other) {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(other);
    return found != slots_.end() && may_fetch_ahead_locked(*found->second);
  };
  const size_t before = longer_walk().length();
  std::vector<vsphere::MoRef> next = walk_by_name_.reads(vm, readable);
  // Who goes by inode number meets neighbours by name now and then, and the other way round: the
  // longer way is the one that is gone.
  if (settings_.inode_order) {
    std::vector<vsphere::MoRef> others = walk_by_inode_.reads(vm, readable);
    if (walk_by_inode_.length() > walk_by_name_.length()) next = std::move(others);
  }
  if (longer_walk().length() < before) give_up_what_is_ahead();  // he reads elsewhere
  if (next.empty()) return;
  const MonotonicTime now = clock_.monotonic();
  std::vector<vsphere::MoRef> batch;
  std::vector<std::shared_ptr<SetFetch>> fetches;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (away_ && now < away_->retry_at)) return;
    size_t bytes = 0;
    for (const vsphere::MoRef& other : next) {
      const auto found = slots_.find(other);
      if (found == slots_.end() || !may_fetch_ahead_locked(*found->second)) continue;
      const SlotPtr& slot = found->second;
      GenerationPtr generation = slot->pinned;
      if (!generation) generation = std::make_shared<Generation>(slot, slot->latest, clock_);
      const SetVersion& version = *generation->version;
      if (generation->state != Generation::State::idle || generation->spoiled ||
          cached_locked(version) != nullptr || !version.nvram_place.datastore ||
          is_slow_locked(version.nvram_place.datastore->datastore)) {
        continue;
      }
      bytes += version.nvram.file.size;
      if (bytes > settings_.cache_bytes / kShare) break;
      slot->pinned = generation;  // who opens it meanwhile waits for the same download
      pinned_.insert(slot);
      batch.push_back(other);
      fetches.push_back(begin_fetch_locked(generation, settings_.timeout));
    }
    looks_.begin(batch, now);
  }
  for (const auto& fetch : fetches) fetch->start();
}

void LiveVmSets::let_go_of_unread_locked(const GenerationPtr& generation) {
  VmSlot& slot = *generation->slot;
  // Where another version is to be seen without it, the end of the pin time tells that.
  if (slot.pinned != generation || generation->handles > 0 ||
      generation->given != PerFile<bool>{} ||
      (!generation->spoiled && generation->version != slot.latest)) {
    return;
  }
  const auto found = slots_.find(slot.vm);
  if (found != slots_.end()) pinned_.erase(found->second);
  slot.pinned = nullptr;
}

}  // namespace vtpmfs::cache
