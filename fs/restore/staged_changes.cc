// Who may change what in a staged directory, and what StagedSets remembers of changes.
#include <cerrno>

#include <spdlog/spdlog.h>
#include "fs/restore/commit_rule.h"

#include "fs/restore/staged_sets.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {

Error frozen(bool done) {
  return Error{Errno{EPERM}, done ? "this set has become a VM; its files stay as they are"
                                  : "this set is being restored"};
}

}  // namespace

DirectoryChange::~DirectoryChange() {
  if (sets_) sets_->ended_change(directory_);
}

Result<DirectoryChange> StagedSets::let_through(StagedId directory, Set& set) {
  ++set.changes;
  return DirectoryChange(shared_from_this(), directory);
}

Result<DirectoryChange> StagedSets::change(StagedId directory) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  if (set.stage != Stage::open) return fail(frozen(set.stage == Stage::done));
  return let_through(directory, set);
}

Result<DirectoryChange> StagedSets::removal(StagedId directory) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  if (set.stage == Stage::running) return fail(EBUSY, "this set is being restored");
  return let_through(directory, set);
}

void StagedSets::ended_change(StagedId directory) {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end()) return;  // it was the directory's removal
  Set& set = found->second;
  if (set.changes > 0) --set.changes;
  set.last_change = clock_.monotonic();
  set.settled = false;
  if (set.changes == 0) unchanging_.notify_all();
}

void StagedSets::appeared(StagedId directory) {
  const std::lock_guard hold(lock_);
  sets_[directory].was_waiting = true;
}

void StagedSets::writing(StagedId file) {
  const std::lock_guard hold(lock_);
  unfinished_.insert(file);
}

void StagedSets::finished(StagedId file) {
  const std::lock_guard hold(lock_);
  unfinished_.erase(file);
}

void StagedSets::closed(StagedId directory) {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end()) return;
  found->second.last_change = clock_.monotonic();
  found->second.settled = false;
}

void StagedSets::forget(StagedId id) {
  const std::lock_guard hold(lock_);
  hashes_.erase(id);
  unfinished_.erase(id);
  if (const auto found = sets_.find(id);
      found != sets_.end() && found->second.stage != Stage::running)
    sets_.erase(found);
}

Status StagedSets::may_write(StagedId directory) const {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || found->second.stage == Stage::open) return {};
  return fail(frozen(found->second.stage == Stage::done));
}

Status StagedSets::may_move(StagedId directory) {
  {
    const std::lock_guard hold(lock_);
    const auto found = sets_.find(directory);
    if (found != sets_.end() && found->second.stage == Stage::running)
      return fail(EBUSY, "a set in this directory is being restored");
  }
  const auto entries = store_.list(directory);
  if (!entries) return {};
  for (const auto& entry : *entries)
    if (entry.directory)
      if (auto may = may_move(entry.id); !may) return may;
  return {};
}

std::optional<Error> StagedSets::refusal(StagedId directory) {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || !found->second.refused) return std::nullopt;
  found->second.told = true;
  return found->second.refused;
}

void StagedSets::broken_off(StagedId directory, const RestoreStatus& status) {
  if (!store_.attributes(directory)) return;  // removed since
  {
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    if (set.stage != Stage::open) return;  // a new try has begun
    set.news = status;
    const bool unchanged = set.changes == 0 && set.last_change == cache::MonotonicTime{};
    if (status.state != RestoreStatus::State::done || !unchanged) return;
    set.stage = Stage::done;
    set.refused.reset();
    set.status = status;
  }
  if (auto marked = store_.end_with_mount(directory); !marked)
    spdlog::warn("a finished set stays in restore/ after this mount: {}", marked.error().words);
}

}  // namespace vtpmfs::fs
