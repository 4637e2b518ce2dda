// From changes of the inventory to what the kernel must forget.
#pragma once

#include "cache/inventory.h"
#include "fs/node.h"

namespace vtpmfs::fs {

class InventoryTree;

/// Told by the feed after the new state can be read; queues and returns. Thread-safe.
class ChangeTranslator {
 public:
  ChangeTranslator(const InventoryTree& tree, KernelNotifier& notifier)
      : tree_(tree), notifier_(notifier) {}

  void tell(const cache::InventoryChange& change);

 private:
  void directory_changed(const vsphere::MoRef& directory);
  void files_changed(const vsphere::MoRef& vm);

  const InventoryTree& tree_;
  KernelNotifier& notifier_;
};

}  // namespace vtpmfs::fs
