#include "vsphere/task/pause.h"

#include <condition_variable>
#include <mutex>

namespace vtpmfs::vsphere {

bool pause(std::chrono::milliseconds time, const CancelToken& cancel) {
  std::mutex mutex;
  std::condition_variable woken;
  bool cancelled = false;
  const auto registration = cancel.on_cancel([&] {
    const std::lock_guard lock(mutex);
    cancelled = true;
    woken.notify_all();
  });
  std::unique_lock lock(mutex);
  return woken.wait_for(lock, time, [&] { return cancelled; });
}

}  // namespace vtpmfs::vsphere
