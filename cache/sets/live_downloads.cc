// Downloads wait in a line of their own: a host that stalls must not take all connections, which
// everything else needs, too; and what somebody waits for goes before what is fetched ahead.
#include <cerrno>

#include "cache/sets/live_vm_sets.h"

namespace vtpmfs::cache {
namespace {

/// Of the transport's twelve connections; two are left for everything else.
constexpr size_t kDownloads = 10;
/// What nobody waits for yet makes no more than this: as many as a vCenter's hosts serve well at
/// once. Where all of these stall, there are two for who waits.
constexpr size_t kDownloadsWithAhead = 8;
/// A datastore where a download takes longer, or does not end, is not fetched ahead from for a
/// while.
constexpr std::chrono::seconds kSlow{5};
constexpr std::chrono::minutes kNoneAhead{1};

}  // namespace

void LiveVmSets::download(const VersionPtr& version, const vsphere::Call& call,
                          Done<std::string> done) {
  const NvramPlace& place = version->nvram_place;
  if (!place.datastore || !place.path) {
    return done(fail(EIO, "where nvram lies is not known"));
  }
  {
    const std::lock_guard lock(mutex_);
    downloads_.push_back(Download{version, call, clock_.monotonic(), std::move(done), 0});
  }
  admit_downloads();
}

bool LiveVmSets::is_waited_for_locked(const vsphere::MoRef& vm) const {
  const auto found = slots_.find(vm);
  // Of a VM that has gone somebody may still read.
  return found == slots_.end() || !found->second->pinned || !found->second->pinned->waiters.empty();
}

bool LiveVmSets::is_slow_locked(const vsphere::MoRef& datastore) const {
  const MonotonicTime now = clock_.monotonic();
  const auto slow = slow_until_.find(datastore);
  if (slow != slow_until_.end() && now < slow->second) return true;
  for (const auto& [number, under_way] : under_way_) {
    if (under_way.datastore == datastore && now - under_way.began > kSlow) return true;
  }
  return false;
}

std::optional<LiveVmSets::Download> LiveVmSets::next_download_locked() {
  if (under_way_.size() >= kDownloads) return std::nullopt;
  const bool room_ahead = under_way_.size() < kDownloadsWithAhead;
  auto chosen = downloads_.end();
  bool chosen_is_ahead = false;
  for (auto it = downloads_.begin(); it != downloads_.end(); ++it) {
    const bool waited_for = it->call.cancel.cancelled() || is_waited_for_locked(it->version->vm);
    if (!waited_for && (!room_ahead || chosen != downloads_.end())) continue;
    chosen = it;
    chosen_is_ahead = !waited_for;
    if (waited_for) break;
  }
  if (chosen == downloads_.end()) return std::nullopt;
  Download next = std::move(*chosen);
  downloads_.erase(chosen);
  next.number = ++last_download_;
  const vsphere::MoRef& datastore = next.version->nvram_place.datastore->datastore;
  under_way_.emplace(next.number, UnderWay{datastore, clock_.monotonic(), chosen_is_ahead});
  return next;
}

void LiveVmSets::admit_downloads() {
  while (true) {
    std::optional<Download> next;
    bool refused = false;
    {
      const std::lock_guard lock(mutex_);
      next = next_download_locked();
      if (!next) return;
      const UnderWay& begun = under_way_.at(next->number);
      next->call.timeout -=
          std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - next->queued);
      refused = begun.ahead && is_slow_locked(begun.datastore);
    }
    auto ended = [this, number = next->number,
                  done = std::move(next->done)](Result<std::string> bytes) {
      note_download_ended(number, bytes ? nullptr : &bytes.error());
      admit_downloads();
      done(std::move(bytes));
    };
    if (refused) {
      ended(fail(kNotWanted, "its datastore is slow: it is fetched when somebody reads it"));
    } else if (next->call.timeout.count() <= 0) {
      ended(fail(ETIMEDOUT, "other downloads took too long"));
    } else {
      const NvramPlace& place = next->version->nvram_place;
      source_.fetch(*place.datastore, *place.path, settings_.nvram_max, next->call,
                    std::move(ended));
    }
  }
}

void LiveVmSets::note_download_ended(uint64_t number, const Error* error) {
  const std::lock_guard lock(mutex_);
  const auto found = under_way_.find(number);
  if (found == under_way_.end()) return;
  const MonotonicTime now = clock_.monotonic();
  // A file that is not served says nothing of the others.
  const bool late = error != nullptr && error->code == Errno{ETIMEDOUT};
  if (late || now - found->second.began > kSlow) {
    slow_until_[found->second.datastore] = now + kNoneAhead;
  }
  under_way_.erase(found);
}

}  // namespace vtpmfs::cache
