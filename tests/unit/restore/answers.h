// Waiting for restores that run on threads of their own.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "fs/restore/restorer.h"
#include "tests/patience.h"

namespace vtpmfs::fs {

/// Answers of restores, to be waited for.
class Answers {
 public:
  RestoreDone taker() {
    return [this](const Status& result) {
      const std::lock_guard hold(lock_);
      codes_.push_back(result ? 0 : result.error().code.value());
      changed_.notify_all();
    };
  }
  /// Sorted; what came within the deadline.
  std::vector<int> wait_for(size_t count) {
    std::unique_lock hold(lock_);
    changed_.wait_for(hold, patience(std::chrono::seconds(60)),
                      [&] { return codes_.size() >= count; });
    std::vector<int> out = codes_;
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<int> codes_;
};

/// Holds everybody who comes until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock hold(lock_);
    most_ = std::max(most_, ++inside_);
    changed_.notify_all();
    changed_.wait_for(hold, patience(std::chrono::seconds(60)), [&] { return open_; });
    --inside_;
  }
  bool wait_inside(int count) {
    std::unique_lock hold(lock_);
    return changed_.wait_for(hold, patience(std::chrono::seconds(60)),
                             [&] { return inside_ >= count; });
  }
  void open() {
    const std::lock_guard hold(lock_);
    open_ = true;
    changed_.notify_all();
  }
  int most() {
    const std::lock_guard hold(lock_);
    return most_;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0, most_ = 0;
};

}  // namespace vtpmfs::fs
