// The nodes that the kernel knows, and how often it was told of each.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "fs/node.h"

namespace vtpmfs::fs::kernel {

/// Every entry that is answered to lookup, create, mkdir, mknod or readdirplus gives the kernel one
/// reference; FORGET takes them back, and at zero the node is let go of. Count and map change under
/// one mutex, so a lookup that races with the last forget either finds the old entry or makes a new
/// one, never an erased one (the race that passthrough_hp had until 2025).
///
/// Inode numbers are hashes: two objects of different type under one number are a collision, which
/// is refused and logged. The root is always known. Thread-safe; nodes are destroyed outside the
/// lock.
class InodeTable {
 public:
  explicit InodeTable(NodePtr root);

  /// Null where the kernel names a number that it was never told.
  [[nodiscard]] NodePtr find(InodeNumber inode) const;
  /// Whether the kernel holds a reference: only then it can have something cached.
  [[nodiscard]] bool known(InodeNumber inode) const;
  /// One more reference for the kernel. EIO on a collision.
  Status remember(const NodePtr& node, NodeType type, InodeNumber parent);
  void forget(InodeNumber inode, uint64_t count);
  /// The directory in which this one was last found, for `..`.
  [[nodiscard]] InodeNumber parent(InodeNumber inode) const;
  /// Without the root.
  [[nodiscard]] size_t size() const;
  [[nodiscard]] uint64_t references(InodeNumber inode) const;

 private:
  struct Entry {
    NodePtr node;
    NodeType type = NodeType::file;
    InodeNumber parent;
    uint64_t references = 0;
  };

  const NodePtr root_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Entry> entries_;
};

}  // namespace vtpmfs::fs::kernel
