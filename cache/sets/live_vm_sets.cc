#include "cache/sets/live_vm_sets.h"

#include <algorithm>
#include <cerrno>

namespace vtpmfs::cache {
namespace {

/// A generation that cannot become whole is kept for the rest of the copy that is under way, so
/// that it does not mix two; then it makes way for another try.
constexpr std::chrono::seconds kSpoiledPin{5};
/// A fetch ends by its own timeouts; this is for one that waits in a queue.
constexpr std::chrono::seconds kGrace{1};

}  // namespace

bool looks_the_same(const SetListing& a, const SetListing& b) {
  const auto same_file = [](const SetFile& x, const SetFile& y) {
    return x.role == y.role && x.size == y.size && x.time == y.time;
  };
  return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(), same_file) &&
         a.incomplete.has_value() == b.incomplete.has_value() &&
         (!a.incomplete || a.incomplete->code == b.incomplete->code);
}

LiveVmSets::LiveVmSets(vsphere::VmSource& source, const Inventory& inventory, FirstSeen& times,
                       const Clock& clock, SetsSettings settings)
    : source_(source),
      inventory_(inventory),
      times_(times),
      clock_(clock),
      settings_(std::move(settings)),
      listings_(source, clock),
      reader_(
          source, inventory, listings_, SetBuilder(times, clock, settings_.nvram_max),
          settings_.filter, [this](const vsphere::MoRef& vm) { return latest(vm); },
          settings_.origin_hook),
      change_versions_(std::make_shared<ChangeVersionReader>(source)),
      looks_(change_versions_),
      walk_by_name_(inventory, clock, {}),
      walk_by_inode_(inventory, clock, settings_.inode_order),
      cache_(settings_.cache_bytes),
      watcher_([this] { watch_pins(); }) {}

LiveVmSets::~LiveVmSets() {
  std::vector<std::shared_ptr<SetFetch>> fetches;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [number, fetch] : fetches_) fetches.push_back(fetch);
  }
  changed_.notify_all();
  watcher_.join();
  shut_down_.cancel();
  for (const auto& fetch : fetches) fetch->cancel();
  change_versions_->shut_down();
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return fetches_.empty(); });
    for (const SlotPtr& slot : pinned_) slot->pinned = nullptr;
  }
  // Nobody adds to them any more.
  for (const auto& [datastore, lister] : listers_) lister->stop();
  blocking_.stop();
  hashing_.stop();
}

void LiveVmSets::on_change(std::function<void(const std::vector<vsphere::MoRef>&)> listener) {
  listener_ = std::move(listener);
}

void LiveVmSets::tell(const std::vector<vsphere::MoRef>& vms) const {
  if (!vms.empty() && listener_) listener_(vms);
}

const VersionPtr& LiveVmSets::shown_locked(const VmSlot& slot) {
  // A spoiled generation has nothing more to promise.
  return slot.pinned && !slot.pinned->spoiled ? slot.pinned->version : slot.latest;
}

Result<SetListing> LiveVmSets::listing(const vsphere::MoRef& vm) {
  VersionPtr version;
  std::optional<Error> failure;
  {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(vm);
    if (found == slots_.end()) return fail(ENOENT, "no such VM");
    version = shown_locked(*found->second);
    if (found->second->failure) failure = found->second->failure->error;
  }
  SetListing listing = version->listing;
  if (!listing.incomplete) listing.incomplete = std::move(failure);
  return listing;
}

Result<ShownSet> LiveVmSets::shown(const vsphere::MoRef& vm) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(vm);
  if (found == slots_.end()) return fail(ENOENT, "no such VM");
  const VmSlot& slot = *found->second;
  const VersionPtr& version = shown_locked(slot);
  ShownSet set{version->listing, version->change_version, version->text(FileRole::key_id), {}};
  const bool with_nvram = version->lists(FileRole::nvram);
  for (const FileRole role : kFileRoles) {
    const bool waits_for_nvram = role == FileRole::sha256sums && with_nvram;
    if (version->text(role) && version->why_not(role) == nullptr && !waits_for_nvram)
      set.hashes[role] = version->hashes[index_of(role)];
  }
  if (!with_nvram || version->why_not(FileRole::nvram) != nullptr) return set;
  const bool pinned = slot.pinned && slot.pinned->version == version && slot.pinned->nvram;
  const NvramBytes* cached = pinned ? nullptr : cached_locked(*version);
  if (!pinned && cached == nullptr) return set;
  const Sha256Hash nvram = pinned ? slot.pinned->nvram_hash : cached->hash;
  set.hashes[FileRole::nvram] = nvram;
  set.hashes[FileRole::sha256sums] = sha256(render_sums(*version, &nvram));
  return set;
}

VersionPtr LiveVmSets::latest(const vsphere::MoRef& vm) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(vm);
  return found == slots_.end() ? nullptr : found->second->latest;
}

std::vector<VersionPtr> LiveVmSets::all_latest() const {
  std::vector<VersionPtr> versions;
  const std::lock_guard lock(mutex_);
  versions.reserve(slots_.size());
  for (const auto& [vm, slot] : slots_) versions.push_back(slot->latest);
  return versions;
}

std::vector<LiveVmSets::Incomplete> LiveVmSets::incomplete() const {
  std::vector<Incomplete> vms;
  const std::lock_guard lock(mutex_);
  for (const auto& [vm, slot] : slots_) {
    if (slot->latest->listing.incomplete) {
      vms.push_back({vm, *slot->latest->listing.incomplete});
    } else if (slot->failure) {
      vms.push_back({vm, slot->failure->error});
    }
  }
  return vms;
}

