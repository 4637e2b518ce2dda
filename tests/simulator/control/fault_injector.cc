#include "tests/simulator/control/fault_injector.h"

namespace vtpmfs::simulator {
namespace {

bool matches(const Injection& injection, std::string_view kind, std::string_view target) {
  constexpr std::string_view kUrl = "url:";
  const std::string_view match = injection.match;
  if (match.empty()) return true;
  if (match.rfind(kUrl, 0) == 0) return target.find(match.substr(4)) != std::string_view::npos;
  return match == kind;
}

}  // namespace

FaultInjector::Entry* FaultInjector::find(int number) {
  for (auto& entry : entries_) {
    if (entry.number == number) return &entry;
  }
  return nullptr;
}

int FaultInjector::add(Injection injection) {
  const std::scoped_lock hold(lock_);
  entries_.push_back({++last_, std::move(injection)});
  return last_;
}

void FaultInjector::release(int number) {
  {
    const std::scoped_lock hold(lock_);
    if (Entry* entry = find(number)) entry->released = true;
  }
  wake_.notify_all();
}

void FaultInjector::clear() {
  {
    const std::scoped_lock hold(lock_);
    entries_.clear();  // who waits for one of them goes on
  }
  wake_.notify_all();
}

int FaultInjector::hits(int number) const {
  const std::scoped_lock hold(lock_);
  for (const auto& entry : entries_) {
    if (entry.number == number) return entry.hits;
  }
  return 0;
}

int FaultInjector::held(int number) const {
  const std::scoped_lock hold(lock_);
  for (const auto& entry : entries_) {
    if (entry.number == number) return entry.held;
  }
  return 0;
}

void FaultInjector::set_latency(std::chrono::milliseconds latency) {
  const std::scoped_lock hold(lock_);
  latency_ = latency;
}

std::optional<FaultInjector::Hit> FaultInjector::next(std::string_view kind,
                                                      std::string_view target) {
  const std::scoped_lock hold(lock_);
  std::optional<Hit> hit;
  for (auto& entry : entries_) {
    if (!matches(entry.injection, kind, target)) continue;
    ++entry.seen;  // also where an earlier injection takes the request: n counts requests
    const Injection& injection = entry.injection;
    const bool due =
        entry.seen >= injection.first && (injection.count == 0 || entry.hits < injection.count);
    if (!due || hit) continue;
    ++entry.hits;
    hit = Hit{entry.number, injection};
  }
  return hit;
}

void FaultInjector::wait_latency() {
  std::unique_lock hold(lock_);
  if (latency_.count() > 0) wake_.wait_for(hold, latency_, [this] { return stopped_; });
}

void FaultInjector::wait(std::chrono::milliseconds time) {
  std::unique_lock hold(lock_);
  wake_.wait_for(hold, time, [this] { return stopped_; });
}

void FaultInjector::wait_release(int number) {
  std::unique_lock hold(lock_);
  if (Entry* entry = find(number)) ++entry->held;
  wake_.wait(hold, [&] {
    const Entry* entry = find(number);
    return stopped_ || entry == nullptr || entry->released;
  });
  if (Entry* entry = find(number)) --entry->held;
}

void FaultInjector::stop() {
  {
    const std::scoped_lock hold(lock_);
    stopped_ = true;
  }
  wake_.notify_all();
}

}  // namespace vtpmfs::simulator
