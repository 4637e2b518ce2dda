// The names, numbers and attributes of what is staged: POSIX directories in memory.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/staging/index_record.h"
#include "cache/staging_store.h"
#include "vsphere/error.h"

namespace vtpmfs::cache {

/// A staged file or directory.
struct StagedNode {
  StagedId parent = 0;  ///< 0: a root, or unlinked while somebody holds it
  std::string name;
  bool directory = false;
  bool mtime_set = false;
  bool temporary = false;  ///< not there any more when the store is opened the next time
  int incomplete = 0;      ///< errno of a write that failed: bytes are missing
  uint32_t permissions = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  WallTime atime, mtime, ctime;
  std::map<std::string, StagedId> children;
  std::map<std::string, std::string> xattrs;
  uint32_t subdirectories = 0;
  uint32_t holders = 0;
  uint64_t content_version = 1;
};

/// Checks say what POSIX would answer, apply() does what a record says; the store writes the record
/// in between. So nothing is in memory that is not in the log, and replaying the log gives the
/// same. Not thread-safe. apply() of a record that does not fit (a damaged log) does nothing.
class StagedNamespace {
 public:
  [[nodiscard]] StagedNode* find(StagedId id);
  [[nodiscard]] const StagedNode* find(StagedId id) const;
  [[nodiscard]] StagedId root_of(const std::string& datacenter) const;
  [[nodiscard]] StagedId next_id() const { return next_id_; }
  [[nodiscard]] size_t size() const { return nodes_.size(); }
  [[nodiscard]] bool is_root(StagedId id) const;

  /// The child's number. ENOENT, ENOTDIR.
  [[nodiscard]] Result<StagedId> child(StagedId directory, const std::string& name) const;
  [[nodiscard]] Status may_create(StagedId directory, const std::string& name,
                                  const StagingLimits& limits) const;
  [[nodiscard]] Status may_unlink(StagedId directory, const std::string& name) const;
  [[nodiscard]] Status may_remove_directory(StagedId directory, const std::string& name) const;
  [[nodiscard]] Status may_rename(StagedId from, const std::string& name, StagedId to,
                                  const std::string& new_name, unsigned flags,
                                  const StagingLimits& limits) const;

  /// Numbers of nodes that this took out of the tree; their bytes may go once nobody holds them.
  std::vector<StagedId> apply(const IndexRecord& record);
  void forget(StagedId id) { nodes_.erase(id); }
  /// Takes out what is temporary, with all below it.
  void drop_temporary();

  /// Records that make this namespace from nothing, parents first.
  [[nodiscard]] std::vector<IndexRecord> snapshot() const;

 private:
  [[nodiscard]] uint32_t depth(StagedId id) const;
  [[nodiscard]] uint32_t height(StagedId id) const;
  void erase_with_all_below(StagedId id);
  [[nodiscard]] bool is_below(StagedId id, StagedId ancestor) const;
  std::vector<StagedId> detach(StagedId directory, const std::string& name, WallTime when);
  void attach(StagedId id, StagedId directory, const std::string& name, WallTime when);
  std::vector<StagedId> apply_rename(const IndexRecord& record);

  std::unordered_map<StagedId, StagedNode> nodes_;
  std::map<std::string, StagedId> roots_;
  StagedId next_id_ = 2;
};

}  // namespace vtpmfs::cache
