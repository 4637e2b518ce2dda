#include "fs/restore/staged_sets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "cache/saved/file_names.h"
#include "fs/restore/answer_of_all.h"
#include "fs/restore/status_text.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {

constexpr const char* kUnreadable = "make room for it, or use a backup that is whole";
constexpr const char* kWriteAgain =
    "make room for it (or mend the disk), and copy that file again; nothing was made";

}  // namespace

StagedSets::StagedSets(cache::StagingStore& store, const cache::Inventory& inventory,
                       const cache::Clock& clock, Restorer& restorer, uint64_t nvram_max,
                       std::optional<std::chrono::seconds> settle)
    : store_(store),
      inventory_(inventory),
      clock_(clock),
      restorer_(restorer),
      nvram_max_(nvram_max),
      settle_(settle) {}

bool StagedSets::join_running(StagedId directory, Answer<void>& answer, Status& finished) {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || found->second.stage == Stage::open) return false;
  finished = {};
  if (found->second.stage == Stage::running) {
    found->second.waiters.push_back(std::move(answer));
    answer = nullptr;
  }
  return true;
}

Arrival StagedSets::with_history(StagedId directory, Arrival arrival, const Judgement& judgement) {
  std::map<std::string, StagedId> files;
  for (const std::string& name : judgement.differing)
    files[name] = store_.lookup(directory, name).value_or(0);
  const std::string manifest(cache::kSha256SumsFile);
  files[manifest] = store_.lookup(directory, manifest).value_or(0);

  for (const auto& [name, id] : files)
    if (store_.incomplete(id) != 0) arrival.unfinished.insert(name);
  const std::lock_guard hold(lock_);
  for (const auto& [name, id] : files)
    if (unfinished_.count(id) > 0) arrival.unfinished.insert(name);
  Set& set = sets_[directory];
  arrival.last_piece = arrival.last_piece || set.was_waiting;
  // A manifest that cannot be read, or does not list all, is a piece that has not arrived yet.
  set.was_waiting =
      judgement.verdict != Verdict::mismatch && judgement.verdict != Verdict::complete;
  set.refused.reset();
  set.forget_news();
  return arrival;
}

void StagedSets::arrived(StagedId directory, Arrival arrival, const Caller& caller,
                         Answer<void> answer) {
  if (hidden(directory)) return answer({});
  Status finished;
  if (join_running(directory, answer, finished)) {
    if (answer) answer(finished);
    return;
  }
  const auto present = contents(directory);
  if (!present) {
    appeared(directory);  // what cannot be read is a piece that has not arrived yet
    refuse(directory, {present.error(), kUnreadable}, true);
    return answer(fail(present.error()));
  }
  const Judgement judgement = judgement_of(directory, *present);
  arrival = with_history(directory, std::move(arrival), judgement);
  const std::optional<Refusal> refusal = refusal_of(judgement);
  switch (judgement.verdict) {
    case Verdict::no_set:
    case Verdict::no_manifest:
    case Verdict::waiting:
      return answer({});
    case Verdict::mismatch: {
      const bool told = tells_mismatch(judgement, arrival);
      refuse(directory, *refusal, told);
      return told ? answer(fail(refusal->error)) : answer({});
    }
    case Verdict::bad_manifest: {
      const bool told = tells_bad_manifest(judgement, arrival);
      if (told || judgement.missing.empty()) refuse(directory, *refusal, told);
      return told ? answer(fail(refusal->error)) : answer({});
    }
    case Verdict::not_restorable:
      refuse(directory, *refusal, true);
      return answer(fail(refusal->error));
    case Verdict::complete:
      return begin(directory, true, caller, std::move(answer));
  }
}

void StagedSets::collect_sets(StagedId directory, std::vector<StagedId>& sets) {
  const auto entries = store_.list(directory);
  if (!entries) return;
  bool is_set = false;
  for (const auto& entry : *entries) {
    if (entry.directory && !is_hidden(entry.name)) collect_sets(entry.id, sets);
    is_set = is_set || (!entry.directory && makes_a_set(entry.name));
  }
  if (is_set) sets.push_back(directory);
}

