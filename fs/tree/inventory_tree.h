// The read-only part of the tree: vCenter's inventory with the VMs' files, over cache's model.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cache/inventory.h"
#include "cache/vm_sets.h"
#include "fs/node.h"
#include "fs/tree/folder_facts.h"
#include "fs/tree/inode_numbers.h"
#include "fs/tree/told_files.h"

namespace vtpmfs::fs {

/// Whose the files are, and what the kernel lets others do (-o uid=, gid=, umask=).
struct Ownership {
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t file_permissions = 0600;
  uint32_t directory_permissions = 0700;
};

struct InventoryTreeSettings {
  vsphere::MoRef root;        ///< vCenter's root folder
  std::string instance_uuid;  ///< vCenter's about.instanceUuid
  Ownership ownership;
  /// mtime of a directory without a VM in it: something that a remount does not change, such as the
  /// time when this vCenter was first seen.
  TimePoint fixed_time;
  /// Whether changes in vCenter reach us now. Asked often, never waits.
  std::function<bool()> feed_alive;
  /// How long the kernel may keep what it was told, while the feed is alive and while it is not.
  std::chrono::milliseconds timeout_alive{std::chrono::hours(1)};
  std::chrono::milliseconds timeout_down{std::chrono::seconds(1)};
  /// How long a read may wait for vCenter.
  std::chrono::milliseconds call_timeout{std::chrono::seconds(60)};
};

/// A directory entry beside those of the inventory: by-key and .vtpmfs at the top, restore in a
/// datacenter.
struct ExtraChild {
  std::string name;
  NodePtr node;
  NodeType type = NodeType::directory;
  bool listed = true;  ///< .vtpmfs can be looked up, but no listing names it
};

/// Makes the nodes, and holds what they share. They refer to it: it outlives the session. Nothing
/// in it waits for the network but reads of a VM's files, which answer later. Thread-safe once the
/// extra children are set.
class InventoryTree {
 public:
  InventoryTree(const cache::Inventory& inventory, cache::VmSets& sets,
                InventoryTreeSettings settings);
  InventoryTree(const InventoryTree&) = delete;
  InventoryTree& operator=(const InventoryTree&) = delete;

  [[nodiscard]] NodePtr root() const;

  /// Before the tree is served. Names that vCenter could use at the top are escaped by the
  /// inventory.
  void add_root_child(ExtraChild child);
  /// What a datacenter has beside `vm`. Called at every look into one; must be cheap.
  using DatacenterChildren = std::function<std::vector<ExtraChild>(const vsphere::MoRef&)>;
  void set_datacenter_children(DatacenterChildren children);

  /// The children that do not come from the inventory.
  [[nodiscard]] std::vector<ExtraChild> extra_children(const vsphere::MoRef& directory,
                                                       cache::PlaceKind kind) const;
  [[nodiscard]] NodePtr node_of(const vsphere::MoRef& id, cache::PlaceKind kind) const;
  [[nodiscard]] InodeNumber inode_of(const vsphere::MoRef& directory) const;
  /// Attributes with owner, permissions and timeouts filled in.
  [[nodiscard]] Attributes attributes_of(NodeType type, InodeNumber inode, TimePoint time) const;
  [[nodiscard]] bool feed_alive() const { return settings_.feed_alive(); }

  [[nodiscard]] const cache::Inventory& inventory() const { return inventory_; }
  [[nodiscard]] cache::VmSets& sets() const { return sets_; }
  [[nodiscard]] FolderFacts& folder_facts() const { return folder_facts_; }
  [[nodiscard]] ToldFiles& told() const { return *told_; }
  /// For what may live longer than the tree: a file that is closed by the end of its last read.
  [[nodiscard]] const std::shared_ptr<ToldFiles>& shared_told() const { return told_; }
  [[nodiscard]] const InodeNumbers& numbers() const { return numbers_; }
  [[nodiscard]] const InventoryTreeSettings& settings() const { return settings_; }

 private:
  const cache::Inventory& inventory_;
  cache::VmSets& sets_;
  const InventoryTreeSettings settings_;
  const InodeNumbers numbers_;
  mutable FolderFacts folder_facts_;
  const std::shared_ptr<ToldFiles> told_ = std::make_shared<ToldFiles>();
  std::vector<ExtraChild> root_children_;
  DatacenterChildren datacenter_children_;
};

}  // namespace vtpmfs::fs
