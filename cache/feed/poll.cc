// The feed's looks at nvram sizes and times: on a thread of their own, since datastores are slow.
#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <utility>

#include "cache/feed/feed.h"

namespace vtpmfs::cache {
namespace {

/// A poll looks at no more directories where a datastore cannot be listed whole.
constexpr size_t kDirectoriesPerPoll = 32;

}  // namespace

void Feed::begin_poll() {
  const std::lock_guard lock(mutex_);
  poll_wanted_ = true;  // one that is still under way is followed by one more
  changed_.notify_all();
}

void Feed::run_polls() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return poll_wanted_ || stopped_; });
    if (stopped_) return;
    poll_wanted_ = false;
    lock.unlock();
    poll();
    lock.lock();
  }
}

void Feed::poll() {
  poll_nvrams(call_of(settings_.timeout));
  const std::vector<vsphere::MoRef> compared = next_to_compare();
  const auto versions = sets_.reader().change_versions(compared, call_of(settings_.timeout));
  if (stop_.cancelled()) return;
  InventoryChange change;
  bool all_known = false;
  {
    const std::lock_guard writing(writing_);
    all_known = inventory_.complete() && to_read_.empty() && hopeless_.empty();
    to_read_.merge(hopeless_);
    hopeless_.clear();
    if (versions) compare_versions(compared, *versions, change);
    std::vector<vsphere::MoRef> changed;
    for (const vsphere::MoRef& vm : sets_.take_listings(changed)) to_read_.insert(vm);
    for (const VersionPtr& version : sets_.all_latest()) {
      // Perhaps its datastore is to be seen by now.
      if (!version->nvram_place.datastore) to_read_.insert(version->vm);
    }
    if (const auto pending = pending_origins(); !pending.empty()) {
      to_read_.insert(pending[next_pending_++ % pending.size()]);
    }
    std::move(changed.begin(), changed.end(), std::back_inserter(change.vms));
    // What cannot be read now is left to the feed's next round.
    (void)read_waiting(change, call_of(settings_.timeout));
    const std::lock_guard lock(mutex_);
    status_.unread = to_read_.size() + hopeless_.size();
  }
  if (!change.empty()) tell(change);
  if (all_known) (void)times_.compact();
  write_times();
}

void Feed::poll_nvrams(const vsphere::Call& call) {
  std::map<vsphere::MoRef, NvramListings::Wanted> wanted;
  for (const VersionPtr& version : sets_.all_latest()) {
    const NvramPlace& place = version->nvram_place;
    if (!place.datastore) continue;
    NvramListings::Wanted& datastore = wanted[place.datastore->datastore];
    datastore.place = place.datastore;
    datastore.directories.insert(place.directory);
  }
  std::vector<NvramListings::Wanted> all;
  for (auto& [id, datastore] : wanted) {
    if (!sets_.listings().lists_whole(*datastore.place)) {
      // One after the other, some with each poll: no storm of searches.
      std::set<std::string> some;
      const std::set<std::string>& directories = datastore.directories;
      auto directory = directories.begin();
      std::advance(directory, next_directory_ % directories.size());
      while (some.size() < std::min(kDirectoriesPerPoll, directories.size())) {
        some.insert(*directory++);
        if (directory == directories.end()) directory = directories.begin();
      }
      datastore.directories = std::move(some);
    }
    all.push_back(std::move(datastore));
  }
  // Where vCenter is away, the feed finds that out, too.
  (void)sets_.listings().poll(all, call);
  next_directory_ += kDirectoriesPerPoll;
}

}  // namespace vtpmfs::cache
