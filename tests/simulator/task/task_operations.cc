#include "tests/simulator/task/task_operations.h"

#include <memory>

#include "tests/simulator/service/singleton.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/task/task.h"
#include "tests/simulator/task/task_engine.h"

namespace vtpmfs::simulator {

void add_task_operations(Simulator& simulator) {
  const Ref manager{"TaskManager", "TaskManager"};
  simulator.inventory().add(std::make_shared<Singleton>(
      manager, Declare<Singleton>().unset("recentTask").unset("maxCollector").table()));
  simulator.service_content()["taskManager"] = manager;
  simulator.operations().on<_vim25__CancelTask, _vim25__CancelTaskResponse>(
      {"Task", "", Lock::exclusive},
      [](Call& call, const _vim25__CancelTask& request,
         _vim25__CancelTaskResponse&) -> Outcome<void> {
        auto* task = call.inventory().get<Task>(ref_of(request._USCOREthis));
        // One's own tasks may be cancelled by everyone, others' by who may do so anywhere.
        if (task->user != call.user()) {
          const auto allowed = call.require(call.inventory().root(), "Global.CancelTask");
          if (!allowed) return allowed;
        }
        return call.simulator().tasks().cancel(*task);
      });
}

}  // namespace vtpmfs::simulator
