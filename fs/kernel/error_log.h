// Says in the log why requests failed, without letting a broken server fill it.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "fs/kernel/operation.h"
#include "fs/node.h"

namespace vtpmfs::fs::kernel {

/// Every error is a line at debug; EIO, whose cause the program never sees, is a warning too: at
/// most kBurst lines in kPeriod, the rest is counted and told with the next one. Thread-safe.
class ErrorLog {
 public:
  static constexpr unsigned kBurst = 20;
  static constexpr std::chrono::seconds kPeriod{10};

  void failed(Operation operation, InodeNumber inode, const Error& error);

 private:
  /// Whether another warning may be written now; `suppressed` is how many were not, before it.
  bool may_warn(uint64_t& suppressed);

  std::mutex mutex_;
  std::chrono::steady_clock::time_point period_start_{};
  unsigned in_period_ = 0;
  uint64_t suppressed_ = 0;
};

}  // namespace vtpmfs::fs::kernel
