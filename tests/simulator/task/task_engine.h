// Operations that take their time: Task objects and the threads that do the work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/property_table.h"
#include "tests/simulator/soap/call.h"
#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

class Switches;
class Task;
class TaskEngine;

/// Makes TaskInfo.result in an arena; an empty function: no result.
using TaskResult = std::function<Value(vsphere::Arena&)>;
/// The usual result: a reference to what was made.
[[nodiscard]] TaskResult result_ref(Ref ref);

/// The running work's view of its task. The work runs with the inventory's lock held exclusively.
class TaskContext {
 public:
  TaskContext(TaskEngine& engine, Task& task, Inventory::WriteLock& lock)
      : engine_(engine), task_(task), lock_(lock) {}

  [[nodiscard]] Inventory& inventory() const;
  /// info.progress, 0..100, seen by waiting clients.
  void progress(int percent);
  /// Lets the world go on for a while: releases the lock, waits, takes the lock again.
  /// RequestCanceled where the task was cancelled meanwhile. What was looked up before must be
  /// looked up again.
  Outcome<void> pause(std::chrono::milliseconds time);
  [[nodiscard]] bool cancelled() const;

 private:
  TaskEngine& engine_;
  Task& task_;
  Inventory::WriteLock& lock_;
};

struct TaskOrder {
  std::string name;            // "CreateVM_Task"
  std::string description_id;  // "Folder.createVm"
  Ref entity;
  std::string entity_name;
  bool cancelable = false;
};

/// Runs tasks on a few threads of its own: queued, running (after half of the delay), then the
/// work, then success or error. A finished task stays for a while (10 minutes unless set), then its
/// object is gone.
///
/// Threads: start() from any operation. Lock order: inventory before the engine's own.
class TaskEngine {
 public:
  using Work = std::function<Outcome<TaskResult>(TaskContext&)>;

  /// Declares the switch "tasks-cancelable".
  TaskEngine(Inventory& inventory, Switches& switches);
  ~TaskEngine();
  TaskEngine(const TaskEngine&) = delete;
  TaskEngine& operator=(const TaskEngine&) = delete;

  /// Makes the Task object and queues the work; to be called with the inventory's lock held
  /// exclusively (as operations do), after the checks that fault the call itself. What the work
  /// captures must not be the Call nor its arena.
  Ref start(const Call& call, TaskOrder order, Work work);

  /// From queueing to the work; 0 at first. In its first half a task is queued; in the second it is
  /// running and its progress grows to 90.
  void set_delay(std::chrono::milliseconds delay);
  void set_lifetime(std::chrono::milliseconds lifetime);
  /// CancelTask; wants the inventory's lock held exclusively.
  Outcome<void> cancel(Task& task);
  /// Ends the threads; queued tasks stay queued for ever.
  void stop();

 private:
  friend class TaskContext;
  struct Job {
    std::shared_ptr<Task> task;
    Work work;
  };
  void run();
  void carry_out(const Job& job);
  void finish(const std::shared_ptr<Task>& task, Outcome<TaskResult> outcome);
  /// Waits without the inventory's lock; false when the engine stops. Ends early when the task is
  /// cancelled.
  bool wait(std::chrono::milliseconds time, const Task& task);
  /// The second half of the delay; as wait(), with progress to be seen meanwhile.
  bool show_progress(std::chrono::milliseconds time, Task& task);
  void bury_the_dead();

  Inventory& inventory_;
  Switches& switches_;
  std::mutex lock_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::deque<std::shared_ptr<Task>> finished_;  // by the time of their end
  std::chrono::milliseconds delay_{0};
  std::chrono::milliseconds lifetime_{600000};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vtpmfs::simulator
