// What an update means to the tree: descends, lists the directories that changed, tells the
// differences.
#include <algorithm>
#include <mutex>
#include <numeric>

#include "cache/inventory/model.h"
#include "cache/inventory/shown_name.h"

namespace vtpmfs::cache {
namespace {

/// What lies deeper can be named by no path (PATH_MAX), and is not placed.
constexpr size_t kDeepest = 1024;

/// So often does a restart end without a single datacenter, where there were some, before that is
/// believed: a server that has just started may show nothing for a while.
constexpr unsigned kDoubtfulEnds = 10;

}  // namespace

bool Inventory::Model::may_sweep() {
  bool any_known = false;
  for (const auto& [id, entity] : entities) {
    if (id.type != kDatacenterType || entity.gone) continue;
    if (entity.epoch == epoch) return true;
    any_known = true;
  }
  return !any_known || ++doubtful_ends >= kDoubtfulEnds;
}

void Inventory::Model::end_restart() {
  if (!restarting || !may_sweep()) return;
  std::vector<MoRef> unseen;
  for (const auto& [id, entity] : entities) {
    if (entity.epoch != epoch && !entity.gone) unseen.push_back(id);
  }
  for (const MoRef& id : unseen) leave(id);
  restarting = false;
  doubtful_ends = 0;
}

std::optional<PlaceKind> Inventory::Model::kind_of_child(const MoRef& directory, PlaceKind kind,
                                                         const EntityEntry& child) const {
  const std::string& type = child.first.type;
  switch (kind) {
    case PlaceKind::root:
    case PlaceKind::datacenter_folder:
      if (type == kFolderType) return PlaceKind::datacenter_folder;
      if (type == kDatacenterType) return PlaceKind::datacenter;
      return std::nullopt;
    case PlaceKind::datacenter:
      // Its host, datastore and network folders are not ours.
      if (&child == vm_folder(directory)) return PlaceKind::vm_folder;
      return std::nullopt;
    case PlaceKind::vm_folder:
      if (type == kFolderType) return PlaceKind::vm_folder;
      [[fallthrough]];
    case PlaceKind::vapp:
      if (type == kVappType) return PlaceKind::vapp;
      if (type == kVmType) return PlaceKind::vm;
      return std::nullopt;
    case PlaceKind::vm:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Only what is reached from the root has a place. An entity has one home, so a circle of parents
/// is never reached, and nothing is reached twice.
void Inventory::Model::descend() {
  for (auto& [id, entity] : entities) entity.placed = false;
  std::vector<std::pair<MoRef, PlaceKind>> level{{root, PlaceKind::root}};
  for (size_t depth = 0; depth < kDeepest && !level.empty(); ++depth) {
    std::vector<std::pair<MoRef, PlaceKind>> below;
    for (const auto& [directory, kind] : level) {
      const auto children = directories.find(directory);
      if (children == directories.end()) continue;
      for (EntityEntry* child : children->second.all) {
        const auto child_kind = kind_of_child(directory, kind, *child);
        if (!child_kind || *child_kind == PlaceKind::vm) continue;
        child->second.placed = true;
        child->second.kind = *child_kind;
        below.emplace_back(child->first, *child_kind);
      }
    }
    level = std::move(below);
  }
  for (const auto& [id, children] : directories) dirty.insert(id);
}

std::optional<PlaceKind> Inventory::Model::kind_of_directory(const MoRef& directory) const {
  if (directory == root) return PlaceKind::root;
  const EntityEntry* entry = find(directory);
  if (entry == nullptr || !entry->second.placed) return std::nullopt;
  return entry->second.kind;
}

Inventory::Model::Listing Inventory::Model::list(const MoRef& directory) const {
  const auto kind = kind_of_directory(directory);
  const auto children = directories.find(directory);
  if (!kind || children == directories.end()) return {};

  std::vector<EntityEntry*> entries;
  std::vector<NamedEntity> named;
  for (EntityEntry* child : children->second.all) {
    const auto child_kind = kind_of_child(directory, *kind, *child);
    if (!child_kind) continue;
    if (*child_kind == PlaceKind::vm ? !passes(*child) : !child->second.placed) continue;
    entries.push_back(child);
    named.push_back({child->first, child->second.facts.raw_name});
  }
  std::vector<std::string> names;
  if (*kind == PlaceKind::datacenter) {
    names.assign(entries.size(), "vm");  // one at most, whatever a server calls it
  } else {
    names = names_of_siblings(named, *kind == PlaceKind::root);
  }

  std::vector<size_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return names[a] < names[b]; });
  Listing listing;
  listing.first.reserve(order.size());
  listing.second.reserve(order.size());
  for (const size_t i : order) {
    listing.first.push_back(entries[i]);
    listing.second.push_back(std::move(names[i]));
  }
  return listing;
}

void Inventory::Model::tell_differences(const MoRef& directory,
                                        const std::vector<EntityEntry*>& old_entries,
                                        const Listing& listing, InventoryChange& told) const {
  const auto& [entries, names] = listing;
  const size_t before = told.names.size();
  size_t i = 0;
  size_t j = 0;
  while (i < old_entries.size() || j < entries.size()) {
    int order = 0;
    if (i == old_entries.size()) {
      order = 1;
    } else if (j == entries.size()) {
      order = -1;
    } else {
      order = old_entries[i]->second.shown_name.compare(names[j]);
    }
    if (order < 0) {
      told.names.push_back({directory, old_entries[i++]->second.shown_name});
    } else if (order > 0) {
      told.names.push_back({directory, names[j++]});
    } else {
      if (old_entries[i] != entries[j]) told.names.push_back({directory, names[j]});
      ++i;
      ++j;
    }
  }
  if (told.names.size() != before) told.directories.push_back(directory);
}

void Inventory::Model::swap_in(const MoRef& directory, Listing& listing) {
  auto& [entries, names] = listing;
  for (size_t i = 0; i < entries.size(); ++i) {
    Entity& entity = entries[i]->second;
    entity.shown_name = std::move(names[i]);
    entity.listed = true;
    if (entries[i]->first.type == kVmType) entity.kind = PlaceKind::vm;
  }
  entries.shrink_to_fit();
  directories[directory].listed = std::move(entries);
}

void Inventory::Model::erase_gone() {
  for (auto it = entities.begin(); it != entities.end();) {
    if (it->second.gone) {
      vm_folders.erase(it->first);
      it = entities.erase(it);
    } else {
      ++it;
    }
  }
  for (const MoRef& directory : dirty) {
    const auto found = directories.find(directory);
    if (found == directories.end()) continue;
    if (found->second.all.empty() && found->second.listed.empty()) directories.erase(found);
  }
}

InventoryChange Inventory::Model::publish() {
  {
    const std::unique_lock lock(mutex);
    if (structural) descend();
  }

  // Only the writer changes what is read here, and this is the writer: no lock while it takes long.
  InventoryChange told;
  std::vector<std::pair<MoRef, Listing>> listings;
  listings.reserve(dirty.size());
  for (const MoRef& directory : dirty) {
    Listing listing = list(directory);
    const auto known = directories.find(directory);
    static const std::vector<EntityEntry*> kNone;
    tell_differences(directory, known == directories.end() ? kNone : known->second.listed, listing,
                     told);
    listings.emplace_back(directory, std::move(listing));
  }
  bool any_gone = false;
  for (const MoRef& vm : changed_vms) {
    if (find(vm) != nullptr) {
      told.vms.push_back(vm);
    } else {
      told.gone_vms.push_back(vm);
      any_gone = true;
    }
  }
  told.paths_moved = structural;
  told.keys_moved = keys_moved;

  const std::unique_lock lock(mutex);
  // First all old listings, then all new ones: an entity may have moved from one to another.
  for (const auto& [directory, listing] : listings) {
    const auto known = directories.find(directory);
    if (known == directories.end()) continue;
    for (EntityEntry* entry : known->second.listed) entry->second.listed = false;
  }
  for (auto& [directory, listing] : listings) {
    if (!listing.first.empty() || directories.count(directory) > 0) swap_in(directory, listing);
  }
  if (any_gone || structural) erase_gone();
  structural = false;
  keys_moved = false;
  dirty.clear();
  changed_vms.clear();
  return told;
}

}  // namespace vtpmfs::cache
