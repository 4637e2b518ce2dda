// The state behind Inventory. Private to cache/inventory.
//
// One writer at a time, any number of readers. What readers look at changes under the exclusive
// lock only; the writer itself may read without it. What an update means to the tree is published
// at once, when the update is complete: listings are made beside, and swapped in.
#pragma once

#include <map>
#include <set>
#include <shared_mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cache/inventory.h"
#include "cache/inventory/entity.h"

namespace vtpmfs::cache {

struct Inventory::Model {
  Model(MoRef root_id, VmFilter vm_filter) : root(std::move(root_id)), filter(vm_filter) {}

  const MoRef root;
  const VmFilter filter;

  mutable std::shared_mutex mutex;
  bool complete = false;
  bool details_first = false;  ///< see wait_for_details()
  FactPool pool;               ///< before the entities, which point into it
  Entities entities;
  std::unordered_map<MoRef, DirectoryChildren> directories;
  std::unordered_map<MoRef, MoRef> vm_folders;  ///< of datacenters, as the API says

  // -- the writer's notes of the update that is under way
  uint32_t epoch = 0;
  bool under_way = false;           ///< more batches of this update follow
  bool restarting = false;          ///< what is not seen by the end of the update has gone
  unsigned doubtful_ends = 0;       ///< of a restart that brought no datacenter
  bool structural = false;          ///< more than VMs changed: descend anew
  std::unordered_set<MoRef> dirty;  ///< directories to be listed anew
  std::set<MoRef> changed_vms;
  bool keys_moved = false;

  // -- writing: model.cc. The caller holds the exclusive lock.
  void begin_restart();
  /// At the end of an update: what a restart did not bring has gone, where that can be believed.
  void end_restart();
  void change(const vsphere::EntityChange& change);
  void leave(const MoRef& id);
  void set_has_tpm(const MoRef& vm, bool has_tpm);

  // -- publishing: publish.cc. Takes the lock itself.
  InventoryChange publish();

  // -- reading. The caller holds a lock, or is the writer.
  [[nodiscard]] bool passes(const EntityEntry& vm) const;
  [[nodiscard]] bool may_pass(const EntityEntry& vm) const;
  [[nodiscard]] const EntityEntry* find(const MoRef& id) const;
  /// A directory that is placed, or a VM that is listed.
  [[nodiscard]] const EntityEntry* find_published(const MoRef& id) const;
  /// From an entity (a hidden VM, too) up to the topmost below the root; empty where it has no
  /// place.
  [[nodiscard]] std::vector<const EntityEntry*> way_up(const MoRef& id) const;
  [[nodiscard]] const EntityEntry* vm_folder(const MoRef& datacenter) const;

 private:
  void enter(EntityEntry& entry, const EntityFacts& facts, bool is_new);
  void attach(EntityEntry& entry);
  void detach(EntityEntry& entry);
  void note(const EntityEntry& entry);

  using Listing = std::pair<std::vector<EntityEntry*>, std::vector<std::string>>;
  [[nodiscard]] bool may_sweep();
  void descend();
  [[nodiscard]] std::optional<PlaceKind> kind_of_child(const MoRef& directory, PlaceKind kind,
                                                       const EntityEntry& child) const;
  [[nodiscard]] std::optional<PlaceKind> kind_of_directory(const MoRef& directory) const;
  [[nodiscard]] Listing list(const MoRef& directory) const;
  void tell_differences(const MoRef& directory, const std::vector<EntityEntry*>& old_entries,
                        const Listing& listing, InventoryChange& told) const;
  void swap_in(const MoRef& directory, Listing& listing);
  void erase_gone();
};

}  // namespace vtpmfs::cache
