// The requests that wait for an answer, and the thread that lets interrupted callers go.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace vtpmfs::fs::kernel {

class Request;

/// libfuse runs its interrupt callback with the request's lock held, in which neither a reply may
/// be sent nor foreign code be run. So the callback only queues here, and the thread of this class
/// cancels and answers, with no lock held.
///
/// It also knows every request that outlives its operation, so that nothing answers into a session
/// that has gone: the session drains (lets go of all whom it may) before it stops, and abandons
/// what is left before it is destroyed. Requests are not owned. Thread-safe; its mutex is a leaf:
/// nothing is called while it is held.
class WaitingRequests {
 public:
  WaitingRequests();
  ~WaitingRequests();
  WaitingRequests(const WaitingRequests&) = delete;
  WaitingRequests& operator=(const WaitingRequests&) = delete;

  /// A request begins to wait. False: the session is closing, abandon it at once.
  bool add(Request* request, std::weak_ptr<Request> reference);
  /// It was answered. The last thing that a request does with its session.
  void remove(Request* request);
  /// INTERRUPT came for it.
  void interrupt(std::weak_ptr<Request> request);
  [[nodiscard]] size_t size() const;

  /// Lets go of all who wait and may be let go, and cancels the others; from now on at once.
  void drain();
  /// Answers all that still wait, and returns when each of them was answered.
  void abandon();

 private:
  void run();
  std::deque<std::weak_ptr<Request>> all() const;  // mutex_ held

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<Request*, std::weak_ptr<Request>> waiting_;
  std::deque<std::weak_ptr<Request>> interrupts_;
  bool draining_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vtpmfs::fs::kernel
