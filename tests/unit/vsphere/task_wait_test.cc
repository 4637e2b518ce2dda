#include "vsphere/task/task_wait.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/vsphere/fake_soap_caller.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/task/pause.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;

const MoRef kTask{"Task", "task-1"};

std::string task(const std::string& state, const std::string& more = "") {
  return retrieved(object("Task", "task-1", property("info.state", "TaskInfoState", state) + more));
}

struct Waiting {
  std::vector<int> percents;
  std::optional<MoRef> result;

  Status run(FakeSoapCaller& caller, TaskPatience patience = TaskPatience::without_end,
             const Call& call = {}, TaskResult wanted = TaskResult::optional) {
    return wait_for_task(
        caller, kTask, call, patience, [&](int percent) { percents.push_back(percent); },
        [&](const xsd__anyType* value) -> Status {
          auto ref = property_value::reference(value);
          if (!ref) return fail(ref.error());
          result = *ref;
          return {};
        },
        wanted);
  }
};

TEST(TaskWait, TellsProgressAndTheResult) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {task("queued"), task("running", property("info.progress", "xsd:int", "40")),
             task("success",
                  "<propSet><name>info.result</name><val type=\"VirtualMachine\" "
                  "xsi:type=\"ManagedObjectReference\">vm-9</val></propSet>")});
  Waiting waiting;
  ASSERT_TRUE(waiting.run(caller));
  EXPECT_THAT(waiting.percents, ElementsAre(40));
  EXPECT_EQ(waiting.result, (MoRef{"VirtualMachine", "vm-9"}));
}

TEST(TaskWait, AFailedTaskGivesItsFault) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {task("error", property("info.error", "LocalizedMethodFault",
                                    "<fault xsi:type=\"NoDiskSpace\"><file>[ds] x</file>"
                                    "<datastore>ds</datastore></fault>"
                                    "<localizedMessage>full</localizedMessage>"))});
  Waiting waiting;
  const auto status = waiting.run(caller);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code.value(), ENOSPC);
  ASSERT_NE(status.error().fault, nullptr);
  EXPECT_EQ(status.error().fault->type, "NoDiskSpace");
  EXPECT_FALSE(status.error().maybe_done);
}

TEST(TaskWait, AVanishedTaskMayHaveBeenDone) {
  for (const std::string& answer :
       {soap_fault("ManagedObjectNotFound", "<obj type=\"Task\">task-1</obj>"),
        retrieved(object("Task", "task-1", missing("info.state", "ManagedObjectNotFound"))),
        response("RetrievePropertiesEx", "")}) {
    FakeSoapCaller caller;
    caller.on("RetrievePropertiesEx", {answer});
    Waiting waiting;
    const auto status = waiting.run(caller);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code.value(), EIO);
    EXPECT_TRUE(status.error().maybe_done);
  }
}

TEST(TaskWait, WaitsForAServerThatIsAway) {
  FakeSoapCaller caller;
  int calls = 0;
  caller.on("RetrievePropertiesEx", [&](const std::string&) {
    if (++calls < 3)
      return Result<std::string>(fail(calls == 1 ? EHOSTUNREACH : ETIMEDOUT, "away"));
    return Result<std::string>(task("success"));
  });
  Waiting waiting;
  EXPECT_TRUE(waiting.run(caller));

  calls = 0;
  const auto impatient = waiting.run(caller, TaskPatience::until_timeout);
  ASSERT_FALSE(impatient);
  EXPECT_EQ(impatient.error().code.value(), EHOSTUNREACH);
  EXPECT_TRUE(impatient.error().maybe_done);
}

TEST(TaskWait, AsksAgainWhereAnAnswerWasGarbled) {
  for (const int code : {EIO, EPROTO, EAGAIN}) {
    FakeSoapCaller caller;
    int calls = 0;
    caller.on("RetrievePropertiesEx", [&](const std::string&) {
      if (++calls == 1) return Result<std::string>(fail(code, "half an answer"));
      return Result<std::string>(task("success"));
    });
    Waiting waiting;
    EXPECT_TRUE(waiting.run(caller)) << code;
    EXPECT_EQ(calls, 2) << code;
  }
}

TEST(TaskWait, AFaultOfTheQuestionEndsTheWaitAndTheTaskMayHaveBeenDone) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {soap_fault("NoPermission")});
  Waiting waiting;
  const auto status = waiting.run(caller);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().maybe_done);
}

TEST(TaskWait, AStateThatCannotBeReadIsNoFailureOfTheTask) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(object("Task", "task-1", missing("info.state", "NoPermission")))});
  Waiting waiting;
  const auto status = waiting.run(caller);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().maybe_done);
}

TEST(TaskWait, SuccessWithoutTheResultThatIsWantedIsAnError) {
  for (const std::string& more : {std::string(), missing("info.result", "NoPermission")}) {
    FakeSoapCaller caller;
    caller.on("RetrievePropertiesEx", {task("success", more)});
    Waiting waiting;
    const auto wanted = waiting.run(caller, TaskPatience::until_timeout, {}, TaskResult::expected);
    ASSERT_FALSE(wanted);
    EXPECT_EQ(wanted.error().code.value(), more.empty() ? EIO : EACCES);
    EXPECT_TRUE(wanted.error().maybe_done);
    EXPECT_TRUE(waiting.run(caller));
  }
}

TEST(TaskWait, TellsWhenTheServerFallsSilentAndWhenItAnswersAgain) {
  FakeSoapCaller caller;
  std::vector<bool> told;
  int calls = 0;
  caller.on("RetrievePropertiesEx", [&](const std::string&) {
    ++calls;
    // Away until that was told twice.
    if (told.size() < 2) return Result<std::string>(fail(EHOSTUNREACH, "away"));
    return Result<std::string>(told.size() == 2 ? task("running") : task("success"));
  });
  Waiting waiting;
  Call call;
  call.timeout = std::chrono::milliseconds{20};
  call.silence = [&](bool silent) { told.push_back(silent); };
  ASSERT_TRUE(waiting.run(caller, TaskPatience::without_end, call));
  EXPECT_THAT(told, ElementsAre(true, true, false));
}

TEST(TaskWait, ARefusedLoginEndsTheWait) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", [&](const std::string&) {
    return Result<std::string>(fail(EACCES, "the login was refused"));
  });
  Waiting waiting;
  const auto status = waiting.run(caller);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().maybe_done);
}

TEST(TaskWait, OutOfTime) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {task("running")});
  Waiting waiting;
  Call call;
  call.timeout = std::chrono::milliseconds{60};
  const auto status = waiting.run(caller, TaskPatience::until_timeout, call);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code.value(), ETIMEDOUT);
}

TEST(TaskWait, CancellingWakesTheWaiter) {
  FakeSoapCaller caller;
  Call call;
  int looks = 0;
  caller.on("RetrievePropertiesEx", [&](const std::string&) {
    if (++looks == 2) call.cancel.cancel();
    return Result<std::string>(task("running"));
  });
  Waiting waiting;
  const auto status = waiting.run(caller, TaskPatience::without_end, call);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code.value(), EINTR);
  EXPECT_TRUE(status.error().maybe_done);
  EXPECT_EQ(looks, 2);
}

TEST(Pause, EndsByTimeOrByCancel) {
  CancelToken token;
  EXPECT_FALSE(pause(std::chrono::milliseconds{1}, token));
  std::thread canceller([token] { token.cancel(); });
  EXPECT_TRUE(pause(std::chrono::hours{1}, token));
  canceller.join();
}

}  // namespace
}  // namespace vtpmfs::vsphere
