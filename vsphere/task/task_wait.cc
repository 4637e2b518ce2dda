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

Look look_at(const ObjectProperties& object, const MoRef& task, const TaskProgress& progress,
             const TaskResultReader& take_result) {
  if (object.gone()) return Status(fail(vanished(task)));
  const auto state = object.text("info.state");
  if (!state) return Status(fail(state.error()));
  if (const auto percent = object.integer("info.progress"); progress && percent && *percent) {
    progress(static_cast<int>(std::clamp<int64_t>(**percent, 0, 100)));
  }
  if (*state == "success") return take_result(object.value("info.result"));
  if (*state != "error") return std::nullopt;
  const auto* fault = value_as<vim25__LocalizedMethodFault>(object.value("info.error"));
  if (fault == nullptr || fault->fault == nullptr) {
    return Status(fail(EIO, "task " + task.value + " failed without a reason"));
  }
  return Status(fail(fault_error(*fault)));
}

/// The connection is away, not the task.
bool may_come_back(const Error& error) {
  return error.fault == nullptr &&
         (error.code == Errno{EHOSTUNREACH} || error.code == Errno{ETIMEDOUT});
}

}  // namespace

Status wait_for_task(SoapCaller& caller, const MoRef& task, const Call& call, TaskPatience patience,
                     const TaskProgress& progress, const TaskResultReader& take_result) {
  PropertyCollector collector(caller);
  PropertyQuery query;
  query.properties = {{"Task", {"info.state", "info.error", "info.result", "info.progress"}}};
  query.objects = {task};
  query.report_missing_objects = true;
  const auto deadline = Clock::now() + call.timeout;
  for (milliseconds rest = kFirstPause;; rest = std::min(rest * 2, kLongestPause)) {
    Look look = Status(fail(vanished(task)));
    const auto asked = collector.retrieve(
        query, call, [] {},
        [&](const vim25__ObjectContent& content) {
          look = look_at(ObjectProperties(content), task, progress, take_result);
        });
    if (asked && look) return *look;
    if (!asked) {
      if (fault_type(asked.error()) == "ManagedObjectNotFound") return fail(vanished(task));
      if (patience != TaskPatience::without_end || !may_come_back(asked.error())) {
        // The question got no answer; whatever became of it, the task itself was sent.
        Error error = asked.error();
        error.maybe_done = true;
        return fail(std::move(error));
      }
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