void StagedSets::directory_arrived(StagedId directory, const Caller& caller, Answer<void> answer) {
  std::vector<StagedId> sets;
  if (!hidden(directory)) collect_sets(directory, sets);
  if (sets.empty()) return answer({});
  // All of them run side by side.
  const Answer<void> one = answer_of_all(sets.size(), std::move(answer));
  for (const StagedId set : sets) arrived(set, Arrival{{}, true, true, {}}, caller, one);
}

void StagedSets::start(StagedId directory, Wish wish, const Caller& caller, Answer<void> answer) {
  Status finished;
  if (join_running(directory, answer, finished)) {
    if (answer) answer(finished);
    return;
  }
  const auto nothing_to_start = [&](const std::string& words) {
    answer(wish == Wish::fsync ? Status() : fail(EINVAL, words));
  };
  if (hidden(directory))
    return nothing_to_start("names that begin with a dot never become VMs: rename it first");
  const auto present = contents(directory);
  if (!present) {
    refuse(directory, {present.error(), kUnreadable}, true);
    return answer(fail(present.error()));
  }
  const Judgement judgement = judgement_of(directory, *present);
  const auto incomplete = [&](const std::string& words) {
    not_refused(directory);
    nothing_to_start(words);
  };
  const auto refused_for = [&](const Refusal& why) {
    refuse(directory, why, true);
    answer(fail(why.error));
  };
  const std::optional<Refusal> refusal = refusal_of(judgement);
  switch (judgement.verdict) {
    case Verdict::no_set:
      return incomplete("there is no set in this directory");
    case Verdict::waiting:
      return incomplete(judgement.words);
    case Verdict::bad_manifest:
      // Half a set may hold half a manifest: both are still on their way.
      if (!judgement.missing.empty())
        return incomplete(
            fmt::format("waiting for {}; {}", fmt::join(judgement.missing, ", "), judgement.words));
      return refused_for(*refusal);
    case Verdict::mismatch:
    case Verdict::not_restorable:
      return refused_for(*refusal);
    case Verdict::no_manifest:
      if (!judgement.missing.empty())
        return incomplete("without SHA256SUMS all five files have to be there: " + judgement.words);
      // Nobody vouches for its bytes, and some are known to be missing.
      if (const auto why = broken(directory)) return refused_for({*why, kWriteAgain});
      return begin(directory, false, caller, std::move(answer));
    case Verdict::complete:
      return begin(directory, true, caller, std::move(answer));
  }
}

void StagedSets::begin(StagedId directory, bool verified, const Caller& caller,
                       Answer<void> answer) {
  {
    // From here on the bytes stay as they are; whoever comes now waits for the same restore.
    std::unique_lock hold(lock_);
    Set& set = sets_[directory];
    if (set.stage == Stage::running) {
      set.waiters.push_back(std::move(answer));
      return;
    }
    if (set.stage != Stage::done) {
      set.stage = Stage::running;
      set.refused.reset();
      set.forget_news();
      set.last_change = cache::MonotonicTime{};
      set.status = RestoreStatus{};
      set.status.step = "waiting for a free place";
      set.waiters.push_back(std::move(answer));
      answer = nullptr;
      unchanging_.wait(hold, [&set] { return set.changes == 0; });
    }
  }
  if (answer) return answer({});

  Result<RestoreRequest> asked = whole_request(directory, verified);
  if (!asked) return ended(directory, fail(asked.error()));
  {
    const std::lock_guard hold(lock_);
    sets_[directory].status.vm_name = asked->vm_name;
  }
  const std::weak_ptr<StagedSets> self = weak_from_this();
  restorer_.start(
      std::move(*asked), caller.interrupted,
      [self, directory](const RestoreStatus& status) {
        if (const auto sets = self.lock()) sets->told(directory, status);
      },
      [self, directory](const Status& result) {
        if (const auto sets = self.lock()) sets->ended(directory, result);
      });
}

