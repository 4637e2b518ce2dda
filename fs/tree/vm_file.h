// One of the files of a VM's set.
#pragma once

#include "cache/vm_sets.h"
#include "fs/node.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

class InventoryTree;

/// Opening pins the set's generation, so that all files of a copy belong together; the first read
/// fetches what is not at hand. An incomplete set refuses at open what it knows by then, the rest
/// at the first read: never short or zero data. Opening for writing is EROFS.
class VmFile final : public Node {
 public:
  VmFile(const InventoryTree& tree, vsphere::MoRef vm, cache::FileRole role);

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  /// Kept by the kernel while the feed is alive, but not at all where the size is provisional: a
  /// tool must see the right one as soon as it is known.
  Result<Attributes> attributes() override;
  void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) override;
  /// user.vtpmfs.sha256, see vm_attributes.h.
  void get_attribute(const std::string& name, const Caller& caller,
                     Answer<std::string> answer) override;

 private:
  const InventoryTree& tree_;
  const vsphere::MoRef vm_;
  const cache::FileRole role_;
  const InodeNumber inode_;
};

}  // namespace vtpmfs::fs
