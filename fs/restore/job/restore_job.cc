#include "fs/restore/job/restore_job.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <exception>

#include "cache/saved/file_names.h"
#include "fs/restore/job/destroy_rule.h"
#include "fs/restore/job/explain.h"
#include "fs/restore/job/new_vm.h"

namespace vtpmfs::fs {
namespace {

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

RestoreJob::RestoreJob(const RestoreSurroundings& surroundings, RestoreRequest request,
                       vsphere::CancelToken interrupted, vsphere::CancelToken stop,
                       StatusListener listener, vsphere::CancelToken abandon)
    : surroundings_(surroundings),
      request_(std::move(request)),
      interrupted_(std::move(interrupted)),
      stop_(std::move(stop)),
      abandon_(std::move(abandon)),
      listener_(std::move(listener)) {
  status_.vm_name = request_.vm_name;
  status_.started = now_text();
}

vsphere::Call RestoreJob::call() {
  // Before anything was created an interrupted cp ends the job; afterwards only the end of the
  // mount does.
  return vsphere::Call{surroundings_.timeout, create_sent_ ? stop_ : interrupted_, "",
                       [this](bool silent) { tell_silence(silent); }};
}

void RestoreJob::tell_silence(bool silent) {
  if (silent && !status_.unanswered) silenced_step_ = status_.step;
  if (!silent && !status_.unanswered) return;
  status_.unanswered = silent;
  status_.step = silent ? "the vCenter does not answer; the restore goes on: " + silenced_step_
                        : silenced_step_;
  listener_(status_);
}

/// The live model need not know a folder that was made just now: its path is put together from the
/// one above.
std::string RestoreJob::new_vm_path() const {
  std::string below;
  for (const std::string& folder : request_.folders) below += folder + "/";
  return surroundings_.path_of(request_.vm_folder, below + request_.vm_name);
}

void RestoreJob::report(RestoreStatus::State state, std::string step, int percent) {
  status_.state = state;
  status_.unanswered = false;
  status_.step = std::move(step);
  // A second try of a step never goes back.
  status_.percent = std::max(status_.percent, percent);
  listener_(status_);
}

Status RestoreJob::record(RestoreRecord::State state) {
  RestoreRecord next = record_;
  next.state = state;
  if (auto written = surroundings_.journal.write(next); !written)
    return fail(Error{written.error().code,
                      "the restore's journal cannot be written: " + written.error().words});
  record_ = std::move(next);
  return {};
}

Status RestoreJob::run() {
  using Step = Status (RestoreJob::*)();
  constexpr Step kSteps[] = {&RestoreJob::parse,           &RestoreJob::check,
                             &RestoreJob::place,           &RestoreJob::make_policy,
                             &RestoreJob::make_folders,    &RestoreJob::create,
                             &RestoreJob::set_missing_key, &RestoreJob::upload,
                             &RestoreJob::verify,          &RestoreJob::finish};
  for (const Step step : kSteps) {
    if (!create_sent_ && (interrupted_.cancelled() || stop_.cancelled()))
      return fail_with(Error{Errno{EINTR}, "interrupted before anything was created"});
    Status done;
    try {
      done = (this->*step)();
    } catch (const std::exception& error) {
      // Out of memory, mostly: what was made is taken away as after any failure.
      done = fail(EIO, std::string("this restore could not go on: ") + error.what());
    }
    if (!done) return fail_with(done.error());
  }
  status_.ended = now_text();
  report(RestoreStatus::State::done, "the VM is there and was checked", 100);
  return {};
}

Status RestoreJob::parse() {
  report(RestoreStatus::State::checking, "reading the set", 1);
  const auto nvram = request_.files.find(std::string(cache::kNvramFile));
  std::map<std::string, std::string> texts;
  for (const auto& [name, bytes] : request_.files)
    if (name != cache::kNvramFile) texts.emplace(name, bytes);
  const bool has_nvram = nvram != request_.files.end();
  auto set = cache::parse_saved_set(texts, has_nvram, has_nvram ? nvram->second.size() : 0);
  if (!set) return fail(set.error());
  if (auto restorable = cache::check_restorable(*set); !restorable) return restorable;
  set_ = std::move(*set);
  status_.warnings = set_.warnings;
  if (!request_.manifest_verified)
    status_.warnings.emplace_back(
        "there was no SHA256SUMS: nothing says that these files are whole");
  wanted_ = merged(surroundings_.options.placement, request_.placement);
  record_.vcenter = surroundings_.server.instance_uuid;
  record_.name = request_.vm_name;
  auto mark = random_mark();
  if (!mark) return fail(mark.error());
  record_.mark = *mark;
  auto id = random_uuid();
  if (!id) return fail(id.error());
  record_.id = *id;
  return {};
}

Status RestoreJob::fail_with(const Error& error) {
  const Explanation explained = explain(error);
  status_.reason = explained.reason;
  status_.what_to_do = explained.what_to_do;
  // Nobody was asked yet: it is the files.
  if (record_.id.empty() && explained.code == Errno{EINVAL})
    status_.what_to_do = "copy the set again from a good backup";
  status_.error = explained.code;
  status_.ended = now_text();
  if (record_.state == RestoreRecord::State::verified ||
      record_.state == RestoreRecord::State::done) {
    // The VM is whole: what failed is only tidying up.
    status_.what_to_do =
        "the VM is there and was checked; remove the annotation and the vtpmfs.* settings by hand";
  } else if (create_sent_) {
    roll_back();
  } else if (!record_.id.empty()) {
    surroundings_.journal.remove(record_);
  }
  if (status_.state != RestoreStatus::State::left_behind)
    status_.state = RestoreStatus::State::failed;
  listener_(status_);
  return fail(Error{explained.code, explained.reason, error.fault, error.maybe_done});
}

/// Nothing of this restore's is left when it succeeds.
Status RestoreJob::take_away(const vsphere::Call& own) {
  if (nothing_was_made_) return {};
  if (!record_.vm && !record_.instance_uuid.empty()) {
    std::optional<vsphere::MoRef> made;
    if (outcome_unknown_ && record_.task) {
      // Whoever waits no more does not let the task make a VM that nobody expects; and what it is
      // doing until it heeds that is waited for, else it would be looked for too early.
      static_cast<void>(surroundings_.target.cancel_task(*record_.task, own));
      const auto ended = surroundings_.target.wait_task_briefly(*record_.task, own);
      if (ended) made = *ended;
      if (!ended && !ended.error().maybe_done) outcome_unknown_ = false;
    }
    // The task failed: the vCenter removes what it began. If our VM is there all the same, it is
    // found by our uuid.
    const auto found = surroundings_.target.find_by_uuid(record_.instance_uuid, true, own);
    if (!found) return fail(found.error());
    if (found->size() > 1) return fail(EPERM, "several VMs carry this restore's instanceUuid");
    if (found->size() == 1) made = found->front();
    record_.vm = made;
  }
  if (record_.vm)
    return destroy_if_ours(surroundings_.target, record_, surroundings_.server.instance_uuid, own);
  if (outcome_unknown_)
    return fail(EPERM,
                "the creation of the VM was sent and its end is not known: the vCenter may still "
                "make the VM, with instanceUuid " +
                    record_.instance_uuid);
  return {};
}

void RestoreJob::roll_back() {
  status_.step = "removing the half-made VM";
  listener_(status_);
  // The job may have ended because the mount does: removing has its own time.
  const vsphere::Call own{surroundings_.timeout, abandon_, "",
                          [this](bool silent) { tell_silence(silent); }};
  const Status gone = take_away(own);
  if (gone) {
    status_.vm_moref.clear();
    status_.vm_path.clear();
    static_cast<void>(record(RestoreRecord::State::rolled_back));
    surroundings_.journal.remove(record_);
    return;
  }
  status_.state = RestoreStatus::State::left_behind;
  status_.what_to_do = gone.error().words + "; look at it in the vCenter, its extraConfig " +
                       kMarkKey + " is " + record_.mark +
                       (status_.what_to_do.empty() ? "" : "; then: " + status_.what_to_do);
  static_cast<void>(record(RestoreRecord::State::left_behind));
}

}  // namespace vtpmfs::fs
