// How far a process comes before it is killed, counted in what others can see of it: requests sent,
// answers received, records written.
#pragma once

#include <atomic>
#include <functional>
#include <limits>

namespace vtpmfs::fs::made {

/// Thread-safe but for `at_death`, which is set before.
class Mortality {
 public:
  std::function<void()> at_death;

  void dies_after(long steps) { left_ = steps; }
  void lives() { left_ = std::numeric_limits<long>::max(); }
  [[nodiscard]] bool dead() const { return left_ < 0; }
  /// One more point is passed; false where the process did not live to see it.
  bool step() {
    const long before = left_.fetch_sub(1);
    if (before == 0 && at_death) at_death();
    return before > 0;
  }

 private:
  std::atomic<long> left_{std::numeric_limits<long>::max()};
};

}  // namespace vtpmfs::fs::made
