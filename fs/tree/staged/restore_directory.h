// A directory of restore/: a folder of the vCenter, a staged directory, or both of one name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/node.h"
#include "fs/tree/staged/restore_tree.h"

namespace vtpmfs::fs {

class RestoreDirectory final : public Node {
 public:
  /// Where it is. A folder of the vCenter has a MoRef (the root: its datacenter), and a StagedId
  /// once something was staged in it; a staged directory has only that.
  struct Place {
    cache::MoRef folder;   ///< empty: no folder of the vCenter
    bool is_root = false;  ///< then `folder` is the datacenter
    cache::StagedId staged = 0;
    std::vector<std::string>
        way;  ///< names from below restore/ to here; used while nothing is staged
  };
  RestoreDirectory(std::shared_ptr<RestoreTree> tree, Place place);

  [[nodiscard]] InodeNumber inode() const override;
  Result<Attributes> attributes() override;
  void set_attributes(const AttributeChange& change, OpenFile* file, const Caller& caller,
                      Answer<Attributes> answer) override;
  void lookup(const std::string& name, const Caller& caller, Answer<NodePtr> answer) override;
  void open_directory(const Caller& caller, Answer<OpenDirectoryPtr> answer) override;
  void fsync_directory(const Caller& caller, Answer<void> answer) override;
  void create(const std::string& name, uint32_t permissions, int flags, const Caller& caller,
              Answer<CreatedFile> answer) override;
  void make_directory(const std::string& name, uint32_t permissions, const Caller& caller,
                      Answer<NodePtr> answer) override;
  void unlink(const std::string& name, const Caller& caller, Answer<void> answer) override;
  void remove_directory(const std::string& name, const Caller& caller,
                        Answer<void> answer) override;
  void rename(const std::string& name, const NodePtr& new_parent, const std::string& new_name,
              unsigned flags, const Caller& caller, Answer<void> answer) override;
  [[nodiscard]] Error refuse_special() const override;
  void get_attribute(const std::string& name, const Caller& caller,
                     Answer<std::string> answer) override;
  Result<std::vector<std::string>> list_attributes() override;
  void set_attribute(const std::string& name, const std::string& value, int flags,
                     const Caller& caller, Answer<void> answer) override;
  void remove_attribute(const std::string& name, const Caller& caller,
                        Answer<void> answer) override;

  /// The child as it is now; ENOENT.
  Result<NodePtr> child(const std::string& name);
  struct Entry {
    std::string name;
    NodeType type;
    InodeNumber inode;
  };
  Result<std::vector<Entry>> entries();

 private:
  /// The staged directory here; 0 where nothing is staged. Never makes one.
  cache::StagedId staged();
  /// The same, made (with those above it) where it is not there.
  Result<cache::StagedId> staged_or_made();
  /// The vCenter's folder whose children show here; empty for a directory that is only staged.
  [[nodiscard]] cache::MoRef vm_folder() const;
  [[nodiscard]] std::optional<cache::Place> folder_child(const std::string& name) const;
  [[nodiscard]] Status name_is_free(const std::string& name) const;
  Status may_rename(const std::string& name, RestoreDirectory& to, const std::string& new_name,
                    unsigned flags, const Caller& caller);
  /// Entries that came to a new name; 0: none.
  struct Moved {
    cache::StagedId there = 0;  ///< under the new name in `to`
    cache::StagedId here = 0;   ///< under the old name, where two were exchanged
  };
  /// Renames in the store.
  Result<Moved> move(const std::string& name, RestoreDirectory& to, const std::string& new_name,
                     unsigned flags);
  /// Looks at what has got its final name here.
  void look_at(cache::StagedId entry, const std::string& name, const Caller& caller,
               Answer<void> answer);

  const std::shared_ptr<RestoreTree> tree_;
  Place place_;
  InodeNumber inode_;
};

}  // namespace vtpmfs::fs
