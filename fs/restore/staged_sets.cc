#include "fs/restore/staged_sets.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "cache/saved/file_names.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {

constexpr const char* kCopyAgain = "copy the set again from a good backup; nothing was made";
constexpr const char* kCopyManifest = "copy SHA256SUMS again from a good backup; nothing was made";
constexpr const char* kUseWholeSet = "use a complete saved directory; nothing was made";

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

  const std::lock_guard hold(lock_);
  for (const auto& [name, id] : files)
    if (unfinished_.count(id) > 0) arrival.unfinished.insert(name);
  Set& set = sets_[directory];
  arrival.last_piece = arrival.last_piece || set.was_waiting;
  set.was_waiting = judgement.verdict == Verdict::waiting ||
                    judgement.verdict == Verdict::no_manifest ||
                    judgement.verdict == Verdict::no_set;
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
    refuse(directory, present.error(), "make room for it, or use a backup that is whole", true);
    return answer(fail(present.error()));
  }
  const Judgement judgement = judge(*present);
  arrival = with_history(directory, std::move(arrival), judgement);
  switch (judgement.verdict) {
    case Verdict::no_set:
    case Verdict::no_manifest:
    case Verdict::waiting:
      return answer({});
    case Verdict::mismatch: {
      const bool told = tells_mismatch(judgement, arrival);
      const Error error{Errno{EBADMSG}, judgement.words};
      refuse(directory, error, kCopyAgain, told);
      return told ? answer(fail(error)) : answer({});
    }
    case Verdict::bad_manifest: {
      const bool told = tells_bad_manifest(judgement, arrival);
      const Error error{Errno{EINVAL}, judgement.words};
      if (told || judgement.missing.empty()) refuse(directory, error, kCopyManifest, told);
      return told ? answer(fail(error)) : answer({});
    }
    case Verdict::not_restorable: {
      const Error error{Errno{EINVAL}, judgement.words};
      refuse(directory, error, kUseWholeSet, true);
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
    arrived(set, Arrival{{}, true, true, {}}, caller, [together](const Status& result) {
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
  if (!present) return answer(fail(present.error()));
  const Judgement judgement = judge(*present);
  const auto refused = [&](int code, const char* what_to_do) {
    const Error error{Errno{code}, judgement.words};
    refuse(directory, error, what_to_do, true);
    answer(fail(error));
  };
  switch (judgement.verdict) {
    case Verdict::no_set:
      return nothing_to_start("there is no set in this directory");
    case Verdict::waiting:
      return nothing_to_start(judgement.words);
    case Verdict::mismatch:
      return refused(EBADMSG, kCopyAgain);
    case Verdict::bad_manifest:
      return refused(EINVAL, kCopyManifest);
    case Verdict::not_restorable:
      return refused(EINVAL, kUseWholeSet);
    case Verdict::no_manifest:
      if (!judgement.missing.empty())
        return nothing_to_start("without SHA256SUMS all five files have to be there: " +
                                judgement.words);
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

void StagedSets::refuse(StagedId directory, const Error& error, const std::string& what_to_do,
                        bool told) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  if (set.stage != Stage::open) return;  // another arrival has completed it meanwhile
  set.refused = error;
  set.forget_news();
  set.told = told;
  set.status = RestoreStatus{};
  set.status.state = RestoreStatus::State::failed;
  set.status.reason = error.words;
  set.status.what_to_do = what_to_do;
  set.status.error = error.code;
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
    if (judgement.verdict == Verdict::no_manifest && judgement.missing.empty())
      begin(directory, false, Caller{}, [](const Status&) {});  // restore.status tells
  }
}

}  // namespace vtpmfs::fs
