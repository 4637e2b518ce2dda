// Passes changes of the model on while somebody wants to hear of them.
#pragma once

#include <memory>
#include <mutex>

#include "fs/tree/change_translator.h"

namespace vtpmfs::fs {

/// Told by the feed's threads, connected and cut off by the mount. Thread-safe.
class ChangeRelay {
 public:
  /// Returns when nobody is using the former translator any more.
  void connect(std::shared_ptr<ChangeTranslator> translator) {
    const std::lock_guard hold(lock_);
    translator_ = std::move(translator);
  }
  /// A translator only queues and never calls back, so it may be told under the lock.
  void tell(const cache::InventoryChange& change) {
    const std::lock_guard hold(lock_);
    if (translator_) translator_->tell(change);
  }

 private:
  std::mutex lock_;
  std::shared_ptr<ChangeTranslator> translator_;
};

}  // namespace vtpmfs::fs
