#include "fs/tree/staged/restore_directory.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/restore/network_pairs.h"
#include "fs/tree/staged/staged_file.h"
#include "fs/tree/staged/status_file.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {

/// A listing of restore/ as it was when it was opened.
class RestoreListing final : public OpenDirectory {
 public:
  RestoreListing(std::shared_ptr<RestoreDirectory> directory, std::vector<DirectoryEntry> entries)
      : directory_(std::move(directory)), entries_(std::move(entries)) {}
  [[nodiscard]] const std::vector<DirectoryEntry>& entries() const override { return entries_; }
  NodePtr node_of(size_t index) override {
    return directory_->child(entries_.at(index).name).value_or(nullptr);
  }

 private:
  const std::shared_ptr<RestoreDirectory> directory_;
  const std::vector<DirectoryEntry> entries_;
};

bool is_folder(const cache::Place& place) {
  return place.kind == cache::PlaceKind::vm_folder || place.kind == cache::PlaceKind::vapp;
}

}  // namespace

RestoreDirectory::RestoreDirectory(std::shared_ptr<RestoreTree> tree, Place place)
    : tree_(std::move(tree)), place_(std::move(place)) {
  if (place_.folder.empty())
    inode_ = tree_->inode(place_.staged);
  else
    inode_ = place_.staged != 0 ? tree_->inode(place_.staged) : tree_->folder_inode(place_.folder);
}

InodeNumber RestoreDirectory::inode() const {
  return inode_;
}

cache::MoRef RestoreDirectory::vm_folder() const {
  if (!place_.is_root) return place_.folder;
  return tree_->inventory().vm_folder_of(place_.folder).value_or(cache::MoRef{});
}

StagedId RestoreDirectory::staged() {
  if (place_.folder.empty() || place_.staged != 0) return place_.staged;
  // A folder: something may have been staged in it through another view of it.
  cache::MoRef datacenter = place_.folder;
  if (!place_.is_root)
    datacenter = tree_->inventory().datacenter_of(place_.folder).value_or(cache::MoRef{});
  if (datacenter.empty()) return 0;
  const auto root = tree_->store().root(datacenter.value);
  if (!root) return 0;
  StagedId id = *root;
  for (const std::string& name : place_.way) {
    const auto child = tree_->store().lookup(id, name);
    if (!child) return 0;
    id = *child;
  }
  return id;
}

Result<StagedId> RestoreDirectory::staged_or_made() {
  if (const StagedId present = staged(); present != 0) return present;
  const auto datacenter = tree_->inventory().datacenter_of(place_.folder);
  if (!datacenter) return fail(ENOENT, "the folder is gone");
  auto id = tree_->store().root(datacenter->value);
  cache::MoRef folder = tree_->inventory().vm_folder_of(*datacenter).value_or(cache::MoRef{});
  for (size_t i = 0; id && i < place_.way.size(); ++i) {
    const auto shown = tree_->inventory().child(folder, place_.way[i]);
    folder = shown ? shown->id : cache::MoRef{};
    auto child = tree_->store().lookup(*id, place_.way[i]);
    if (!child && child.error().code == Errno{ENOENT}) {
      child = tree_->store().create(*id, place_.way[i], true, tree_->access().directory_permissions,
                                    tree_->access().uid, tree_->access().gid);
      // The kernel knows the folder by this number; that something is staged in it changes nothing.
      if (child && !folder.empty()) tree_->keep_inode(*child, tree_->folder_inode(folder));
    }
    id = child;
  }
  return id;
}

std::optional<cache::Place> RestoreDirectory::folder_child(const std::string& name) const {
  const cache::MoRef folder = vm_folder();
  if (folder.empty()) return std::nullopt;
  auto child = tree_->inventory().child(folder, name);
  if (!child || !is_folder(*child)) return std::nullopt;
  return child;
}

Result<NodePtr> RestoreDirectory::child(const std::string& name) {
  const StagedId here = staged();
  StagedId below = 0;
  bool directory = false;
  if (here != 0) {
    const auto found = tree_->store().lookup(here, name);
    if (found) {
      const auto attributes = tree_->store().attributes(*found);
      if (!attributes) return fail(attributes.error());
      below = *found;
      directory = attributes->directory;
    }
  }
  if (below != 0 && !directory) return NodePtr(std::make_shared<StagedFile>(tree_, below));
  Place place;
  if (const auto folder = folder_child(name)) {
    place.folder = folder->id;
    place.way = place_.way;
    place.way.push_back(name);
  }
  place.staged = below;
  if (below != 0 || !place.folder.empty())
    return NodePtr(std::make_shared<RestoreDirectory>(tree_, std::move(place)));
  if (name == kStatusName && here != 0 && (tree_->status(here) || tree_->was_status_listed(here)))
    return NodePtr(std::make_shared<StatusFile>(tree_, here, inode_));
  return fail(ENOENT, "no '" + name + "' in restore/");
}

