// Signals, taken by one thread that may do what a handler may not.
#pragma once

#include <functional>
#include <map>
#include <thread>

namespace vtpmfs::fs {

/// Blocks the signals of `actions` in the calling thread, and so in all that it starts later; a
/// thread of its own waits for them and runs their action. Make it before any other thread. The
/// destructor ends and joins.
class Signals {
 public:
  explicit Signals(std::map<int, std::function<void()>> actions);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

 private:
  void wait();

  const std::map<int, std::function<void()>> actions_;
  int descriptor_ = -1;
  int wake_ = -1;
  std::thread thread_;
};

}  // namespace vtpmfs::fs
