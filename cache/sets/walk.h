// Recognises somebody who reads one VM after another, as cp does, and says who comes next.
//
// Neighbours are neighbours in the tree, folder by folder, in one of the orders in which tools go
// through a directory: by name as it is listed (tar, rsync, find), or by inode number (cp sorts
// so). VMs that cannot be read now are passed over. How many are named grows with the walk and
// shrinks with its pace, up to 128: what is fetched and then not read is bounded by what was read,
// and by what is read within two seconds. Thread-safe; asks the inventory only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "cache/clock.h"
#include "cache/inventory.h"

namespace vtpmfs::cache {

class Walk {
 public:
  /// Whether a VM has an nvram that a walk would read.
  using Readable = std::function<bool(const MoRef&)>;

  /// What a directory's children are sorted by; none: their names.
  using SortKey = std::function<uint64_t(const MoRef&)>;

  Walk(const Inventory& inventory, const Clock& clock, SortKey key)
      : inventory_(inventory), clock_(clock), key_(std::move(key)) {}

  /// This VM is read now. Returns the VMs to fetch ahead: none most of the time, and many at once.
  std::vector<MoRef> reads(const MoRef& vm, const Readable& readable);
  /// True once where nobody reads on any more: what reads() named and is not begun yet is not
  /// wanted. To be asked regularly, while nobody waits for a VM's bytes.
  bool has_stopped();
  /// How many VMs were read in a row; 0 where nobody walks this way.
  [[nodiscard]] size_t length() const;

 private:
  [[nodiscard]] bool is_next(const MoRef& vm, const Readable& readable, size_t& position) const;
  bool find(const MoRef& vm, size_t& position);
  void list_tree(const MoRef& vm);
  [[nodiscard]] size_t window() const;
  [[nodiscard]] bool was_passed(const MoRef& vm) const;

  const Inventory& inventory_;
  const Clock& clock_;
  const SortKey key_;
  mutable std::mutex mutex_;
  std::vector<MoRef> order_;  ///< all shown VMs, as the tree shows them
  MonotonicTime listed_at_{};
  MonotonicTime last_read_{};
  MonotonicTime stepped_at_{};       ///< from one VM to the next
  MonotonicTime::duration pace_{0};  ///< of a step, on the average
  bool began_ = false;
  size_t position_ = 0;   ///< of the VM that was read last
  size_t in_a_row_ = 0;   ///< 0: nobody knows where it is
  size_t ahead_end_ = 0;  ///< all before this were returned, or read
};

}  // namespace vtpmfs::cache
