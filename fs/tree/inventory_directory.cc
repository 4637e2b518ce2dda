#include "fs/tree/inventory_directory.h"

#include <cerrno>
#include <utility>

#include "fs/tree/inventory_tree.h"
#include "fs/tree/listing.h"

namespace vtpmfs::fs {

InventoryDirectory::InventoryDirectory(const InventoryTree& tree, vsphere::MoRef id,
                                       cache::PlaceKind kind)
    : tree_(tree), id_(std::move(id)), kind_(kind), inode_(tree.inode_of(id_)) {}

bool InventoryDirectory::gone() const {
  return kind_ != cache::PlaceKind::root && !tree_.inventory().place(id_);
}

Result<Attributes> InventoryDirectory::attributes() {
  if (gone()) return fail(ENOENT, "no such folder any more");
  const FolderFacts::Facts facts = tree_.folder_facts().of(id_);
  Attributes attributes = tree_.attributes_of(NodeType::directory, inode_, facts.time);
  attributes.links += facts.subdirectories;
  for (const ExtraChild& extra : tree_.extra_children(id_, kind_)) {
    if (extra.listed && extra.type == NodeType::directory) ++attributes.links;
  }
  return attributes;
}

void InventoryDirectory::lookup(const std::string& name, const Caller& /*caller*/,
                                Answer<NodePtr> answer) {
  for (const ExtraChild& extra : tree_.extra_children(id_, kind_)) {
    if (extra.name == name) {
      answer(extra.node);
      return;
    }
  }
  if (const auto place = tree_.inventory().child(id_, name)) {
    answer(tree_.node_of(place->id, place->kind));
  } else {
    answer(fail(ENOENT, "no such VM or folder"));
  }
}

void InventoryDirectory::open_directory(const Caller& /*caller*/, Answer<OpenDirectoryPtr> answer) {
  if (gone()) {
    answer(fail(ENOENT, "no such folder any more"));
    return;
  }
  auto listing = std::make_shared<Listing>(/*cacheable=*/false);
  for (const ExtraChild& extra : tree_.extra_children(id_, kind_)) {
    if (!extra.listed) continue;
    listing->add({extra.name, extra.type, extra.node->inode()},
                 [node = extra.node] { return node; });
  }
  for (cache::Place& child : tree_.inventory().children(id_)) {
    listing->add(
        {std::move(child.shown_name), NodeType::directory, tree_.inode_of(child.id)},
        [&tree = tree_, id = child.id, kind = child.kind] { return tree.node_of(id, kind); });
  }
  answer(OpenDirectoryPtr(std::move(listing)));
}

}  // namespace vtpmfs::fs
