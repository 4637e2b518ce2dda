// What `ls -ld` of a folder shows, kept until the folder changes.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "cache/inventory.h"
#include "cache/vm_sets.h"
#include "fs/node.h"

namespace vtpmfs::fs {

/// A folder's time is the newest of the VMs that lie in it, which a remount does not change;
/// a folder without VMs has a fixed one. Going through thousands of children for every stat would
/// be slow, so the result is kept until forget(). Thread-safe.
class FolderFacts {
 public:
  struct Facts {
    TimePoint time;
    uint32_t subdirectories = 0;
  };

  FolderFacts(const cache::Inventory& inventory, cache::VmSets& sets, TimePoint fixed_time)
      : inventory_(inventory), sets_(sets), fixed_time_(fixed_time) {}

  Facts of(const vsphere::MoRef& folder);
  /// After the folder's children, or the files of a VM in it, have changed.
  void forget(const vsphere::MoRef& folder);

 private:
  Facts look(const vsphere::MoRef& folder) const;

  const cache::Inventory& inventory_;
  cache::VmSets& sets_;
  const TimePoint fixed_time_;

  std::mutex mutex_;
  std::unordered_map<vsphere::MoRef, Facts> known_;
  uint64_t changes_ = 0;  ///< what was looked up before a change is not kept after it
};

}  // namespace vtpmfs::fs
