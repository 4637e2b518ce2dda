// What is left of a call's time when it takes more than one request.
#pragma once

#include <algorithm>
#include <chrono>

#include "vsphere/call.h"

namespace vtpmfs::vsphere {

/// Runs from its construction. A plain value.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(std::chrono::milliseconds timeout)
      : at_(Clock::now() + std::min<std::chrono::milliseconds>(timeout, std::chrono::hours{24})) {}

  [[nodiscard]] Clock::time_point at() const { return at_; }

  /// `call` with the time that is left, never below zero.
  [[nodiscard]] Call shorten(Call call) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
    call.timeout = std::max(left, std::chrono::milliseconds{0});
    return call;
  }

 private:
  Clock::time_point at_;
};

}  // namespace vtpmfs::vsphere