std::optional<Error> LiveVmSets::incomplete(const vsphere::MoRef& vm) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(vm);
  if (found == slots_.end()) return std::nullopt;
  const VmSlot& slot = *found->second;
  if (slot.latest->listing.incomplete) return slot.latest->listing.incomplete;
  if (slot.failure) return slot.failure->error;
  return std::nullopt;
}

std::vector<vsphere::MoRef> LiveVmSets::crash_consistent() const {
  std::vector<vsphere::MoRef> vms;
  const std::lock_guard lock(mutex_);
  for (const auto& [vm, slot] : slots_) {
    if (slot->crash_consistent) vms.push_back(vm);
  }
  return vms;
}

size_t LiveVmSets::cached_bytes() const {
  const std::lock_guard lock(mutex_);
  return cache_.bytes();
}

bool LiveVmSets::store(const VersionPtr& version) {
  const std::lock_guard lock(mutex_);
  SlotPtr& slot = slots_[version->vm];
  if (!slot) {
    slot = std::make_shared<VmSlot>();
    slot->vm = version->vm;
  }
  if (!slot->latest) {
    slot->latest = version;
    return true;
  }
  if (version->sequence < slot->latest->sequence) return false;
  const VersionPtr shown = shown_locked(*slot);
  if (version->change_version != slot->latest->change_version ||
      !version->nvram.same_as(slot->latest->nvram)) {
    slot->failure.reset();  // it failed for another one
    slot->ahead_failure.reset();
  }
  slot->latest = version;
  drop_untouched_locked(slot);
  return !looks_the_same(shown->listing, shown_locked(*slot)->listing);
}

void LiveVmSets::remove(const vsphere::MoRef& vm) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(vm);
  if (found == slots_.end()) return;
  // Who has a file open keeps the generation, and so the slot.
  pinned_.erase(found->second);
  found->second->pinned = nullptr;
  slots_.erase(found);
  cache_.remove(vm);
}

std::vector<vsphere::MoRef> LiveVmSets::take_listings(std::vector<vsphere::MoRef>& changed) {
  std::vector<vsphere::MoRef> to_read;
  for (const VersionPtr& version : all_latest()) {
    const NvramFound found = listings_.find(version->nvram_place);
    if (found.same_as(version->nvram)) continue;
    const VersionPtr newer = reader_.builder().with_nvram(version, found);
    if (!newer) {
      to_read.push_back(version->vm);
    } else if (latest(version->vm) == version && store(newer)) {
      changed.push_back(version->vm);
    }
  }
  return to_read;
}

bool LiveVmSets::drop_untouched_locked(const SlotPtr& slot) {
  // Nobody got anything of the old one yet: then nobody can mix the two.
  const GenerationPtr pinned = slot->pinned;
  if (pinned == nullptr || pinned->version == slot->latest || pinned->handles > 0 ||
      pinned->state != Generation::State::idle || pinned->spoiled ||
      pinned->given != PerFile<bool>{}) {
    return false;
  }
  pinned_.erase(slot);
  slot->pinned = nullptr;
  return !looks_the_same(pinned->version->listing, slot->latest->listing);
}

bool LiveVmSets::may_unpin_locked(const VmSlot& slot, MonotonicTime now) const {
  const Generation& generation = *slot.pinned;
  if (generation.handles > 0 || generation.state == Generation::State::fetching) return false;
  const std::chrono::milliseconds pin =
      generation.spoiled ? std::min<std::chrono::milliseconds>(settings_.pin, kSpoiledPin)
                         : settings_.pin;
  return now - generation.used_last() >= pin;
}

void LiveVmSets::sweep() {
  const MonotonicTime now = clock_.monotonic();
  looks_.release(now);
  look_for_stopped_walks();
  std::vector<vsphere::MoRef> changed;
  std::vector<std::pair<GenerationPtr, uint64_t>> overdue;
  std::vector<std::shared_ptr<SetFetch>> to_cancel;
  std::vector<GenerationPtr> dropped;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    for (auto it = pinned_.begin(); it != pinned_.end();) {
      VmSlot& slot = **it;
      const GenerationPtr generation = slot.pinned;
      if (generation->state == Generation::State::fetching &&
          now > generation->fetch_deadline + kGrace) {
        overdue.emplace_back(generation, generation->fetch_number);
        to_cancel.push_back(fetches_[generation->fetch_number]);
      }
      if (!may_unpin_locked(slot, now)) {
        ++it;
        continue;
      }
      const VersionPtr shown = shown_locked(slot);
      slot.pinned = nullptr;
      if (!looks_the_same(shown->listing, slot.latest->listing)) changed.push_back(slot.vm);
      dropped.push_back(generation);
      it = pinned_.erase(it);
    }
  }
  dropped.clear();
  {
    const std::lock_guard lock(mutex_);
    cache_.shrink();
  }
  for (const auto& [generation, number] : overdue) {
    end_fetch(generation, number, fail(ETIMEDOUT, "reading nvram took too long"));
  }
  for (const auto& fetch : to_cancel) fetch->cancel();
  tell(changed);
}

void LiveVmSets::watch_pins() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    sweep();
    lock.lock();
  }
}

}  // namespace vtpmfs::cache
