#include "fs/restore/job/earlier_restores.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "vsphere/logged_operation.h"

namespace vtpmfs::fs {

EarlierRestores::EarlierRestores(const RestoreSurroundings& surroundings, Finished finished,
                                 Pauses pauses)
    : surroundings_(surroundings),
      finished_(std::move(finished)),
      pauses_(pauses),
      thread_([this] { work(); }) {}

EarlierRestores::~EarlierRestores() {
  end();
  thread_.join();
}

void EarlierRestores::begin(std::vector<RestoreRecord> records, Told told) {
  const std::lock_guard hold(lock_);
  told_ = std::move(told);
  for (RestoreRecord& record : records) {
    unseen_.insert(record.place());
    added_.push_back(std::move(record));
  }
  changed_.notify_all();
}

void EarlierRestores::add(RestoreRecord record) {
  const std::lock_guard hold(lock_);
  unseen_.insert(record.place());
  added_.push_back(std::move(record));
  changed_.notify_all();
}

bool EarlierRestores::has(const std::string& place) const {
  const std::lock_guard hold(lock_);
  return unseen_.count(place) > 0;
}

void EarlierRestores::wait_for(const std::string& place, const vsphere::CancelToken& interrupted,
                               std::chrono::milliseconds patience,
                               const std::function<void()>& late) {
  const auto wake = interrupted.on_cancel([this] {
    const std::lock_guard hold(lock_);
    changed_.notify_all();
  });
  std::unique_lock hold(lock_);
  const auto over = [&] {
    return unseen_.count(place) == 0 || interrupted.cancelled() || ending_.cancelled();
  };
  if (changed_.wait_for(hold, patience, over)) return;
  hold.unlock();
  late();
  hold.lock();
  changed_.wait(hold, over);
}

std::string EarlierRestores::found(const std::string& record_id) const {
  const std::lock_guard hold(lock_);
  const auto known = found_.find(record_id);
  return known == found_.end() ? std::string() : known->second;
}

void EarlierRestores::end() {
  ending_.cancel();
  const std::lock_guard hold(lock_);
  changed_.notify_all();
}

void EarlierRestores::work() {
  std::vector<Entry> entries;
  std::chrono::milliseconds pause = pauses_.first;
  for (;;) {
    std::vector<RestoreRecord> added;
    {
      std::unique_lock hold(lock_);
      const auto called = [this] { return ending_.cancelled() || !added_.empty(); };
      if (entries.empty())
        changed_.wait(hold, called);
      else
        changed_.wait_for(hold, pause, called);
      if (ending_.cancelled()) return;
      added.swap(added_);
    }
    pause = added.empty() ? std::min(pause * 2, pauses_.longest) : pauses_.first;
    const size_t known = entries.size();
    for (RestoreRecord& record : added) entries.push_back({std::move(record), {}});
    // The new ones first: somebody may wait for their place.
    std::rotate(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(known),
                entries.end());
    std::vector<Entry> unsettled;
    for (size_t i = 0; i < entries.size() && !ending_.cancelled(); ++i) {
      const std::string place = entries[i].record.place();
      const bool settled = look(entries[i]);
      if (!settled) unsettled.push_back(std::move(entries[i]));
      if (i >= added.size()) continue;
      const std::lock_guard hold(lock_);
      unseen_.erase(unseen_.find(place));
      changed_.notify_all();
    }
    entries = std::move(unsettled);
  }
}

/// True where the restore is settled, or nothing more can be done for it in this mount.
bool EarlierRestores::look(Entry& entry) {
  try {
    return look_and_tell(entry);
  } catch (const std::exception& error) {
    // Out of memory, mostly. It is looked at again; the mount goes on.
    spdlog::warn("the restore of '{}' that was broken off cannot be looked at: {}",
                 entry.record.name, error.what());
    return false;
  }
}

bool EarlierRestores::look_and_tell(Entry& entry) {
  const std::string operation_id = "vtpmfs-restore-" + entry.record.id.substr(0, 8);
  const vsphere::LoggedOperation of(operation_id);
  const Recovery found =
      recover(surroundings_, entry.record,
              vsphere::Call{surroundings_.timeout, ending_, operation_id, nullptr});
  // What the end of the mount broke off says nothing.
  if (ending_.cancelled() && found.end == Recovery::End::undecided) return false;
  const std::string& name = entry.record.name;
  if (found.words != entry.last_words) {
    if (found.end == Recovery::End::left_behind || found.end == Recovery::End::foreign)
      spdlog::error("the restore of '{}' that was broken off: {} (extraConfig {} = {})", name,
                    found.words, kMarkKey, entry.record.mark);
    else
      spdlog::warn("the restore of '{}' that was broken off: {}", name, found.words);
  }
  for (const std::string& warning : found.warnings)
    spdlog::warn("restore of '{}': {}", name, warning);
  entry.last_words = found.words;
  {
    const std::lock_guard hold(lock_);
    found_[entry.record.id] = found.words;
  }
  if (found.end == Recovery::End::finished && finished_ && entry.record.vm)
    finished_(*entry.record.vm);
  Told told;
  {
    const std::lock_guard hold(lock_);
    told = told_;
  }
  if (told) told(entry.record, status_of(found, surroundings_, entry.record));
  // Last: whoever is killed before it is told again.
  if (is_over(found)) {
    surroundings_.journal.remove(entry.record);
    const std::lock_guard hold(lock_);
    found_.erase(entry.record.id);
  }
  return found.end != Recovery::End::undecided;
}

}  // namespace vtpmfs::fs
