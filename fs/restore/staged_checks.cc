// Checks of staged sets that nobody wants restored yet: the preflight alone.
#include <cerrno>
#include <utility>

#include "fs/restore/commit_rule.h"
#include "fs/restore/staged_sets.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {

/// Why there is nothing to be checked at the vCenter; empty where a restore could be started.
std::optional<Error> why_not_startable(const Judgement& judgement) {
  if (auto refusal = refusal_of(judgement)) {
    refusal->error.remedy = refusal->what_to_do;
    return std::move(refusal->error);
  }
  if (judgement.verdict == Verdict::complete) return std::nullopt;
  if (judgement.verdict != Verdict::no_manifest) return Error{Errno{EINVAL}, judgement.words};
  if (judgement.missing.empty()) return std::nullopt;
  return Error{Errno{EINVAL},
               "without SHA256SUMS all five files have to be there: " + judgement.words};
}

}  // namespace

void StagedSets::check(StagedId directory, const Caller& caller, Answer<void> answer) {
  Stage stage = Stage::open;
  {
    const std::lock_guard hold(lock_);
    if (const auto found = sets_.find(directory); found != sets_.end()) stage = found->second.stage;
  }
  if (stage == Stage::running) return answer(fail(EBUSY, "this set is being restored"));
  if (stage == Stage::done) return answer({});
  if (hidden(directory))
    return answer(
        fail(EINVAL, "names that begin with a dot never become VMs: rename the directory first"));
  const auto present = contents(directory);
  if (!present) return answer(fail(present.error()));
  const Judgement judgement = judgement_of(directory, *present);
  if (judgement.verdict == Verdict::no_set)
    return answer(fail(EINVAL, "there is no set in this directory"));

  const uint64_t number = begin_check(directory);
  std::optional<Error> refused = why_not_startable(judgement);
  // Nobody vouches for its bytes, and some are known to be missing.
  if (!refused && judgement.verdict == Verdict::no_manifest) refused = broken(directory);
  Result<RestoreRequest> asked = RestoreRequest{};
  if (!refused) {
    asked = whole_request(directory, judgement.verdict == Verdict::complete);
    if (!asked) refused = asked.error();
  }
  if (refused) {
    check_failed(directory, number, *refused);
    return answer(fail(*refused));
  }
  asked->check_only = true;
  const std::weak_ptr<StagedSets> self = weak_from_this();
  restorer_.start(
      std::move(*asked), caller.interrupted,
      [self, directory, number](const RestoreStatus& status) {
        if (const auto sets = self.lock()) sets->check_told(directory, number, status);
      },
      [self, directory, number, answer = std::move(answer)](const Status& result) {
        const auto sets = self.lock();
        if (sets && !result) sets->check_failed(directory, number, result.error());
        answer(result);
      });
}

uint64_t StagedSets::begin_check(StagedId directory) {
  const std::lock_guard hold(lock_);
  Set& set = sets_[directory];
  set.forget_news();
  RestoreStatus begun;
  begun.state = RestoreStatus::State::checking;
  begun.step = "waiting for a free place";
  set.news = begun;
  return set.check = ++checks_;
}

void StagedSets::check_told(StagedId directory, uint64_t number, const RestoreStatus& status) {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found != sets_.end() && found->second.check == number) found->second.news = status;
}

/// What the check itself has not told yet: nobody ran it, or it had no words for it.
void StagedSets::check_failed(StagedId directory, uint64_t number, const Error& error) {
  const std::lock_guard hold(lock_);
  const auto found = sets_.find(directory);
  if (found == sets_.end() || found->second.check != number) return;
  RestoreStatus& status = *found->second.news;
  status.state = RestoreStatus::State::failed;
  status.error = error.code;
  if (status.reason.empty()) status.reason = error.words;
  if (status.what_to_do.empty()) status.what_to_do = error.remedy;
  if (status.what_to_do.empty())
    status.what_to_do =
        "mend the cause, or copy the set again from a good backup; nothing was made";
}

}  // namespace vtpmfs::fs
