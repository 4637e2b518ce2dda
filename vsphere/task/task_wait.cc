#include "vsphere/task/task_wait.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/soap/values.h"
#include "vsphere/task/pause.h"

namespace vtpmfs::vsphere {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{2000};

Error may_have_been_done(int code, std::string words) {
  Error error{Errno{code}, std::move(words)};
  error.maybe_done = true;
  return error;
}

Error vanished(const MoRef& task) {
  return may_have_been_done(EIO, "task " + task.value + " has vanished before its end was seen");
}

/// What one look at a task found: nothing yet (empty), or its end.
using Look = std::optional<Status>;

Status take(const ObjectProperties& object, const MoRef& task, const TaskResultReader& take_result,
            TaskResult wanted) {
  constexpr std::string_view kResult = "info.result";
  const auto* result = object.value(kResult);
  if (result == nullptr && wanted == TaskResult::expected) {
    Error error = object.missing(kResult).value_or(
        Error{Errno{EIO}, "task " + task.value + " succeeded and does not say what came of it"});
    error.maybe_done = true;
    return fail(std::move(error));
  }
  return take_result(result);
}

Look look_at(const ObjectProperties& object, const MoRef& task, const TaskProgress& progress,
             const TaskResultReader& take_result, TaskResult wanted) {
  if (object.gone()) return Status(fail(vanished(task)));
  const auto state = object.text("info.state");
  if (!state) {
    // Unreadable is not failed: the task may be at work, or have done it.
    return Status(fail(may_have_been_done(state.error().code.value(),
                                          "task " + task.value + ": " + state.error().words)));
  }
  if (const auto percent = object.integer("info.progress"); progress && percent && *percent) {
    progress(static_cast<int>(std::clamp<int64_t>(**percent, 0, 100)));
  }
  if (*state == "success") return take(object, task, take_result, wanted);
  if (*state != "error") return std::nullopt;
  const auto* fault = value_as<vim25__LocalizedMethodFault>(object.value("info.error"));
  if (fault == nullptr || fault->fault == nullptr) {
    return Status(fail(EIO, "task " + task.value + " failed without a reason"));
  }
  return Status(fail(fault_error(*fault)));
}

/// The connection is away or its answer was garbled, not the task. A refused login is never tried
/// again by itself.
bool may_come_back(const Error& error) {
  if (error.fault != nullptr) return false;
  return error.code != Errno{EINTR} && error.code != Errno{ECANCELED} &&
         error.code != Errno{EACCES};
}

/// Tells who waits that the server is silent, once in each span of call.timeout, and when it
/// answers again.
class Silence {
 public:
  explicit Silence(const Call& call) : call_(call) {}

  void answered() {
    if (told_ && call_.silence) call_.silence(false);
    told_ = false;
    since_ = Clock::now();
  }
  void unanswered() {
    if (Clock::now() - since_ < call_.timeout) return;
    told_ = true;
    since_ = Clock::now();
    if (call_.silence) call_.silence(true);
  }

 private:
  const Call& call_;
  Clock::time_point since_ = Clock::now();
  bool told_ = false;
};

}  // namespace

Status wait_for_task(SoapCaller& caller, const MoRef& task, const Call& call, TaskPatience patience,
                     const TaskProgress& progress, const TaskResultReader& take_result,
                     TaskResult wanted) {
  PropertyCollector collector(caller);
  PropertyQuery query;
  query.properties = {{"Task", {"info.state", "info.error", "info.result", "info.progress"}}};
  query.objects = {task};
  query.report_missing_objects = true;
  const auto deadline = Clock::now() + call.timeout;
  Silence silence(call);
  for (milliseconds rest = kFirstPause;; rest = std::min(rest * 2, kLongestPause)) {
    Look look = Status(fail(vanished(task)));
    const auto asked = collector.retrieve(
        query, call, [] {},
        [&](const vim25__ObjectContent& content) {
          look = look_at(ObjectProperties(content), task, progress, take_result, wanted);
        });
    if (asked && look) return *look;
    if (asked) {
      silence.answered();
    } else {
      if (fault_type(asked.error()) == "ManagedObjectNotFound") return fail(vanished(task));
      if (patience != TaskPatience::without_end || !may_come_back(asked.error())) {
        // The question got no answer; whatever became of it, the task itself was sent.
        Error error = asked.error();
        error.maybe_done = true;
        return fail(std::move(error));
      }
      silence.unanswered();
    }
    if (patience == TaskPatience::until_timeout && Clock::now() + rest > deadline) {
      return fail(may_have_been_done(ETIMEDOUT, "task " + task.value + " takes too long"));
    }
    if (pause(rest, call.cancel)) {
      return fail(may_have_been_done(EINTR, "waiting for task " + task.value + " was interrupted"));
    }
  }
}

}  // namespace vtpmfs::vsphere
