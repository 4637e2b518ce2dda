#include "cache/sets/walk.h"

#include <algorithm>
#include <utility>

namespace vtpmfs::cache {
namespace {

/// So many VMs are fetched ahead at most; the next ones when a quarter of them was read. What comes
/// and what is asked about is not all of it then: the line of downloads never runs empty.
constexpr size_t kWindow = 128;
/// ... and so many at least: what keeps the parallel downloads busy.
constexpr size_t kNarrowest = 8;
/// As many times of what was read already: who stops early has cost little.
constexpr size_t kGrowth = 4;
/// No more than is read within this time, at the pace of the walk: where answers are slow, that is
/// fewer.
constexpr std::chrono::milliseconds kHorizon{2000};
/// Who has not read on for so long, or so many times his pace, has stopped.
constexpr std::chrono::milliseconds kStopped{1000};
constexpr int kPacesToStop = 8;
/// The part of the newest step in the pace.
constexpr int kPaceWeight = 4;
/// Tools with several readers come back to so many of the last VMs.
constexpr size_t kBehind = 4;
/// This many in a row make a walk.
constexpr size_t kRow = 2;
/// A walk that pauses longer has ended.
constexpr std::chrono::seconds kPause{5};
/// The order of the tree is listed anew after this time, where a VM is not where it was expected.
constexpr std::chrono::seconds kOrderAge{5};
/// Folders in folders; the inventory has no circles, but it may change while it is listed.
constexpr unsigned kMaxDepth = 200;

void list_below(const Inventory& inventory, const MoRef& directory, unsigned depth,
                const Walk::SortKey& key, std::vector<MoRef>& order) {
  if (depth > kMaxDepth) return;
  std::vector<std::pair<uint64_t, Place>> children;
  for (Place& place : inventory.children(directory)) {
    const uint64_t rank = key ? key(place.id) : children.size();
    children.emplace_back(rank, std::move(place));
  }
  if (key) {
    std::sort(children.begin(), children.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  for (const auto& [rank, place] : children) {
    if (place.kind == PlaceKind::vm) {
      order.push_back(place.id);
    } else {
      list_below(inventory, place.id, depth + 1, key, order);
    }
  }
}

}  // namespace

void Walk::list_tree(const MoRef& vm) {
  auto top = inventory_.place(vm);
  for (unsigned depth = 0; top && top->kind != PlaceKind::root && depth < kMaxDepth; ++depth) {
    auto above = inventory_.place(top->parent);
    if (!above) break;
    top = std::move(above);
  }
  order_.clear();
  if (top) list_below(inventory_, top->id, 0, key_, order_);
  listed_at_ = clock_.monotonic();
}

bool Walk::find(const MoRef& vm, size_t& position) {
  for (const bool again : {false, true}) {
    if (again) {
      if (!order_.empty() && clock_.monotonic() - listed_at_ < kOrderAge) return false;
      list_tree(vm);
    }
    const auto found = std::find(order_.begin(), order_.end(), vm);
    if (found == order_.end()) continue;
    position = static_cast<size_t>(found - order_.begin());
    return true;
  }
  return false;
}

bool Walk::is_next(const MoRef& vm, const Readable& readable, size_t& position) const {
  for (size_t next = position_ + 1; next < order_.size(); ++next) {
    if (order_[next] == vm) {
      position = next;
      return true;
    }
    if (readable(order_[next])) return false;
  }
  return false;
}

bool Walk::was_passed(const MoRef& vm) const {
  const size_t first = position_ < kBehind ? 0 : position_ - kBehind;
  for (size_t at = position_ + 1; at-- > first;) {
    if (order_[at] == vm) return true;
  }
  return false;
}

size_t Walk::window() const {
  size_t window = std::min(kWindow, kGrowth * in_a_row_);
  if (pace_.count() > 0) {
    window = std::min(window, static_cast<size_t>(MonotonicTime::duration(kHorizon) / pace_));
  }
  return std::max(window, kNarrowest);
}

bool Walk::has_stopped() {
  const std::lock_guard lock(mutex_);
  if (in_a_row_ < kRow || ahead_end_ <= position_ + 1) return false;
  const auto patience = std::max<MonotonicTime::duration>(kStopped, pace_ * kPacesToStop);
  if (clock_.monotonic() - last_read_ <= patience) return false;
  ahead_end_ = position_ + 1;  // who goes on after all is told of them again
  return true;
}

size_t Walk::length() const {
  const std::lock_guard lock(mutex_);
  return in_a_row_;
}

std::vector<MoRef> Walk::reads(const MoRef& vm, const Readable& readable) {
  const std::lock_guard lock(mutex_);
  const MonotonicTime now = clock_.monotonic();
  if (!began_ || now - last_read_ > kPause) {
    began_ = true;
    in_a_row_ = 0;
    if (now - listed_at_ > kOrderAge) order_.clear();
  }
  last_read_ = now;
  if (in_a_row_ > 0 && was_passed(vm)) return {};  // another of its files
  size_t position = 0;
  if (in_a_row_ > 0 && is_next(vm, readable, position)) {
    ++in_a_row_;
    pace_ =
        in_a_row_ == kRow ? now - stepped_at_ : pace_ + (now - stepped_at_ - pace_) / kPaceWeight;
  } else {
    in_a_row_ = find(vm, position) ? 1 : 0;
    ahead_end_ = position + 1;
  }
  position_ = position;
  stepped_at_ = now;
  if (in_a_row_ < kRow) return {};
  ahead_end_ = std::max(ahead_end_, position_ + 1);
  if (ahead_end_ - (position_ + 1) > window() - window() / 4) return {};
  const size_t end = std::min(order_.size(), position_ + 1 + window());
  std::vector<MoRef> next;
  for (; ahead_end_ < end; ++ahead_end_) {
    if (readable(order_[ahead_end_])) next.push_back(order_[ahead_end_]);
  }
  return next;
}

}  // namespace vtpmfs::cache
