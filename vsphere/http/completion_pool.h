// Threads on which answers are handed over, so that parsing them does not hold up the wire.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vtpmfs::vsphere::http {

/// A fixed number of threads that run what is posted, first come first served. Thread-safe.
/// finish() and the destructor run everything that was posted, also by what they run, and join: a
/// promise to call back is kept.
class CompletionPool {
 public:
  explicit CompletionPool(int threads);
  CompletionPool(const CompletionPool&) = delete;
  CompletionPool& operator=(const CompletionPool&) = delete;
  ~CompletionPool();

  void post(std::function<void()> work);
  /// By one thread, once.
  void finish();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vtpmfs::vsphere::http
