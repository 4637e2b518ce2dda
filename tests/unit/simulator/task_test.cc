#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

using std::chrono::milliseconds;

/// A vCenter in which Rename_Task does what the test says.
class TaskTest : public SimulatorFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(client.login());
    machine = world.add_machine("a");
  }
  TaskTest() {
    simulator.operations().on<_vim25__Rename_USCORETask, _vim25__Rename_USCORETaskResponse>(
        {"ManagedEntity", "VirtualMachine.Config.Rename"},
        [this](Call& call, const _vim25__Rename_USCORETask& request,
               _vim25__Rename_USCORETaskResponse& response) -> Outcome<void> {
          const Ref entity = ref_of(request._USCOREthis);
          const Ref task = call.simulator().tasks().start(
              call, {"Rename_Task", "ManagedEntity.rename", entity, "a", cancelable}, work);
          response.returnval = wire(task, call.arena());
          return {};
        });
  }

  Ref start() {
    _vim25__Rename_USCORETask request;
    request._USCOREthis = wire(machine);
    request.newName = "b";
    const auto response = client.call<_vim25__Rename_USCORETaskResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    return response ? ref_of(*(*response)->returnval) : Ref{};
  }
  Result<vsphere::Message<_vim25__RetrievePropertiesExResponse>> info(const Ref& task) {
    return client.call<_vim25__RetrievePropertiesExResponse>(retrieve_request(task, {"info"}));
  }
  std::string state(const Ref& task) {
    const auto response =
        client.call<_vim25__RetrievePropertiesExResponse>(retrieve_request(task, {"info.state"}));
    if (!response) return fault_type(response);
    return vsphere::text_of((*response)->returnval->objects.at(0).propSet.at(0).val).value_or("");
  }
  std::string cancel(const Ref& task) {
    _vim25__CancelTask request;
    request._USCOREthis = wire(task);
    return fault_type(client.call<_vim25__CancelTaskResponse>(request));
  }

  Ref machine;
  bool cancelable = false;
  TaskEngine::Work work = [](TaskContext&) -> Outcome<TaskResult> { return TaskResult(); };
};

TEST_F(TaskTest, SuccessCarriesTheResult) {
  work = [this](TaskContext& context) -> Outcome<TaskResult> {
    context.inventory().get<TestMachine>(machine)->name = "b";
    context.inventory().changed(machine);
    return result_ref(machine);
  };
  const Ref task = start();
  ASSERT_TRUE(eventually([&] { return state(task) == "success"; }));
  const auto response = info(task);
  ASSERT_TRUE(response) << response.error().words;
  const auto* told =
      vsphere::value_as<vim25__TaskInfo>((*response)->returnval->objects.at(0).propSet.at(0).val);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->name, "Rename_Task");
  EXPECT_EQ(told->descriptionId, "ManagedEntity.rename");
  EXPECT_EQ(told->entity->__item, machine.id);
  EXPECT_FALSE(told->cancelled);
  EXPECT_FALSE(told->error);
  EXPECT_TRUE(told->completeTime);
  const auto* made = vsphere::value_as<vim25__ManagedObjectReference>(told->result);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->__item, machine.id);
}

TEST_F(TaskTest, FailureCarriesTheFault) {
  work = [](TaskContext&) -> Outcome<TaskResult> {
    return refuse(vm_config_fault("msg.vtpm.add.notEncrypted", "not encrypted"));
  };
  const Ref task = start();
  ASSERT_TRUE(eventually([&] { return state(task) == "error"; }));
  const auto response = info(task);
  ASSERT_TRUE(response);
  const auto* told =
      vsphere::value_as<vim25__TaskInfo>((*response)->returnval->objects.at(0).propSet.at(0).val);
  ASSERT_NE(told, nullptr);
  ASSERT_TRUE(told->error);
  EXPECT_EQ(vsphere::type_name(*told->error->fault), "GenericVmConfigFault");
  EXPECT_EQ(told->error->localizedMessage, "not encrypted");
  EXPECT_EQ(told->error->fault->faultMessage.at(0).key, "msg.vtpm.add.notEncrypted");
  EXPECT_EQ(told->error->fault->reason, "not encrypted");
}

