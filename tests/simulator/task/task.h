// One Task object.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "tests/simulator/model/managed_object.h"
#include "tests/simulator/soap/fault.h"
#include "tests/simulator/task/task_engine.h"

namespace vtpmfs::simulator {

/// What TaskInfo says. Changed under the inventory's lock held exclusively, as every object.
class Task : public ManagedObject {
 public:
  Task(Ref ref, TaskOrder order, std::string user);

  [[nodiscard]] const PropertyTable& properties() const override;

  [[nodiscard]] bool finished() const { return state == "success" || state == "error"; }

  const TaskOrder order;
  const std::string user;
  const std::string queue_time;
  std::string state = "queued";
  /// CancelTask was called; the work may not have noticed yet.
  std::atomic<bool> cancelled{false};
  std::optional<int> progress;
  std::optional<Fault> error;
  TaskResult result;
  std::string start_time;
  std::string complete_time;
  std::chrono::steady_clock::time_point finished_at;
};

}  // namespace vtpmfs::simulator
