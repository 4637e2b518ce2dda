// How many requests of each kind came, and how many failed. For metrics and tests.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "fs/kernel/operation.h"

namespace vtpmfs::fs::kernel {

struct RequestCounts {
  struct Count {
    uint64_t requests = 0;
    uint64_t errors = 0;  ///< answered with an errno
  };
  std::array<Count, kOperationNames.size()> of{};
  uint64_t io_errors = 0;    ///< EIO of any kind: each has its cause in the log
  uint64_t interrupted = 0;  ///< callers that were let go
  uint64_t dropped = 0;      ///< nobody answered: a bug
  uint64_t waiting = 0;      ///< not answered yet

  [[nodiscard]] const Count& operator[](Operation operation) const {
    return of[static_cast<size_t>(operation)];
  }
};

/// Thread-safe, lock-free.
class RequestCounters {
 public:
  void request(Operation operation) { at(operation).requests.fetch_add(1, kRelaxed); }
  void error(Operation operation) { at(operation).errors.fetch_add(1, kRelaxed); }
  void io_error() { io_errors_.fetch_add(1, kRelaxed); }
  void interrupted() { interrupted_.fetch_add(1, kRelaxed); }
  void dropped() { dropped_.fetch_add(1, kRelaxed); }

  [[nodiscard]] RequestCounts snapshot() const {
    RequestCounts counts;
    for (size_t i = 0; i < counters_.size(); ++i) {
      counts.of[i] = {counters_[i].requests.load(kRelaxed), counters_[i].errors.load(kRelaxed)};
    }
    counts.io_errors = io_errors_.load(kRelaxed);
    counts.interrupted = interrupted_.load(kRelaxed);
    counts.dropped = dropped_.load(kRelaxed);
    return counts;
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  struct Counter {
    std::atomic<uint64_t> requests{0};
    std::atomic<uint64_t> errors{0};
  };
  Counter& at(Operation operation) { return counters_[static_cast<size_t>(operation)]; }

  std::array<Counter, kOperationNames.size()> counters_;
  std::atomic<uint64_t> io_errors_{0}, interrupted_{0}, dropped_{0};
};

}  // namespace vtpmfs::fs::kernel
