// TaskManager and Task.
#pragma once

namespace vtpmfs::simulator {

class Simulator;

/// Adds the TaskManager and CancelTask.
void add_task_operations(Simulator& simulator);

}  // namespace vtpmfs::simulator
