// What the kernel's file handles stand for.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace vtpmfs::fs::kernel {

/// Numbers, not addresses: a handle that was never given out finds nothing. Whatever is still open
/// when the session ends is let go of with the table. `T` is a shared pointer, so an operation that
/// is under way keeps what it found, also across the kernel's release. Thread-safe.
template <class T>
class HandleTable {
 public:
  uint64_t add(T opened) {
    const std::lock_guard lock(mutex_);
    const uint64_t handle = ++last_;
    opened_.emplace(handle, std::move(opened));
    return handle;
  }

  /// Null where there is no such handle.
  [[nodiscard]] T find(uint64_t handle) const {
    const std::lock_guard lock(mutex_);
    const auto found = opened_.find(handle);
    return found == opened_.end() ? T{} : found->second;
  }

  /// Its destructor runs in the caller, without the lock.
  T remove(uint64_t handle) {
    const std::lock_guard lock(mutex_);
    const auto found = opened_.find(handle);
    if (found == opened_.end()) return T{};
    T opened = std::move(found->second);
    opened_.erase(found);
    return opened;
  }

  [[nodiscard]] size_t size() const {
    const std::lock_guard lock(mutex_);
    return opened_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, T> opened_;
  uint64_t last_ = 0;
};

}  // namespace vtpmfs::fs::kernel
