// The one thread on which curl works.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::vsphere::http {

/// One curl_multi, its thread, and timers. post() may be called from everywhere and wakes the
/// thread within microseconds; all the rest only from the loop's own thread (from posted functions,
/// timers and ends of transfers). Nothing that runs here may block. stop() or the destructor runs
/// what was posted until then and joins; handles still attached then are detached without a word.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;

  static Result<std::unique_ptr<EventLoop>> start(int max_connections);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  /// Runs `work` on the loop's thread. False, and nothing will run, once the loop was stopped.
  bool post(std::function<void()> work);
  void stop();

  /// Drives the transfer; `ended` runs once when it is over, unless it was detached before.
  void attach(CURL* easy, std::function<void(CURLcode)> ended);
  /// Breaks the transfer off where it still runs.
  void detach(CURL* easy);

  using TimerId = uint64_t;
  TimerId call_at(Clock::time_point when, std::function<void()> work);
  void forget(TimerId timer);

 private:
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  explicit EventLoop(std::unique_ptr<CURLM, CloseMulti> multi);
  void run();
  void run_posted();
  void run_timers();
  void reap();
  [[nodiscard]] int milliseconds_to_wait() const;

  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  bool stopping_ = false;

  // The loop's thread only.
  std::unordered_map<CURL*, std::function<void(CURLcode)>> transfers_;
  std::map<std::pair<Clock::time_point, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, Clock::time_point> timer_times_;
  TimerId last_timer_ = 0;

  std::thread thread_;
};

}  // namespace vtpmfs::vsphere::http
