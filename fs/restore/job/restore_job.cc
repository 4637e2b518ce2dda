#include "fs/restore/job/restore_job.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <exception>
#include <random>

#include "cache/saved/file_names.h"
#include "cache/saved/sha256.h"
#include "fs/restore/job/explain.h"
#include "fs/restore/job/new_vm.h"
#include "fs/restore/job/vm_ending.h"

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

/// Tells the restores of a vCenter's log apart, also of several mounts.
std::string new_operation_id() {
  return fmt::format("vtpmfs-restore-{:08x}", std::random_device{}());
}

}  // namespace

RestoreJob::RestoreJob(const RestoreSurroundings& surroundings, RestoreRequest request,
                       vsphere::CancelToken interrupted, vsphere::CancelToken stop,
                       StatusListener listener, vsphere::CancelToken abandon)
    : surroundings_(surroundings),
      operation_id_(new_operation_id()),
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
  return vsphere::Call{surroundings_.timeout, create_sent_ ? stop_ : interrupted_, operation_id_,
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

std::string RestoreSurroundings::path(const vsphere::MoRef& vm_folder,
                                      const std::vector<std::string>& folders,
                                      const std::string& name) const {
  std::string below;
  for (const std::string& folder : folders) below += folder + "/";
  return path_of(vm_folder, below + name);
}

void RestoreJob::report(RestoreStatus::State state, std::string step, int percent) {
  if (step != status_.step)
    spdlog::info("{} of '{}': {}", request_.check_only ? "check" : "restore", request_.vm_name,
                 step);
  status_.state = state;
  status_.unanswered = false;
  status_.step = std::move(step);
  // A second try of a step never goes back.
  status_.percent = std::max(status_.percent, percent);
  listener_(status_);
}

Status RestoreJob::write_down(RestoreRecord::State state) {
  RestoreRecord next = record_;
  next.state = state;
  if (auto written = surroundings_.journal.write(next); !written)
    return fail(Error{written.error().code,
                      "the restore's journal cannot be written: " + written.error().words});
  record_ = std::move(next);
  return {};
}

Status RestoreJob::take(std::span<const Step> steps) {
  for (const Step step : steps) {
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
  return {};
}

Status RestoreJob::run() {
  constexpr Step kPreparing[] = {&RestoreJob::parse,          &RestoreJob::check,
                                 &RestoreJob::place,          &RestoreJob::plan,
                                 &RestoreJob::check_hardware, &RestoreJob::check_privileges};
  constexpr Step kMaking[] = {&RestoreJob::make_policy,    &RestoreJob::make_folders,
                              &RestoreJob::create,         &RestoreJob::set_missing_key,
                              &RestoreJob::set_boot_order, &RestoreJob::upload,
                              &RestoreJob::verify,         &RestoreJob::finish};
  if (auto prepared = take(kPreparing); !prepared) return prepared;
  if (request_.check_only || surroundings_.options.dry_run) return end_after_checks();
  if (auto made = take(kMaking); !made) return made;
  status_.ended = now_text();
  report(RestoreStatus::State::done, "the VM is there and was checked", 100);
  return {};
}

Status RestoreJob::end_after_checks() {
  status_.ended = now_text();
  status_.vm_path = surroundings_.path(request_.vm_folder, request_.folders, request_.vm_name);
  const std::string passed = "every check before the creation passed; nothing was made";
  if (request_.check_only) {
    report(RestoreStatus::State::checked, passed, 100);
    return {};
  }
  status_.reason = "this is a dry run: " + passed;
  status_.what_to_do = "mount without --restore-dry-run, then sync this directory";
  status_.error = Errno{ECANCELED};
  report(RestoreStatus::State::checked, passed, 100);
  return fail(ECANCELED, status_.reason);
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
  // Without SHA256SUMS nothing else tells of bytes that a power cut or a sparse copy has lost.
  if (has_nvram && nvram->second.find_first_not_of('\0') == std::string::npos)
    return fail(EINVAL, "nvram holds nothing but zeros: its bytes were lost");
  set_ = std::move(*set);
  status_.warnings = set_.warnings;
  warn_of_expired_certificates();
  if (!request_.manifest_verified)
    status_.warnings.emplace_back(
        "there was no SHA256SUMS: nothing says that these files are whole");
  wanted_ = merged(surroundings_.options.placement, request_.placement);
  record_.vcenter = surroundings_.server.instance_uuid;
  record_.staged = request_.staged_directory;
  for (const auto& [name, bytes] : request_.files)
    record_.files[name] = cache::hex(cache::sha256(bytes));
  record_.vm_folder = request_.vm_folder;
  record_.folders = request_.folders;
  record_.name = request_.vm_name;
  record_.annotation = set_.config ? set_.config->annotation.value_or("") : "";
  record_.as_template = surroundings_.options.templates && set_.origin && set_.origin->is_template;
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
    unsettled_ = !is_for_a_person(error);
    status_.what_to_do =
        unsettled_ ? "the VM is there and was checked; vtpmfs finishes it when the vCenter answers"
                   : "the VM is there and was checked; remove the annotation and the vtpmfs.* "
                     "settings by hand";
  } else if (create_sent_) {
    roll_back();
  } else if (!record_.id.empty()) {
    surroundings_.journal.remove(record_);
  }
  if (status_.state != RestoreStatus::State::left_behind)
    status_.state = RestoreStatus::State::failed;
  listener_(status_);
  Error told{explained.code, explained.reason, error.fault, error.maybe_done};
  told.operation_id = error.operation_id;
  return fail(std::move(told));
}

void RestoreJob::roll_back() {
  status_.step = "removing the half-made VM";
  spdlog::info("restore of '{}': {}", request_.vm_name, status_.step);
  listener_(status_);
  // The job may have ended because the mount does: removing has its own time.
  const vsphere::Call own{surroundings_.timeout, abandon_, operation_id_,
                          [this](bool silent) { tell_silence(silent); }};
  const Status gone =
      nothing_was_made_
          ? Status()
          : take_away(surroundings_.target, record_, surroundings_.server.instance_uuid,
                      outcome_unknown_ ? Creation::open : Creation::ended, looks(kLooksForATask),
                      own);
  if (gone) {
    status_.vm_moref.clear();
    status_.vm_path.clear();
    static_cast<void>(write_down(RestoreRecord::State::rolled_back));
    surroundings_.journal.remove(record_);
    return;
  }
  status_.state = RestoreStatus::State::left_behind;
  unsettled_ = !is_for_a_person(gone.error());
  status_.what_to_do = gone.error().words + "; look at it in the vCenter, its extraConfig " +
                       kMarkKey + " is " + record_.mark +
                       (status_.what_to_do.empty() ? "" : "; then: " + status_.what_to_do);
  static_cast<void>(write_down(RestoreRecord::State::left_behind));
}

}  // namespace vtpmfs::fs