/// The request, where its bytes are still what was judged: they may have been written to before
/// they were read.
Result<RestoreRequest> StagedSets::whole_request(StagedId directory, bool verified) {
  Result<RestoreRequest> asked = request(directory, verified);
  if (!asked || !verified) return asked;
  StagedContents frozen;
  for (const auto& [name, bytes] : asked->files) {
    if (name == cache::kSha256SumsFile)
      frozen.manifest = bytes;
    else
      frozen.hashes[name] = cache::sha256(bytes);
    if (name == cache::kConfigFile) frozen.config = bytes;
  }
  if (judge(frozen).verdict != Verdict::complete)
    return fail(EBADMSG, "the files changed while the set was completed");
  return asked;
}

void StagedSets::told(StagedId directory, const RestoreStatus& status) {
  std::vector<Answer<void>> waiters;
  {
    const std::lock_guard hold(lock_);
    const auto found = sets_.find(directory);
    if (found == sets_.end()) return;
    found->second.status = status;
    // A task that was sent is never abandoned, but nobody has to wait for a vCenter that is away.
    if (status.unanswered) waiters.swap(found->second.waiters);
  }
  for (const auto& waiter : waiters)
    waiter(fail(ETIMEDOUT, "the vCenter does not answer; the restore goes on, see restore.status"));
}

void StagedSets::ended(StagedId directory, Status result) {
  // Before anybody is answered: a set that has become a VM is no set that waits at the next mount.
  if (result)
    if (auto marked = store_.end_with_mount(directory); !marked)
      spdlog::warn("a finished set stays in restore/ after this mount: {}", marked.error().words);
  std::vector<Answer<void>> waiters;
  {
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    set.stage = result ? Stage::done : Stage::open;
    if (!result) {
      set.refused = result.error();
      set.told = true;
      if (set.status.reason.empty()) set.status.reason = result.error().words;
      if (set.status.state != RestoreStatus::State::left_behind &&
          set.status.state != RestoreStatus::State::checked)
        set.status.state = RestoreStatus::State::failed;
      set.status.error = result.error().code;
      if (set.status.what_to_do.empty()) set.status.what_to_do = result.error().remedy;
      if (set.status.what_to_do.empty())
        set.status.what_to_do =
            "mend the cause, then sync this directory (or write a file of it again)";
    }
    waiters.swap(set.waiters);
  }
  for (const auto& waiter : waiters) waiter(result);
}

void StagedSets::not_refused(StagedId directory) {
  const std::lock_guard hold(lock_);
  if (const auto found = sets_.find(directory); found != sets_.end()) found->second.refused.reset();
}

void StagedSets::refuse(StagedId directory, const Refusal& refusal, bool told) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  if (set.stage != Stage::open) return;  // another arrival has completed it meanwhile
  set.refused = refusal.error;
  set.forget_news();
  set.told = told;
  set.status = refused_status(refusal);
}

void StagedSets::sweep(const std::function<bool(StagedId)>& busy) {
  if (!settle_) return;
  std::vector<StagedId> quiet;
  {
    const std::lock_guard hold(lock_);
    for (const auto& [directory, set] : sets_)
      if (set.stage == Stage::open && !set.settled && set.last_change != cache::MonotonicTime{} &&
          clock_.monotonic() - set.last_change >= *settle_)
        quiet.push_back(directory);
  }
  for (const StagedId directory : quiet) {
    if (busy(directory)) continue;
    {
      const std::lock_guard hold(lock_);
      const auto found = sets_.find(directory);
      if (found == sets_.end() || found->second.changes > 0) continue;
      found->second.settled = true;
    }
    const auto present = contents(directory);
    if (!present || hidden(directory)) continue;
    const Judgement judgement = judge(*present);
    if (judgement.verdict == Verdict::no_manifest && judgement.missing.empty() &&
        !broken(directory))
      begin(directory, false, Caller{}, [](const Status&) {});  // restore.status tells
  }
}

}  // namespace vtpmfs::fs