TEST_F(TaskTest, QueuedTasksCanBeCancelledWhereTheyAreCancelable) {
  cancelable = true;
  simulator.tasks().set_delay(milliseconds(600000));
  const Ref task = start();
  EXPECT_EQ(state(task), "queued");
  EXPECT_EQ(cancel(task), "");
  ASSERT_TRUE(eventually([&] { return state(task) == "error"; }));
  const auto response = info(task);
  ASSERT_TRUE(response);
  const auto* told =
      vsphere::value_as<vim25__TaskInfo>((*response)->returnval->objects.at(0).propSet.at(0).val);
  ASSERT_NE(told, nullptr);
  EXPECT_TRUE(told->cancelled);
  EXPECT_EQ(vsphere::type_name(*told->error->fault), "RequestCanceled");
}

TEST_F(TaskTest, RunningTasksShowProgressAndPauseWithoutTheLock) {
  cancelable = true;
  work = [](TaskContext& context) -> Outcome<TaskResult> {
    context.progress(42);
    if (auto paused = context.pause(milliseconds(600000)); !paused) {
      return refuse(paused.error());
    }
    return TaskResult();
  };
  const Ref task = start();
  ASSERT_TRUE(eventually([&] {
    const auto response = client.call<_vim25__RetrievePropertiesExResponse>(
        retrieve_request(task, {"info.progress"}));
    return response && !(*response)->returnval->objects.at(0).propSet.empty() &&
           vsphere::integer_of((*response)->returnval->objects[0].propSet[0].val) == 42;
  }));
  EXPECT_EQ(state(task), "running");
  EXPECT_EQ(cancel(task), "");
  EXPECT_TRUE(eventually([&] { return state(task) == "error"; }));
}

TEST_F(TaskTest, ProgressGrowsWhileTheDelayPasses) {
  simulator.tasks().set_delay(milliseconds(2000));
  const Ref task = start();
  std::vector<int> seen;
  ASSERT_TRUE(eventually([&] {
    const auto response = client.call<_vim25__RetrievePropertiesExResponse>(
        retrieve_request(task, {"info.progress"}));
    const auto& set = (*response)->returnval->objects.at(0).propSet;
    if (!set.empty()) {
      const int now = static_cast<int>(vsphere::integer_of(set[0].val).value_or(-1));
      if (seen.empty() || seen.back() != now) seen.push_back(now);
    }
    return state(task) == "success";
  }));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_TRUE(std::any_of(seen.begin(), seen.end(), [](int p) { return p > 0 && p < 100; }));
}

TEST_F(TaskTest, ASwitchMakesEveryTaskCancelable) {
  ASSERT_TRUE(simulator.switches().set("tasks-cancelable", "all"));
  simulator.tasks().set_delay(milliseconds(600000));
  const Ref task = start();
  EXPECT_EQ(cancel(task), "");
  EXPECT_TRUE(eventually([&] { return state(task) == "error"; }));
}

TEST_F(TaskTest, OthersCannotBeCancelled) {
  simulator.tasks().set_delay(milliseconds(600000));
  EXPECT_EQ(cancel(start()), "NotSupported");
  simulator.tasks().set_delay(milliseconds(0));
  const Ref done = start();
  ASSERT_TRUE(eventually([&] { return state(done) == "success"; }));
  EXPECT_EQ(cancel(done), "InvalidState");
}

TEST_F(TaskTest, FinishedTasksVanish) {
  const Ref task = start();
  ASSERT_TRUE(eventually([&] { return state(task) == "success"; }));
  simulator.tasks().set_lifetime(milliseconds(1));
  EXPECT_TRUE(eventually([&] { return state(task) == "ManagedObjectNotFound"; }));
}

}  // namespace
}  // namespace vtpmfs::simulator
