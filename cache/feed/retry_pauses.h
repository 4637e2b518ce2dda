// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace vtpmfs::cache {

/// Each pause is twice as long as the former one, up to the longest; of each, a random part between
/// a half and all of it is taken: a thousand mounts that lost their vCenter in one moment must not
/// come back in one. Not thread-safe.
class RetryPauses {
 public:
  using Pause = std::chrono::milliseconds;

  RetryPauses(Pause first, Pause longest, uint32_t seed)
      : first_(first), longest_(longest), random_(seed) {}

  Pause next() {
    whole_ = whole_.count() == 0 ? first_ : std::min(whole_ * 2, longest_);
    return Pause(
        std::uniform_int_distribution<Pause::rep>(whole_.count() / 2, whole_.count())(random_));
  }
  /// A try succeeded.
  void reset() { whole_ = Pause(0); }

 private:
  const Pause first_;
  const Pause longest_;
  Pause whole_{0};
  std::minstd_rand random_;
};

}  // namespace vtpmfs::cache
