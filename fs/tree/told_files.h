// What the kernel was told of a file last.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "fs/node.h"

namespace vtpmfs::fs {

/// The kernel reads a file up to the size that it was told, and does not ask again at open. Where a
/// file is about to be opened with another size or time than was told last, it must ask first.
/// Thread-safe. Memory: about 60 bytes for a file that was looked at.
class ToldFiles {
 public:
  void tell(InodeNumber file, uint64_t size, TimePoint time) {
    const std::lock_guard lock(mutex_);
    told_.insert_or_assign(file.value, Told{size, time});
  }
  [[nodiscard]] bool told(InodeNumber file, uint64_t size, TimePoint time) const {
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(file.value);
    return found != told_.end() && found->second.size == size && found->second.time == time;
  }
  /// The file has gone.
  void forget(InodeNumber file) {
    const std::lock_guard lock(mutex_);
    told_.erase(file.value);
  }

 private:
  struct Told {
    uint64_t size = 0;
    TimePoint time;
  };
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Told> told_;
};

}  // namespace vtpmfs::fs
