// Events of VMs: a new generation, a set that cannot be had whole, and one that can again.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "cache/inventory.h"
#include "cache/sets/live_vm_sets.h"

namespace vtpmfs::fs {

/// Told of changes of the inventory like the tree, and puts them into the log. Memory: some 100
/// bytes for a shown VM. Thread-safe.
class VmEvents {
 public:
  VmEvents(const cache::Inventory& inventory, const cache::LiveVmSets& sets)
      : inventory_(inventory), sets_(sets) {}

  void tell(const cache::InventoryChange& change);
  /// The inventory was read once: from now on what is incomplete is a warning. Before, it is only
  /// information: nobody wants a thousand warnings on his terminal when he mounts.
  void mounted();

 private:
  struct Known {
    std::string generation, incomplete;
  };
  void look_at(const vsphere::MoRef& vm);
  void tell_completeness(const vsphere::MoRef& vm, const std::string& before, const Error* now);
  [[nodiscard]] std::string name_of(const vsphere::MoRef& vm) const;

  const cache::Inventory& inventory_;
  const cache::LiveVmSets& sets_;
  std::mutex mutex_;
  bool mounted_ = false;
  std::unordered_map<vsphere::MoRef, Known> known_;
};

}  // namespace vtpmfs::fs
