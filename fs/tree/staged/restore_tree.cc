#include "fs/tree/staged/restore_tree.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "cache/saved/sha256.h"
#include "fs/tree/staged/restore_directory.h"

namespace vtpmfs::fs {
namespace {

/// Staged inodes have the top bit, those of the inventory do not.
constexpr uint64_t kStagedRange = 1ULL << 63;
/// Within it: numbers of staged files count up from below, those derived from names have this bit
/// as well.
constexpr uint64_t kDerived = 1ULL << 62;

InodeNumber derived(const std::string& what) {
  const cache::Sha256Hash hash = cache::sha256(what);
  uint64_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  value |= kStagedRange | kDerived;
  return InodeNumber{value == UINT64_MAX ? value - 1 : value};
}

}  // namespace

RestoreTree::RestoreTree(std::string vcenter_uuid, cache::StagingStore& store,
                         cache::Inventory& inventory, std::shared_ptr<StagedSets> sets,
                         RestoreAccess access)
    : vcenter_uuid_(std::move(vcenter_uuid)),
      store_(store),
      inventory_(inventory),
      sets_(std::move(sets)),
      access_(std::move(access)) {}

NodePtr RestoreTree::root(const cache::MoRef& datacenter) {
  return std::make_shared<RestoreDirectory>(shared_from_this(),
                                            RestoreDirectory::Place{datacenter, true, 0, {}});
}

Status RestoreTree::may_change(const Caller& caller) const {
  if (caller.uid == 0 || caller.uid == access_.uid || caller.uid == geteuid() ||
      access_.users.count(caller.uid) > 0)
    return {};
  return fail(EACCES,
              "changes in restore/ use the mount's rights in vCenter: they are for the mounting "
              "user and root");
}

InodeNumber RestoreTree::inode(cache::StagedId id) const {
  const std::lock_guard hold(lock_);
  const auto kept = kept_inodes_.find(id);
  return kept == kept_inodes_.end() ? InodeNumber{kStagedRange | id} : kept->second;
}

InodeNumber RestoreTree::folder_inode(const cache::MoRef& folder) const {
  std::string what = "restore folder\n" + vcenter_uuid_ + "\n" + folder.type + "\n" + folder.value;
  const std::lock_guard hold(lock_);
  for (;;) {
    const InodeNumber number = derived(what);
    if (kept_numbers_.count(number) == 0) return number;
    what += "\nrenamed";
  }
}

InodeNumber RestoreTree::status_inode(InodeNumber directory) const {
  return derived("restore.status\n" + std::to_string(directory.value));
}

void RestoreTree::keep_inode(cache::StagedId id, InodeNumber inode) {
  const std::lock_guard hold(lock_);
  kept_inodes_[id] = inode;
  kept_numbers_.insert(inode);
}

void RestoreTree::forget(cache::StagedId id) {
  const std::lock_guard hold(lock_);
  status_listed_.erase(id);
  const auto kept = kept_inodes_.find(id);
  if (kept == kept_inodes_.end()) return;
  kept_numbers_.erase(kept->second);
  kept_inodes_.erase(kept);
}

void RestoreTree::writer_opened(cache::StagedId directory) {
  const std::lock_guard hold(lock_);
  ++writers_[directory];
}

void RestoreTree::writer_closed(cache::StagedId directory) {
  const std::lock_guard hold(lock_);
  if (--writers_[directory] <= 0) writers_.erase(directory);
}

bool RestoreTree::busy(cache::StagedId directory) const {
  const std::lock_guard hold(lock_);
  return writers_.count(directory) > 0;
}

void RestoreTree::status_listed(cache::StagedId directory) {
  const std::lock_guard hold(lock_);
  status_listed_.insert(directory);
}

bool RestoreTree::was_status_listed(cache::StagedId directory) const {
  const std::lock_guard hold(lock_);
  return status_listed_.count(directory) > 0;
}

std::optional<std::string> RestoreTree::status(cache::StagedId directory) const {
  return sets_->status(directory, busy(directory));
}

}  // namespace vtpmfs::fs
