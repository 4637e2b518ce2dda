#include "fs/restore/staged_sets.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "cache/saved/file_names.h"

namespace vtpmfs::fs {

using cache::StagedId;

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

void StagedSets::arrived(StagedId directory, Arrival arrival, const Caller& caller,
                         Answer<void> answer) {
  if (hidden(directory)) return answer({});
  Status finished;
  if (join_running(directory, answer, finished)) {
    if (answer) answer(finished);
    return;
  }
  const auto present = contents(directory);
  if (!present) return answer(fail(present.error()));
  const Judgement judgement = judge(*present);
  {
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    arrival.last_piece =
        arrival.last_piece || (set.was_waiting && judgement.verdict == Verdict::mismatch);
    set.was_waiting = judgement.verdict == Verdict::waiting ||
                      judgement.verdict == Verdict::no_manifest ||
                      judgement.verdict == Verdict::no_set;
    set.refused.reset();
  }
  switch (judgement.verdict) {
    case Verdict::no_set:
    case Verdict::no_manifest:
    case Verdict::waiting:
      return answer({});
    case Verdict::mismatch: {
      const bool told = tells_mismatch(judgement, arrival);
      const Error error{Errno{EBADMSG}, judgement.words};
      if (told) refuse(directory, error, "copy the set again from a good backup; nothing was made");
      return told ? answer(fail(error)) : answer({});
    }
    case Verdict::bad_manifest: {
      if (!tells_bad_manifest(judgement, arrival)) return answer({});
      const Error error{Errno{EINVAL}, judgement.words};
      refuse(directory, error, "copy SHA256SUMS again from a good backup; nothing was made");
      return answer(fail(error));
    }
    case Verdict::not_restorable: {
      const Error error{Errno{EINVAL}, judgement.words};
      refuse(directory, error, "use a complete saved directory; nothing was made");
      return answer(fail(error));
    }
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
  // All of them run side by side; the last one answers with the first error.
  struct Together {
    std::mutex lock;
    size_t left = 0;
    Status result;
    Answer<void> answer;
  };
  auto together = std::make_shared<Together>();
  together->left = sets.size();
  together->answer = std::move(answer);
  for (const StagedId set : sets) {
    arrived(set, Arrival{{}, true, true}, caller, [together](const Status& result) {
      bool last = false;
      {
        const std::lock_guard hold(together->lock);
        if (!result && together->result) together->result = result;
        last = --together->left == 0;
      }
      if (last) together->answer(together->result);
    });
  }
}

void StagedSets::start(StagedId directory, const Caller& caller, Answer<void> answer) {
  Status finished;
  if (join_running(directory, answer, finished)) {
    if (answer) answer(finished);
    return;
  }
  if (hidden(directory)) return answer({});
  const auto present = contents(directory);
  if (!present) return answer(fail(present.error()));
  const Judgement judgement = judge(*present);
  switch (judgement.verdict) {
    case Verdict::no_set:
    case Verdict::waiting:
      return answer({});
    case Verdict::mismatch:
      return answer(fail(EBADMSG, judgement.words));
    case Verdict::bad_manifest:
    case Verdict::not_restorable:
      return answer(fail(EINVAL, judgement.words));
    case Verdict::no_manifest:
      return begin(directory, false, caller, std::move(answer));
    case Verdict::complete:
      return begin(directory, true, caller, std::move(answer));
  }
}

void StagedSets::begin(StagedId directory, bool verified, const Caller& caller,
                       Answer<void> answer) {
  {
    // From here on the bytes stay as they are; whoever comes now waits for the same restore.
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    if (set.stage == Stage::running) {
      set.waiters.push_back(std::move(answer));
      return;
    }
    if (set.stage != Stage::done) {
      set.stage = Stage::running;
      set.refused.reset();
      set.status = RestoreStatus{};
      set.status.step = "waiting for a free place";
      set.waiters.push_back(std::move(answer));
      answer = nullptr;
    }
  }
  if (answer) return answer({});

  Result<RestoreRequest> asked = request(directory, verified);
  if (asked && verified) {
    // What was judged may have been written to before the bytes were frozen.
    StagedContents frozen;
    for (const auto& [name, bytes] : asked->files) {
      if (name == cache::kSha256SumsFile)
        frozen.manifest = bytes;
      else
        frozen.hashes[name] = cache::sha256(bytes);
      if (name == cache::kConfigFile) frozen.config = bytes;
    }
    const Judgement judgement = judge(frozen);
    if (judgement.verdict != Verdict::complete)
      asked = fail(EBADMSG, "the files changed while the set was completed");
  }
  if (!asked) return ended(directory, fail(asked.error()));
  {
    const std::lock_guard hold(lock_);
    sets_[directory].status.vm_name = asked->vm_name;
  }
  const std::weak_ptr<StagedSets> self = weak_from_this();
  restorer_.start(
      std::move(*asked), caller.interrupted,
      [self, directory](const RestoreStatus& status) {
        if (const auto sets = self.lock()) {
          const std::lock_guard hold(sets->lock_);
          if (const auto found = sets->sets_.find(directory); found != sets->sets_.end())
            found->second.status = status;
        }
      },
      [self, directory](const Status& result) {
        if (const auto sets = self.lock()) sets->ended(directory, result);
      });
}

void StagedSets::ended(StagedId directory, Status result) {
  std::vector<Answer<void>> waiters;
  {
    const std::lock_guard hold(lock_);
    Set& set = sets_[directory];
    set.stage = result ? Stage::done : Stage::open;
    if (!result) {
      set.refused = result.error();
      if (set.status.reason.empty()) set.status.reason = result.error().words;
      if (set.status.state != RestoreStatus::State::left_behind)
        set.status.state = RestoreStatus::State::failed;
      set.status.error = result.error().code;
      if (set.status.what_to_do.empty())
        set.status.what_to_do =
            "mend the cause, then sync this directory (or write a file of it again)";
    }
    waiters.swap(set.waiters);
  }
  for (const auto& waiter : waiters) waiter(result);
}

void StagedSets::refuse(StagedId directory, const Error& error, const std::string& what_to_do) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  set.refused = error;
  set.status = RestoreStatus{};
  set.status.state = RestoreStatus::State::failed;
  set.status.reason = error.words;
  set.status.what_to_do = what_to_do;
  set.status.error = error.code;
}

void StagedSets::changed(StagedId directory) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  set.last_change = clock_.monotonic();
  set.settled = false;
}

