// Interface. Where vtpmfs keeps what must survive a remount: first-seen times, staging, journals.
#pragma once

#include <memory>
#include <string>

#include "vsphere/error.h"

namespace vtpmfs::cache {

/// A directory of our own, 0700, made if absent, locked (flock on `lock`) by one read-write mount.
/// With read_only no lock is taken and times are kept beside (times.ro). EBUSY names the holder's
/// pid.
class StateDirectory {
 public:
  static Result<StateDirectory> open(const std::string& path, bool read_only);
  StateDirectory(StateDirectory&&) noexcept;
  StateDirectory& operator=(StateDirectory&&) noexcept;
  ~StateDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool read_only() const { return read_only_; }

 private:
  StateDirectory(std::string path, bool read_only, int lock_fd);
  std::string path_;
  bool read_only_ = false;
  int lock_fd_ = -1;
};

}  // namespace vtpmfs::cache
