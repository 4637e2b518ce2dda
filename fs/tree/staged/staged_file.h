// A file in restore/.
#pragma once

#include <memory>
#include <string>

#include "fs/node.h"
#include "fs/restore/commit_rule.h"
#include "fs/tree/staged/restore_tree.h"

namespace vtpmfs::fs {

/// A staged file. Everything that a tool sets on it is stored; writing is refused once its set has
/// become a VM.
class StagedFile final : public Node {
 public:
  StagedFile(std::shared_ptr<RestoreTree> tree, cache::StagedId id)
      : tree_(std::move(tree)), id_(id) {}

  [[nodiscard]] InodeNumber inode() const override { return tree_->inode(id_); }
  Result<Attributes> attributes() override;
  void set_attributes(const AttributeChange& change, OpenFile* file, const Caller& caller,
                      Answer<Attributes> answer) override;
  void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) override;
  [[nodiscard]] Error refuse_special() const override;
  void get_attribute(const std::string& name, const Caller& caller,
                     Answer<std::string> answer) override;
  Result<std::vector<std::string>> list_attributes() override;
  void set_attribute(const std::string& name, const std::string& value, int flags,
                     const Caller& caller, Answer<void> answer) override;
  void remove_attribute(const std::string& name, const Caller& caller,
                        Answer<void> answer) override;

  /// The handle of the open(2) with these flags that has just made the file.
  OpenFilePtr handle_of_new(int flags);

 private:
  const std::shared_ptr<RestoreTree> tree_;
  const cache::StagedId id_;
};

/// Attributes of a staged inode as the kernel wants them; timeouts are 0: restore/ is never
/// notified.
Result<Attributes> staged_attributes(const RestoreTree& tree, cache::StagedId id);
/// Stores what a setattr brings but the size.
Status store_attributes(const RestoreTree& tree, cache::StagedId id, const AttributeChange& change);
/// True for user.vtpmfs.*: readable, never listed, never stored but for placement.
bool is_own_attribute(const std::string& name);

}  // namespace vtpmfs::fs
