// Which VMs a key opens: what by-key/ shows, kept up to date.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/inventory.h"
#include "fs/node.h"

namespace vtpmfs::fs {

class InventoryTree;

/// One moment of by-key/: VMs sorted by provider, key and name. Immutable.
class KeyedVms {
 public:
  using Range = std::pair<const cache::KeyedVm*, const cache::KeyedVm*>;

  explicit KeyedVms(std::vector<cache::KeyedVm> vms);

  /// All, those of a provider, those of a key, or one; `path` as below by-key/.
  [[nodiscard]] Range below(const std::vector<std::string>& path) const;
  /// Names in a directory, sorted; `path` has at most two.
  [[nodiscard]] std::vector<std::string> names_in(const std::vector<std::string>& path) const;
  [[nodiscard]] const cache::KeyedVm* of(const vsphere::MoRef& vm) const;
  [[nodiscard]] const std::vector<cache::KeyedVm>& all() const { return vms_; }

 private:
  const std::vector<cache::KeyedVm> vms_;
  std::unordered_map<vsphere::MoRef, size_t> by_vm_;
};

/// Told of changes by the feed, after the new state can be read; then the kernel is told, too.
/// Thread-safe. Who tells waits for who else tells; readers wait for neither.
class KeyIndex {
 public:
  explicit KeyIndex(const cache::Inventory& inventory);

  [[nodiscard]] std::shared_ptr<const KeyedVms> now() const;
  void tell(const cache::InventoryChange& change);
  /// From now on what changes is told to the kernel; null: no more. Both outlive that.
  void connect(const InventoryTree* tree, KernelNotifier* notifier);

  // -- what the nodes share
  /// The newest time of a VM's files that say where it is and what opens it.
  static TimePoint time_of_link(const InventoryTree& tree, const vsphere::MoRef& vm);
  /// The newest of the links below.
  [[nodiscard]] TimePoint time_of_directory(const InventoryTree& tree,
                                            const std::vector<std::string>& path);
  static InodeNumber inode_of_directory(const InventoryTree& tree,
                                        const std::vector<std::string>& path);
  static InodeNumber inode_of_link(const InventoryTree& tree, const cache::KeyedVm& vm);

 private:
  void tell_difference(const KeyedVms& before, const KeyedVms& after);
  void tell_times(const std::vector<vsphere::MoRef>& vms);
  void tell_entry(const cache::KeyedVm& vm, const KeyedVms& before, const KeyedVms& after);

  const cache::Inventory& inventory_;
  std::mutex telling_;  ///< before mutex_; the notifier only queues, and is called under it
  mutable std::mutex mutex_;
  std::shared_ptr<const KeyedVms> now_;
  uint64_t changes_ = 0;
  std::map<std::vector<std::string>, TimePoint> times_;  ///< of directories, until the next change
  const InventoryTree* tree_ = nullptr;                  ///< guarded by telling_, like the next
  KernelNotifier* notifier_ = nullptr;
};

}  // namespace vtpmfs::fs
