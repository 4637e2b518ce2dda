// Interface. What goes along with every call to vCenter.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "vsphere/cancel.h"

namespace vtpmfs::vsphere {

/// How long a caller waits, whether it still waits, and under which name vCenter logs it.
struct Call {
  /// ETIMEDOUT after this; counted from the moment of the call, waiting for a connection included.
  std::chrono::milliseconds timeout{60000};
  /// EINTR once cancelled. A request that was sent already may still have its effect.
  CancelToken cancel;
  /// SOAP header operationID (opID in vpxd.log); empty: the connection makes one.
  std::string operation_id;
  /// Told by waits for a task, which `timeout` does not end: true each time when the server has
  /// given no answer for that long again, false when it answers again. Runs on the waiting thread.
  std::function<void(bool silent)> silence = nullptr;
};

}  // namespace vtpmfs::vsphere
