#include "fs/kernel/inode_table.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <utility>

namespace vtpmfs::fs::kernel {

InodeTable::InodeTable(NodePtr root) : root_(std::move(root)) {}

NodePtr InodeTable::find(InodeNumber inode) const {
  if (inode == kRootInode) return root_;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(inode.value);
  return found == entries_.end() ? nullptr : found->second.node;
}

bool InodeTable::known(InodeNumber inode) const {
  if (inode == kRootInode) return true;
  const std::lock_guard lock(mutex_);
  return entries_.count(inode.value) != 0;
}

Status InodeTable::remember(const NodePtr& node, NodeType type, InodeNumber parent) {
  const InodeNumber inode = node->inode();
  if (inode.value <= kRootInode.value || inode.value == UINT64_MAX) {
    spdlog::error("a node below the root claims inode {:x}", inode.value);
    return fail(EIO, "reserved inode number");
  }
  NodePtr replaced;  // destroyed after the lock is free
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[inode.value];
    if (entry.references == 0 || entry.type == type) {
      // Nodes are views: the newest one has the newest place.
      replaced = std::exchange(entry.node, node);
      entry.type = type;
      entry.parent = parent;
      ++entry.references;
      return {};
    }
  }
  spdlog::error("inode {:x} stands for two different objects", inode.value);
  return fail(EIO, "two objects share one inode number");
}

void InodeTable::forget(InodeNumber inode, uint64_t count) {
  if (inode == kRootInode) return;
  NodePtr last;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(inode.value);
  if (found == entries_.end() || found->second.references < count) {
    spdlog::error("the kernel forgets {} references of inode {:x}, more than it was given", count,
                  inode.value);
    count = found == entries_.end() ? 0 : found->second.references;
  }
  if (found == entries_.end()) return;
  found->second.references -= count;
  if (found->second.references == 0) {
    last = std::move(found->second.node);
    entries_.erase(found);
  }
}

InodeNumber InodeTable::parent(InodeNumber inode) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(inode.value);
  return found == entries_.end() ? kRootInode : found->second.parent;
}

size_t InodeTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

uint64_t InodeTable::references(InodeNumber inode) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(inode.value);
  return found == entries_.end() ? 0 : found->second.references;
}

}  // namespace vtpmfs::fs::kernel
