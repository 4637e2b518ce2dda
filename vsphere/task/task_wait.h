// Waiting for a task of vCenter.
#pragma once

#include <functional>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"
#include "vsphere/restore_target.h"

class xsd__anyType;

namespace vtpmfs::vsphere {

class SoapCaller;

enum class TaskPatience {
  until_timeout,  ///< call.timeout bounds the whole wait
  without_end,    ///< call.timeout bounds each request; a server out of reach is waited for
};

/// Whether a task that succeeded has to say what came of it.
enum class TaskResult {
  expected,  ///< success without a result is an error: no list of files is not an empty one
  optional,
};

/// What to do with TaskInfo.result, null where the task has none; valid during the call only.
using TaskResultReader = std::function<Status(const xsd__anyType* result)>;

/// Waits on the calling thread until the task ended. A task that failed gives the Error of its
/// fault; one that has vanished, or that does not show its state, EIO with maybe_done, since what
/// it did is unknown; EINTR when cancelled and ETIMEDOUT when out of time, both with maybe_done:
/// the task goes on.
///
/// Without end, a question that got no answer, half of one or none that can be read is asked again,
/// for the task is not ended by that; only a fault, a refused login and cancelling end the wait
/// (with maybe_done). Meanwhile `call.silence` is told, see there.
///
/// Polls info.state with growing pauses (50 ms to 2 s) instead of waiting at the server: a filter
/// and a collector of its own would cost four more calls for a task of a second or two, and
/// session-bound objects that a new login takes away in the middle.
Status wait_for_task(SoapCaller& caller, const MoRef& task, const Call& call, TaskPatience patience,
                     const TaskProgress& progress, const TaskResultReader& take_result,
                     TaskResult wanted = TaskResult::expected);

}  // namespace vtpmfs::vsphere
