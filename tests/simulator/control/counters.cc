#include "tests/simulator/control/counters.h"

#include <algorithm>

namespace vtpmfs::simulator {
namespace {

uint64_t& counter_of(Counters::Counts& counts, std::string_view name) {
  const auto found = counts.find(name);
  return found != counts.end() ? found->second : counts.emplace(name, 0).first->second;
}

}  // namespace

void Counters::count(std::string_view kind) {
  const std::scoped_lock hold(lock_);
  ++counter_of(counts_, kind);
}

void Counters::count_file(std::string_view target) {
  const std::scoped_lock hold(lock_);
  ++counter_of(files_, target.substr(0, target.find('?')));
}

void Counters::count_properties(std::string_view paths) {
  const std::scoped_lock hold(lock_);
  ++counter_of(properties_, paths);
}

uint64_t Counters::of(std::string_view kind) const {
  const std::scoped_lock hold(lock_);
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

Counters::Counts Counters::all() const {
  const std::scoped_lock hold(lock_);
  return counts_;
}

Counters::Counts Counters::peaks() const {
  const std::scoped_lock hold(lock_);
  return peaks_;
}

Counters::Counts Counters::files() const {
  const std::scoped_lock hold(lock_);
  return files_;
}

Counters::Counts Counters::properties() const {
  const std::scoped_lock hold(lock_);
  return properties_;
}

void Counters::reset() {
  const std::scoped_lock hold(lock_);
  counts_.clear();
  files_.clear();
  properties_.clear();
  peaks_ = under_way_;
}

Counters::UnderWay::UnderWay(Counters& counters, std::string_view kind)
    : counters_(counters), kind_(kind) {
  const std::scoped_lock hold(counters_.lock_);
  const uint64_t now = ++counter_of(counters_.under_way_, kind_);
  uint64_t& peak = counter_of(counters_.peaks_, kind_);
  peak = std::max(peak, now);
}

Counters::UnderWay::~UnderWay() {
  const std::scoped_lock hold(counters_.lock_);
  --counter_of(counters_.under_way_, kind_);
}

}  // namespace vtpmfs::simulator
