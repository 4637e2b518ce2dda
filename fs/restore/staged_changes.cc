// Who may change what in a staged directory, and what StagedSets remembers of changes.
#include <spdlog/spdlog.h>

#include <cerrno>
#include <system_error>

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

void StagedSets::failed(StagedId file, const Error& why) {
  // A disk that takes nothing any more does not take this: then this mount alone knows.
  if (auto kept = store_.set_incomplete(file, why.code.value()); !kept)
    spdlog::warn("a staged file is incomplete, which cannot be kept: {}", kept.error().words);
  const std::lock_guard hold(lock_);
  broken_.insert_or_assign(file, why);
}

void StagedSets::mended(StagedId file) {
  if (store_.incomplete(file) != 0)
    if (auto kept = store_.set_incomplete(file, 0); !kept)
      spdlog::warn("that a staged file is complete cannot be kept: {}", kept.error().words);
  const std::lock_guard hold(lock_);
  broken_.erase(file);
}

std::optional<Error> StagedSets::broken(StagedId directory) {
  const auto entries = store_.list(directory);
  if (!entries) return entries.error();
  for (const auto& entry : *entries) {
    if (entry.directory || !takes_part(entry.name)) continue;
    const std::string what = entry.name + " was not written as a whole: ";
    {
      const std::lock_guard hold(lock_);
      if (const auto found = broken_.find(entry.id); found != broken_.end())
        return Error{found->second.code, what + found->second.words};
    }
    if (const int code = store_.incomplete(entry.id); code != 0)
      return Error{Errno{code}, what + std::generic_category().message(code)};
  }
  return std::nullopt;
}

Judgement StagedSets::judgement_of(StagedId directory, const StagedContents& present) {
  Judgement judgement = judge(present);
  if (judgement.verdict != Verdict::complete && judgement.verdict != Verdict::no_set)
    if (const auto why = broken(directory)) judgement.words += "; " + why->words;
  return judgement;
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
  broken_.erase(id);
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
  if (!is_set(directory)) return std::nullopt;
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || !found->second.refused) return std::nullopt;
  found->second.told = true;
  return found->second.refused;
}

/// The number of a directory says little: a set may have been changed or renamed since, and a state
/// directory that was begun anew counts from one.
bool StagedSets::holds(StagedId directory, const std::map<std::string, std::string>& files) {
  for (const auto& [name, sum] : files) {
    const auto file = store_.lookup(directory, name);
    if (!file) return false;
    const auto found = hash(*file);
    if (!found || cache::hex(*found) != sum) return false;
  }
  return !files.empty();
}

void StagedSets::broken_off(StagedId directory, const std::map<std::string, std::string>& files,
                            const RestoreStatus& status) {
  if (!store_.attributes(directory)) return;  // removed since
  cache::MonotonicTime last_change{};
  {
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    if (set.stage != Stage::open) return;  // a new try has begun
    set.news = status;
    last_change = set.last_change;
  }
  if (status.state != RestoreStatus::State::done || !holds(directory, files)) return;
  {
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    const bool unchanged = set.changes == 0 && set.last_change == last_change;
    if (set.stage != Stage::open || !unchanged) return;
    set.stage = Stage::done;
    set.refused.reset();
    set.status = status;
  }
  if (auto marked = store_.end_with_mount(directory); !marked)
    spdlog::warn("a finished set stays in restore/ after this mount: {}", marked.error().words);
}

}  // namespace vtpmfs::fs
