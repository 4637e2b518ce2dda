// A folder, datacenter or vApp, and the top of the mount.
#pragma once

#include <string>

#include "cache/inventory.h"
#include "fs/node.h"

namespace vtpmfs::fs {

class InventoryTree;

/// A view of one place: holds its identity and asks the model at every call. Read-only, so every
/// change is EROFS. ENOENT once the place has gone; the root never goes.
class InventoryDirectory final : public Node {
 public:
  InventoryDirectory(const InventoryTree& tree, vsphere::MoRef id, cache::PlaceKind kind);

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  void lookup(const std::string& name, const Caller& caller, Answer<NodePtr> answer) override;
  /// Never kept by the kernel: a renamed child moves no time that would tell an old listing.
  void open_directory(const Caller& caller, Answer<OpenDirectoryPtr> answer) override;

 private:
  [[nodiscard]] bool gone() const;

  const InventoryTree& tree_;
  const vsphere::MoRef id_;
  const cache::PlaceKind kind_;
  const InodeNumber inode_;
};

}  // namespace vtpmfs::fs
