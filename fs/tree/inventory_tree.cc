#include "fs/tree/inventory_tree.h"

#include <utility>

#include "fs/tree/inventory_directory.h"
#include "fs/tree/vm_directory.h"

namespace vtpmfs::fs {

using cache::PlaceKind;
using vsphere::MoRef;

InventoryTree::InventoryTree(const cache::Inventory& inventory, cache::VmSets& sets,
                             InventoryTreeSettings settings)
    : inventory_(inventory),
      sets_(sets),
      settings_(std::move(settings)),
      numbers_(settings_.instance_uuid),
      folder_facts_(inventory, sets, settings_.fixed_time) {}

NodePtr InventoryTree::root() const {
  return std::make_shared<InventoryDirectory>(*this, settings_.root, PlaceKind::root);
}

void InventoryTree::add_root_child(ExtraChild child) {
  root_children_.push_back(std::move(child));
}

void InventoryTree::set_datacenter_children(DatacenterChildren children) {
  datacenter_children_ = std::move(children);
}

std::vector<ExtraChild> InventoryTree::extra_children(const MoRef& directory,
                                                      PlaceKind kind) const {
  if (kind == PlaceKind::root) return root_children_;
  if (kind == PlaceKind::datacenter && datacenter_children_) return datacenter_children_(directory);
  return {};
}

NodePtr InventoryTree::node_of(const MoRef& id, PlaceKind kind) const {
  if (kind == PlaceKind::vm) return std::make_shared<VmDirectory>(*this, id);
  return std::make_shared<InventoryDirectory>(*this, id, kind);
}

InodeNumber InventoryTree::inode_of(const MoRef& directory) const {
  return directory == settings_.root ? kRootInode : numbers_.directory(directory);
}

Attributes InventoryTree::attributes_of(NodeType type, InodeNumber inode, TimePoint time) const {
  const Ownership& ownership = settings_.ownership;
  Attributes attributes;
  attributes.ino = inode;
  attributes.type = type;
  if (type == NodeType::directory) {
    attributes.permissions = ownership.directory_permissions;
    attributes.links = 2;
    attributes.size = 4096;
  } else {
    attributes.permissions = type == NodeType::symlink ? 0777 : ownership.file_permissions;
  }
  attributes.uid = ownership.uid;
  attributes.gid = ownership.gid;
  attributes.atime = attributes.mtime = attributes.ctime = time;
  attributes.entry_timeout = feed_alive() ? settings_.timeout_alive : settings_.timeout_down;
  attributes.attribute_timeout = attributes.entry_timeout;
  return attributes;
}

}  // namespace vtpmfs::fs
