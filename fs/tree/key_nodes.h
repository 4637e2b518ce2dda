// by-key/<provider>/<key>/<VM>: directories of symbolic links into the tree of VMs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/node.h"
#include "fs/tree/key_index.h"

namespace vtpmfs::fs {

class InventoryTree;

/// by-key itself (no path), a provider or a key. Read-only. ENOENT once no VM needs it any more;
/// by-key itself stays.
class KeyDirectory final : public Node {
 public:
  KeyDirectory(const InventoryTree& tree, KeyIndex& index, std::vector<std::string> path = {});

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  void lookup(const std::string& name, const Caller& caller, Answer<NodePtr> answer) override;
  void open_directory(const Caller& caller, Answer<OpenDirectoryPtr> answer) override;

 private:
  [[nodiscard]] NodePtr child(const KeyedVms& vms, const std::string& name) const;

  const InventoryTree& tree_;
  KeyIndex& index_;
  const std::vector<std::string> path_;
  const InodeNumber inode_;
};

/// A link to a VM's directory, relative, so that a copy of the mount has links into itself.
class KeyLink final : public Node {
 public:
  KeyLink(const InventoryTree& tree, const KeyIndex& index, const cache::KeyedVm& vm);

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  /// ENAMETOOLONG where no path can be that long.
  Result<std::string> read_link() override;

 private:
  [[nodiscard]] Result<std::string> target() const;

  const InventoryTree& tree_;
  const KeyIndex& index_;
  const vsphere::MoRef vm_;
  const std::vector<std::string> path_;
  const InodeNumber inode_;
};

}  // namespace vtpmfs::fs