Result<std::vector<RestoreDirectory::Entry>> RestoreDirectory::entries() {
  std::map<std::string, Entry> all;
  const cache::MoRef folder = vm_folder();
  if (!folder.empty())
    for (const cache::Place& child : tree_->inventory().children(folder))
      if (is_folder(child))
        all[child.shown_name] =
            Entry{child.shown_name, NodeType::directory, tree_->folder_inode(child.id)};
  if (const StagedId here = staged(); here != 0) {
    const auto listed = tree_->store().list(here);
    if (!listed) return fail(listed.error());
    for (const auto& entry : *listed)
      all[entry.name] = Entry{entry.name, entry.directory ? NodeType::directory : NodeType::file,
                              tree_->inode(entry.id)};
    if (all.count(kStatusName) == 0 && tree_->status(here)) {
      all[kStatusName] = Entry{kStatusName, NodeType::file, tree_->status_inode(inode_)};
      tree_->status_listed(here);
    }
  }
  std::vector<Entry> out;
  out.reserve(all.size());
  for (auto& [name, entry] : all) out.push_back(std::move(entry));
  return out;
}

Result<Attributes> RestoreDirectory::attributes() {
  if (const StagedId here = staged(); here != 0 && !place_.is_root) {
    auto out = staged_attributes(*tree_, here);
    if (out) out->ino = inode_;
    // Folders of the vCenter come and go: the number of links says that it tells nothing.
    if (out && !place_.folder.empty()) out->links = 1;
    return out;
  }
  if (!tree_->inventory().place(place_.folder)) return fail(ENOENT, "the folder is gone");
  Attributes out;
  out.ino = inode_;
  out.type = NodeType::directory;
  out.permissions = tree_->access().directory_permissions;
  out.links = 1;
  out.uid = tree_->access().uid;
  out.gid = tree_->access().gid;
  if (const StagedId here = staged(); here != 0)
    if (const auto root = tree_->store().attributes(here))
      out.atime = out.mtime = out.ctime = root->mtime;
  return out;
}

void RestoreDirectory::set_attributes(const AttributeChange& change, OpenFile*,
                                      const Caller& caller, Answer<Attributes> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  const auto here = staged_or_made();
  if (!here) return answer(fail(here.error()));
  if (!place_.is_root)
    if (auto stored = store_attributes(*tree_, *here, change); !stored)
      return answer(fail(stored.error()));
  // restic, cp -a and tar set a directory's times last: a refused set is told here once more.
  if (const auto refused = tree_->sets().refusal(*here)) return answer(fail(*refused));
  answer(attributes());
}

void RestoreDirectory::lookup(const std::string& name, const Caller&, Answer<NodePtr> answer) {
  answer(child(name));
}

void RestoreDirectory::open_directory(const Caller&, Answer<OpenDirectoryPtr> answer) {
  auto listed = entries();
  if (!listed) return answer(fail(listed.error()));
  std::vector<DirectoryEntry> out;
  out.reserve(listed->size());
  for (const Entry& entry : *listed) out.push_back({entry.name, entry.type, entry.inode});
  answer(std::make_shared<RestoreListing>(std::make_shared<RestoreDirectory>(tree_, place_),
                                          std::move(out)));
}

void RestoreDirectory::fsync_directory(const Caller& caller, Answer<void> answer) {
  const StagedId here = staged();
  if (here == 0) return answer({});
  if (auto durable = tree_->store().fsync(here); !durable) return answer(fail(durable.error()));
  if (auto may = tree_->may_change(caller); !may) return answer({});
  tree_->sets().start(here, StagedSets::Wish::fsync, caller, std::move(answer));
}

Error RestoreDirectory::refuse_special() const {
  return Error{Errno{EPERM}, "restore/ holds files and directories only"};
}

void RestoreDirectory::get_attribute(const std::string& name, const Caller&,
                                     Answer<std::string> answer) {
  const StagedId here = staged();
  if (here == 0) return answer(fail(ENODATA, "no such attribute"));
  answer(tree_->store().get_xattr(here, name));
}

Result<std::vector<std::string>> RestoreDirectory::list_attributes() {
  const StagedId here = staged();
  if (here == 0) return std::vector<std::string>{};
  auto names = tree_->store().list_xattr(here);
  if (names)
    names->erase(std::remove_if(names->begin(), names->end(), is_own_attribute), names->end());
  return names;
}

void RestoreDirectory::set_attribute(const std::string& name, const std::string& value, int flags,
                                     const Caller& caller, Answer<void> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  const auto here = staged_or_made();
  if (!here) return answer(fail(here.error()));
  if (name == "user.vtpmfs.commit") {
    if (value != "1") return answer(fail(EINVAL, "user.vtpmfs.commit is set to 1"));
    return tree_->sets().start(*here, StagedSets::Wish::commit, caller, std::move(answer));
  }
  if (name == "user.vtpmfs.check") {
    if (value != "1") return answer(fail(EINVAL, "user.vtpmfs.check is set to 1"));
    return tree_->sets().check(*here, caller, std::move(answer));
  }
  if (is_own_attribute(name)) {
    const std::string key = name.substr(std::string("user.vtpmfs.").size());
    const bool places =
        key == "pool" || key == "host" || key == "datastore" || key == "policy" ||
        (key.rfind("network.", 0) == 0 && key.size() > std::string("network.").size());
    if (key == "network") {
      if (const auto pairs = network_pairs(value); !pairs) return answer(fail(pairs.error()));
    } else if (!places) {
      return answer({});
    }
  }
  answer(tree_->store().set_xattr(*here, name, value, flags));
}

void RestoreDirectory::remove_attribute(const std::string& name, const Caller& caller,
                                        Answer<void> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  const StagedId here = staged();
  if (here == 0) return answer(fail(ENODATA, "no such attribute"));
  answer(tree_->store().remove_xattr(here, name));
}

}  // namespace vtpmfs::fs
