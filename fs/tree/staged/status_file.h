// restore.status: how far a restore is, or why it failed.
#pragma once

#include <memory>

#include "fs/node.h"
#include "fs/tree/staged/restore_tree.h"

namespace vtpmfs::fs {

inline constexpr const char* kStatusName = "restore.status";

/// The text of one set's status, made when it is looked at; its size is exact. Writing into it
/// succeeds and is forgotten, since a copy of a staged directory brings one along.
class StatusFile final : public Node {
 public:
  StatusFile(std::shared_ptr<RestoreTree> tree, cache::StagedId directory,
             InodeNumber directory_inode)
      : tree_(std::move(tree)),
        directory_(directory),
        inode_(tree_->status_inode(directory_inode)) {}

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  void set_attributes(const AttributeChange& change, OpenFile* file, const Caller& caller,
                      Answer<Attributes> answer) override;
  void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) override;
  void set_attribute(const std::string& name, const std::string& value, int flags,
                     const Caller& caller, Answer<void> answer) override;

 private:
  Result<Attributes> staged_directory_times();

  const std::shared_ptr<RestoreTree> tree_;
  const cache::StagedId directory_;
  const InodeNumber inode_;
};

}  // namespace vtpmfs::fs
