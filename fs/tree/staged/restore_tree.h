// What the nodes of one restore/ share.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "cache/inventory.h"
#include "cache/staging_store.h"
#include "fs/node.h"
#include "fs/restore/staged_sets.h"

namespace vtpmfs::fs {

/// Who owns what the mount shows, and who else may change restore/.
struct RestoreAccess {
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t directory_permissions = 0700;
  uint32_t file_permissions = 0600;
  std::set<uint32_t> users;  ///< besides the owner and root
};

/// The staging area of all datacenters: store, sets and inventory together. Nodes hold it shared.
/// Threads: any.
class RestoreTree : public std::enable_shared_from_this<RestoreTree> {
 public:
  RestoreTree(std::string vcenter_uuid, cache::StagingStore& store, cache::Inventory& inventory,
              std::shared_ptr<StagedSets> sets, RestoreAccess access);

  /// The `restore` directory of a datacenter.
  NodePtr root(const cache::MoRef& datacenter);

  [[nodiscard]] cache::StagingStore& store() const { return store_; }
  [[nodiscard]] const cache::Inventory& inventory() const { return inventory_; }
  [[nodiscard]] StagedSets& sets() const { return *sets_; }
  [[nodiscard]] const RestoreAccess& access() const { return access_; }

  /// EACCES for a caller who may not use the mount's rights in vCenter.
  [[nodiscard]] Status may_change(const Caller& caller) const;
  /// The inode number of a staged file or directory, in a range of their own.
  [[nodiscard]] InodeNumber inode(cache::StagedId id) const;
  /// Of a folder of the vCenter as it shows here while nothing is staged in it. Another one where
  /// the folder was renamed and what was staged under its old name keeps its number.
  [[nodiscard]] InodeNumber folder_inode(const cache::MoRef& folder) const;
  [[nodiscard]] InodeNumber status_inode(InodeNumber directory) const;
  /// A folder that something is staged in keeps the inode number that the kernel knows.
  void keep_inode(cache::StagedId id, InodeNumber inode);
  /// The directory is gone.
  void forget(cache::StagedId id);

  /// Handles open for writing, by directory, for --restore-settle and restore.status.
  void writer_opened(cache::StagedId directory);
  void writer_closed(cache::StagedId directory);
  [[nodiscard]] bool busy(cache::StagedId directory) const;
  /// restore.status' text; empty optional where the directory is no set.
  [[nodiscard]] std::optional<std::string> status(cache::StagedId directory) const;
  /// Somebody was shown a restore.status here, and may ask for it by name although the directory is
  /// no set any more: `rm -r`, which has removed what made it one.
  void status_listed(cache::StagedId directory);
  [[nodiscard]] bool was_status_listed(cache::StagedId directory) const;

 private:
  const std::string vcenter_uuid_;
  cache::StagingStore& store_;
  cache::Inventory& inventory_;
  const std::shared_ptr<StagedSets> sets_;
  const RestoreAccess access_;
  mutable std::mutex lock_;
  std::map<cache::StagedId, InodeNumber> kept_inodes_;
  std::set<InodeNumber> kept_numbers_;  ///< the values of it
  std::map<cache::StagedId, int> writers_;
  std::set<cache::StagedId> status_listed_;
};

}  // namespace vtpmfs::fs