void StagedSets::forget(StagedId directory) {
  const std::lock_guard hold(lock_);
  if (const auto found = sets_.find(directory);
      found != sets_.end() && found->second.stage != Stage::running)
    sets_.erase(found);
}

void StagedSets::sweep(const std::function<bool(StagedId)>& busy) {
  if (!settle_) return;
  std::vector<StagedId> settled;
  {
    const std::lock_guard hold(lock_);
    for (auto& [directory, set] : sets_) {
      if (set.stage != Stage::open || set.settled || set.last_change == cache::MonotonicTime{} ||
          clock_.monotonic() - set.last_change < *settle_ || busy(directory))
        continue;
      set.settled = true;
      settled.push_back(directory);
    }
  }
  for (const StagedId directory : settled) {
    const auto present = contents(directory);
    if (present && judge(*present).verdict == Verdict::no_manifest && !hidden(directory))
      begin(directory, false, Caller{}, [](const Status&) {});  // restore.status tells
  }
}

Status StagedSets::may_write(StagedId directory) const {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || found->second.stage == Stage::open) return {};
  return fail(EPERM, found->second.stage == Stage::done
                         ? "this set has become a VM; its files stay as they are"
                         : "this set is being restored");
}

Status StagedSets::may_remove(StagedId directory) const {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || found->second.stage != Stage::running) return {};
  return fail(EBUSY, "this set is being restored");
}

std::optional<Error> StagedSets::refusal(StagedId directory) const {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  return found == sets_.end() ? std::nullopt : found->second.refused;
}

}  // namespace vtpmfs::fs
