#include "fs/kernel/waiting_requests.h"

#include <cerrno>
#include <utility>

#include "fs/kernel/request.h"

namespace vtpmfs::fs::kernel {

WaitingRequests::WaitingRequests() : thread_([this] { run(); }) {}

WaitingRequests::~WaitingRequests() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool WaitingRequests::add(Request* request, std::weak_ptr<Request> reference) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(request, std::move(reference));
  return !draining_;
}

void WaitingRequests::remove(Request* request) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(request);
  // Under the lock: once it is free, abandon() may return and this object be destroyed.
  changed_.notify_all();
}

void WaitingRequests::interrupt(std::weak_ptr<Request> request) {
  const std::lock_guard lock(mutex_);
  interrupts_.push_back(std::move(request));
  changed_.notify_all();
}

size_t WaitingRequests::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

std::deque<std::weak_ptr<Request>> WaitingRequests::all() const {
  std::deque<std::weak_ptr<Request>> requests;
  for (const auto& [request, reference] : waiting_) requests.push_back(reference);
  return requests;
}

void WaitingRequests::drain() {
  std::deque<std::weak_ptr<Request>> requests;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    requests = all();
  }
  for (const auto& reference : requests) {
    if (const auto request = reference.lock()) {
      request->abandon(Request::Abandon::what_may_be_let_go);
    }
  }
}

void WaitingRequests::abandon() {
  std::deque<std::weak_ptr<Request>> requests;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    requests = all();
  }
  for (const auto& reference : requests) {
    if (const auto request = reference.lock()) request->abandon(Request::Abandon::everything);
  }
  // Others may be in the middle of their own answer.
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty(); });
}

void WaitingRequests::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !interrupts_.empty(); });
    if (stopping_) return;
    const std::weak_ptr<Request> reference = std::move(interrupts_.front());
    interrupts_.pop_front();
    lock.unlock();
    if (const auto request = reference.lock()) request->interrupt();
    lock.lock();
  }
}

}  // namespace vtpmfs::fs::kernel
