// An open directory: the snapshot that its READDIRs go through.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "fs/node.h"

namespace vtpmfs::fs::kernel {

/// A read from the beginning takes a new snapshot when an older one was read (rewinddir), and
/// always when the kernel may keep the listing: it remembers the directory's mtime of that moment
/// with it, and a listing older than the time beside it would be kept for good. Thread-safe.
class OpenListing {
 public:
  explicit OpenListing(OpenDirectoryPtr snapshot) : snapshot_(std::move(snapshot)) {}

  /// Whether a read at offset 0 must begin with replace().
  [[nodiscard]] bool stale() const {
    const std::lock_guard lock(mutex_);
    return read_ || snapshot_->cacheable();
  }
  void replace(OpenDirectoryPtr snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  [[nodiscard]] OpenDirectoryPtr read() {
    const std::lock_guard lock(mutex_);
    read_ = true;
    return snapshot_;
  }

 private:
  mutable std::mutex mutex_;
  OpenDirectoryPtr snapshot_;
  bool read_ = false;
};

using OpenListingPtr = std::shared_ptr<OpenListing>;

}  // namespace vtpmfs::fs::kernel
