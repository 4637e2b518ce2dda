// A VM: the directory of its set of files.
#pragma once

#include <string>

#include "fs/node.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

class InventoryTree;

/// A view of one VM. Read-only. ENOENT once the VM has gone.
class VmDirectory final : public Node {
 public:
  VmDirectory(const InventoryTree& tree, vsphere::MoRef vm);

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  void lookup(const std::string& name, const Caller& caller, Answer<NodePtr> answer) override;
  /// The kernel may keep the listing of a complete set: when a file comes, the directory's time
  /// moves, and it is told.
  void open_directory(const Caller& caller, Answer<OpenDirectoryPtr> answer) override;
  /// user.vtpmfs.*, see vm_attributes.h.
  void get_attribute(const std::string& name, const Caller& caller,
                     Answer<std::string> answer) override;

 private:
  const InventoryTree& tree_;
  const vsphere::MoRef vm_;
  const InodeNumber inode_;
};

}  // namespace vtpmfs::fs
