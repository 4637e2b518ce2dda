#include "tests/simulator/task/task_engine.h"

#include <array>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/task/task.h"
#include "tests/simulator/wire_time.h"

namespace vtpmfs::simulator {
namespace {

constexpr int kThreads = 8;
/// What a running task shows, one after another, while its delay passes.
constexpr std::array kProgress{10, 30, 50, 70, 90};

}  // namespace

Inventory& TaskContext::inventory() const {
  return engine_.inventory_;
}

void TaskContext::progress(int percent) {
  task_.progress = percent;
  inventory().changed(task_.ref());
}

bool TaskContext::cancelled() const {
  return task_.cancelled;
}

Outcome<void> TaskContext::pause(std::chrono::milliseconds time) {
  lock_.unlock();
  const bool going_on = engine_.wait(time, task_);
  lock_.lock();
  if (!going_on || task_.cancelled) return refuse(request_canceled());
  return {};
}

TaskEngine::TaskEngine(Inventory& inventory, Switches& switches)
    : inventory_(inventory), switches_(switches) {
  switches.declare("tasks-cancelable", {"some", "all"},
                   "which tasks CancelTask can end: those that say so themselves, or every one");
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
}

TaskEngine::~TaskEngine() {
  stop();
}

void TaskEngine::stop() {
  {
    const std::scoped_lock hold(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

Ref TaskEngine::start(const Call& call, TaskOrder order, Work work) {
  if (switches_.is("tasks-cancelable", "all")) order.cancelable = true;
  auto task =
      std::make_shared<Task>(inventory_.new_ref("Task", "task"), std::move(order), call.user());
  inventory_.add(task);
  Ref ref = task->ref();
  {
    const std::scoped_lock hold(lock_);
    queue_.push_back({std::move(task), std::move(work)});
  }
  wake_.notify_all();
  return ref;
}

void TaskEngine::set_delay(std::chrono::milliseconds delay) {
  const std::scoped_lock hold(lock_);
  delay_ = delay;
}

void TaskEngine::set_lifetime(std::chrono::milliseconds lifetime) {
  {
    const std::scoped_lock hold(lock_);
    lifetime_ = lifetime;
  }
  wake_.notify_all();
}

Outcome<void> TaskEngine::cancel(Task& task) {
  if (task.finished()) {
    return refuse(fault_of("InvalidState", "The operation is not allowed in the current state."));
  }
  if (!task.order.cancelable) return refuse(not_supported());
  task.cancelled = true;
  inventory_.changed(task.ref());
  {
    const std::scoped_lock hold(lock_);  // so that no waiter misses the news
  }
  wake_.notify_all();
  return {};
}

bool TaskEngine::wait(std::chrono::milliseconds time, const Task& task) {
  std::unique_lock hold(lock_);
  wake_.wait_for(hold, time, [&] { return stopping_ || task.cancelled; });
  return !stopping_;
}

void TaskEngine::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock hold(lock_);
      while (!stopping_ && queue_.empty()) {
        if (finished_.empty()) {
          wake_.wait(hold);
        } else if (wake_.wait_until(hold, finished_.front()->finished_at + lifetime_) ==
                   std::cv_status::timeout) {
          break;
        }
      }
      if (stopping_) return;
      if (!queue_.empty()) {
        job = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    bury_the_dead();
    if (job.task) carry_out(job);
  }
}

void TaskEngine::carry_out(const Job& job) {
  Task& task = *job.task;
  std::chrono::milliseconds half{0};
  {
    const std::scoped_lock hold(lock_);
    half = delay_ / 2;
  }
  if (!wait(half, task)) return;
  {
    const auto world = inventory_.write();
    if (!task.cancelled) {
      task.state = "running";
      task.start_time = wire_time_now();
      task.progress = 0;
      inventory_.changed(task.ref());
    }
  }
  if (!show_progress(half, task)) return;
  auto world = inventory_.write();
  TaskContext context(*this, task, world);
  auto outcome =
      task.cancelled ? Outcome<TaskResult>(refuse(request_canceled())) : job.work(context);
  finish(job.task, std::move(outcome));
}

bool TaskEngine::show_progress(std::chrono::milliseconds time, Task& task) {
  if (time.count() == 0) return wait(time, task);
  const auto step = time / kProgress.size();
  for (const int percent : kProgress) {
    if (!wait(step, task)) return false;
    const auto world = inventory_.write();
    if (task.cancelled) break;
    task.progress = percent;
    inventory_.changed(task.ref());
  }
  return true;
}

void TaskEngine::finish(const std::shared_ptr<Task>& task, Outcome<TaskResult> outcome) {
  task->complete_time = wire_time_now();
  task->finished_at = std::chrono::steady_clock::now();
  if (outcome) {
    task->state = "success";
    task->result = std::move(*outcome);
    task->progress = std::nullopt;
  } else {
    task->state = "error";
    task->error = std::move(outcome.error());
  }
  inventory_.changed(task->ref());
  {
    const std::scoped_lock hold(lock_);
    finished_.push_back(task);
  }
  wake_.notify_all();  // the others wait without a time to bury at
}

void TaskEngine::bury_the_dead() {
  std::vector<std::shared_ptr<Task>> dead;
  {
    const std::scoped_lock hold(lock_);
    const auto too_old = std::chrono::steady_clock::now() - lifetime_;
    while (!finished_.empty() && finished_.front()->finished_at <= too_old) {
      dead.push_back(std::move(finished_.front()));
      finished_.pop_front();
    }
  }
  if (dead.empty()) return;
  const auto world = inventory_.write();
  for (const auto& task : dead) inventory_.remove(task->ref());
}

}  // namespace vtpmfs::simulator
