#include "vsphere/http/repeat_rules.h"

namespace vtpmfs::vsphere::http {

bool RepeatRules::after_lost_connection() {
  if (lost_once_) return false;
  lost_once_ = true;
  return true;
}

std::chrono::milliseconds RepeatRules::after_busy_answer(std::minstd_rand& random) {
  constexpr int kMaxRepeats = 3;
  constexpr int kFirstWait = 200;
  if (busy_ == kMaxRepeats) return std::chrono::milliseconds{0};
  const int longest = kFirstWait << busy_++;
  return std::chrono::milliseconds{std::uniform_int_distribution(longest / 2, longest)(random)};
}

}  // namespace vtpmfs::vsphere::http
