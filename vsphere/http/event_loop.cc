#include "vsphere/http/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <memory>

namespace vtpmfs::vsphere::http {

Result<std::unique_ptr<EventLoop>> EventLoop::start(int max_connections) {
  // curl_global_init is thread-safe and counted in this curl; a process never takes it back.
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return fail(EIO, "libcurl cannot be initialised");
  std::unique_ptr<CURLM, CloseMulti> multi(curl_multi_init());
  if (!multi) return fail(ENOMEM, "libcurl gives no multi handle");
  const long connections = max_connections;
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, connections);
  curl_multi_setopt(multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  curl_multi_setopt(multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, connections);
  curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(multi)));
}

EventLoop::EventLoop(std::unique_ptr<CURLM, CloseMulti> multi)
    : multi_(std::move(multi)), thread_([this] { run(); }) {}

EventLoop::~EventLoop() {
  stop();
}

bool EventLoop::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  posted_.push_back(std::move(work));
  curl_multi_wakeup(multi_.get());
  return true;
}

void EventLoop::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    curl_multi_wakeup(multi_.get());
  }
  if (thread_.joinable()) thread_.join();
}

void EventLoop::attach(CURL* easy, std::function<void(CURLcode)> ended) {
  transfers_.emplace(easy, std::move(ended));
  if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) {
    // Not from within attach(): its caller expects the end later.
    call_at(Clock::now(), [this, easy] {
      if (auto node = transfers_.extract(easy)) node.mapped()(CURLE_FAILED_INIT);
    });
  }
}

void EventLoop::detach(CURL* easy) {
  transfers_.erase(easy);
  curl_multi_remove_handle(multi_.get(), easy);
}

EventLoop::TimerId EventLoop::call_at(Clock::time_point when, std::function<void()> work) {
  const TimerId id = ++last_timer_;
  timer_times_.emplace(id, when);
  timers_.emplace(std::make_pair(when, id), std::move(work));
  return id;
}

void EventLoop::forget(TimerId timer) {
  auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, timer});
  timer_times_.erase(found);
}

void EventLoop::run() {
  for (;;) {
    run_posted();
    run_timers();
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    reap();
    {
      std::lock_guard lock(mutex_);
      if (stopping_ && posted_.empty()) break;
      if (!posted_.empty()) continue;
    }
    curl_multi_poll(multi_.get(), nullptr, 0, milliseconds_to_wait(), nullptr);
  }
  while (!transfers_.empty()) detach(transfers_.begin()->first);
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> work;
  {
    std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (auto& one : work) one();
}

void EventLoop::run_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    timer_times_.erase(node.key().second);
    node.mapped()();
  }
}

void EventLoop::reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    auto node = transfers_.extract(easy);
    curl_multi_remove_handle(multi_.get(), easy);
    if (node) node.mapped()(code);
  }
}

int EventLoop::milliseconds_to_wait() const {
  // curl_multi_poll shortens this by itself to curl's own next timeout.
  constexpr std::chrono::milliseconds kLongest{60000};
  if (timers_.empty()) return static_cast<int>(kLongest.count());
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, kLongest).count());
}

}  // namespace vtpmfs::vsphere::http
