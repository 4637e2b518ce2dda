#include "tests/simulator/control/counters.h"

namespace vtpmfs::simulator {

void Counters::count(std::string_view kind) {
  const std::scoped_lock hold(lock_);
  const auto found = counts_.find(kind);
  if (found != counts_.end()) {
    ++found->second;
  } else {
    counts_.emplace(kind, 1);
  }
}

uint64_t Counters::of(std::string_view kind) const {
  const std::scoped_lock hold(lock_);
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

std::map<std::string, uint64_t, std::less<>> Counters::all() const {
  const std::scoped_lock hold(lock_);
  return counts_;
}

void Counters::reset() {
  const std::scoped_lock hold(lock_);
  counts_.clear();
}

}  // namespace vtpmfs::simulator
