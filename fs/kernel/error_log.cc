#include "fs/kernel/error_log.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "vsphere/logged_operation.h"

namespace vtpmfs::fs::kernel {
namespace {

/// "EIO" for EIO; strerror is neither thread-safe nor short.
const char* errno_name(Errno code) {
  const char* name = strerrorname_np(code.value());
  return name != nullptr ? name : "unknown errno";
}

}  // namespace

void ErrorLog::failed(Operation operation, InodeNumber inode, const Error& error) {
  const vsphere::LoggedOperation of(error.operation_id);
  if (error.code == Errno{EIO}) {
    uint64_t suppressed = 0;
    if (may_warn(suppressed)) {
      spdlog::warn("{} of inode {:x}: EIO: {}", name_of(operation), inode.value, error.words);
      if (suppressed > 0) spdlog::warn("{} more EIO were not logged before this one", suppressed);
    }
    return;
  }
  spdlog::debug("{} of inode {:x}: {}: {}", name_of(operation), inode.value, errno_name(error.code),
                error.words);
}

bool ErrorLog::may_warn(uint64_t& suppressed) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (in_period_ == 0 || now - period_start_ >= kPeriod) {
    period_start_ = now;
    in_period_ = 0;
  }
  if (in_period_ >= kBurst) {
    ++suppressed_;
    return false;
  }
  ++in_period_;
  suppressed = std::exchange(suppressed_, 0);
  return true;
}

}  // namespace vtpmfs::fs::kernel
