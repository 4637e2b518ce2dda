// What the kernel was told of a file last.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "fs/node.h"

namespace vtpmfs::fs {

/// The kernel reads a file up to the size that it was told, and does not ask again at open. Where a
/// file is about to be opened with another size or time than was told last, it must ask first.
/// What is open of a file that has gone is still asked for its attributes (fstat).
/// Thread-safe. Memory: about 60 bytes for a file that was looked at.
class ToldFiles {
 public:
  struct Told {
    uint64_t size = 0;
    TimePoint time;
  };

  void tell(InodeNumber file, uint64_t size, TimePoint time) {
    const std::lock_guard lock(mutex_);
    Known& known = told_[file.value];
    known.told = Told{size, time};
    known.gone = false;
  }
  [[nodiscard]] bool told(InodeNumber file, uint64_t size, TimePoint time) const {
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(file.value);
    return found != told_.end() && !found->second.gone && found->second.told.size == size &&
           found->second.told.time == time;
  }
  /// The file has gone; what was told of it is kept while it is open.
  void forget(InodeNumber file) {
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(file.value);
    if (found == told_.end()) return;
    found->second.gone = true;
    drop_unused(found);
  }

  void opened(InodeNumber file) {
    const std::lock_guard lock(mutex_);
    ++told_[file.value].opens;
  }
  void closed(InodeNumber file) {
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(file.value);
    if (found == told_.end()) return;
    --found->second.opens;
    drop_unused(found);
  }
  /// What was told last of a file that has gone and is open still.
  [[nodiscard]] std::optional<Told> open_still(InodeNumber file) const {
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(file.value);
    if (found == told_.end() || found->second.opens == 0) return std::nullopt;
    return found->second.told;
  }

 private:
  struct Known {
    Told told;
    uint32_t opens = 0;
    bool gone = false;
  };
  using Files = std::unordered_map<uint64_t, Known>;

  void drop_unused(Files::iterator file) {
    if (file->second.gone && file->second.opens == 0) told_.erase(file);
  }

  mutable std::mutex mutex_;
  Files told_;
};

}  // namespace vtpmfs::fs
