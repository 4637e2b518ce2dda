#include "fs/restore/job/job_restorer.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <exception>

#include "fs/restore/status_text.h"
#include "vsphere/logged_operation.h"

namespace vtpmfs::fs {

namespace {

/// Of one that did not become a VM.
RestoreStatus::State end_of(const std::optional<RestoreJob>& job) {
  if (!job) return RestoreStatus::State::failed;
  const RestoreStatus::State state = job->status().state;
  return state == RestoreStatus::State::checked || state == RestoreStatus::State::left_behind
             ? state
             : RestoreStatus::State::failed;
}

}  // namespace

JobRestorer::JobRestorer(RestoreSurroundings surroundings,
                         std::function<void(const vsphere::MoRef&)> restored, EndPatience patience,
                         EarlierRestores::Pauses pauses)
    : surroundings_(std::move(surroundings)),
      restored_(std::move(restored)),
      patience_(patience),
      earlier_(surroundings_, restored_, pauses) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

JobRestorer::~JobRestorer() {
  shut_down();
  for (std::thread& thread : threads_) thread.join();
}

void JobRestorer::start(RestoreRequest request, vsphere::CancelToken interrupted,
                        StatusListener changed, RestoreDone done) {
  {
    const std::lock_guard hold(lock_);
    if (!ending_) {
      queue_.push_back(
          {std::move(request), std::move(interrupted), std::move(changed), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  done(fail(EINTR, "the mount ends"));
}

void JobRestorer::settle_earlier(std::vector<RestoreRecord> records, EarlierRestores::Told told) {
  earlier_.begin(std::move(records), std::move(told));
}

std::map<std::string, uint64_t> JobRestorer::ends() const {
  const std::lock_guard hold(lock_);
  return ends_;
}

bool JobRestorer::runs(const std::string& place) const {
  const std::lock_guard hold(lock_);
  return names_.count(place) > 0;
}

void JobRestorer::shut_down() {
  earlier_.end();
  std::deque<Waiting> unstarted;
  {
    std::unique_lock hold(lock_);
    ending_ = true;
    unstarted.swap(queue_);
    changed_.notify_all();
  }
  for (Waiting& waiting : unstarted)
    waiting.done(fail(EINTR, "the mount ends; nothing was created"));
  if (stop_.cancelled()) return;  // waited for already
  std::unique_lock hold(lock_);
  // What runs is finished; what takes too long is rolled back, or in the end left to the journal:
  // nothing waits for a vCenter that does not answer.
  const auto idle = [this] { return running_ == 0; };
  const auto wait_then_cancel = [&](std::chrono::milliseconds patience,
                                    const vsphere::CancelToken& token) {
    if (changed_.wait_for(hold, patience, idle)) return;
    hold.unlock();
    token.cancel();
    hold.lock();
  };
  wait_then_cancel(patience_.finish, stop_);
  wait_then_cancel(patience_.take_away, abandon_);
}

void JobRestorer::work() {
  for (;;) {
    Waiting next;
    {
      std::unique_lock hold(lock_);
      changed_.wait(hold, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
    }
    run(std::move(next));
    const std::lock_guard hold(lock_);
    --running_;
    changed_.notify_all();
  }
}

void JobRestorer::run(Waiting waiting) {
  const std::string key =
      place_key(waiting.request.vm_folder, waiting.request.folders, waiting.request.vm_name);
  // Who only asks takes no name: a restore that begins meanwhile is not in its way.
  const bool takes_name = !waiting.request.check_only;
  if (takes_name) {
    std::unique_lock hold(lock_);
    if (!names_.insert(key).second) {
      hold.unlock();
      return waiting.done(
          fail(EEXIST, "a VM of that name is being restored into that folder just now"));
    }
  }
  Status result = fail(EIO, "not tried");
  std::optional<RestoreJob> job;
  try {
    result = restore(waiting, job);
  } catch (const std::exception& error) {
    // No restore ends the mount: others are under way.
    result = fail(EIO, std::string("this restore broke off: ") + error.what());
  }
  if (takes_name) {
    const std::lock_guard hold(lock_);
    names_.erase(key);
    ++ends_[state_name(result ? RestoreStatus::State::done : end_of(job))];
  }
  waiting.done(result);
  if (!job) return;
  if (job->record().state == RestoreRecord::State::done) job->forget();
  if (job->unsettled()) earlier_.add(job->record());
}

Status JobRestorer::restore(Waiting& waiting, std::optional<RestoreJob>& begun) {
  const std::string name = waiting.request.vm_name;
  const std::string place = place_key(waiting.request.vm_folder, waiting.request.folders, name);
  if (earlier_.has(place)) {
    RestoreStatus status;
    status.vm_name = name;
    status.step = "an earlier restore of this VM that was broken off is cleared away first";
    waiting.changed(status);
    earlier_.wait_for(place, waiting.interrupted, surroundings_.timeout, [&] {
      status.unanswered = true;
      waiting.changed(status);
    });
  }
  const char* what = waiting.request.check_only ? "check" : "restore";
  // Whoever reads that it is done may look for the VM at once.
  const StatusListener changed = [this, &begun, &waiting](const RestoreStatus& status) {
    if (status.state == RestoreStatus::State::done && begun->vm() && restored_)
      restored_(*begun->vm());
    waiting.changed(status);
  };
  RestoreJob& job = begun.emplace(surroundings_, std::move(waiting.request), waiting.interrupted,
                                  stop_, changed, abandon_);
  const vsphere::LoggedOperation of(job.operation_id());
  spdlog::info("{} of '{}' begins", what, name);
  Status result = job.run();
  if (job.status().state == RestoreStatus::State::checked)
    spdlog::info("{} of '{}': {}", what, name, job.status().step);
  else if (result)
    spdlog::info("restore of '{}' is done: {}", name, job.vm()->value);
  else
    spdlog::error("{} of '{}' {}: {}; {}", what, name, state_name(job.status().state),
                  result.error().words, job.status().what_to_do);
  for (const std::string& warning : job.status().warnings)
    spdlog::warn("{} of '{}': {}", what, name, warning);
  return result;
}

}  // namespace vtpmfs::fs
