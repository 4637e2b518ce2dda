#include "cache/inventory.h"

#include <algorithm>
#include <iterator>
#include <mutex>

#include "cache/inventory/model.h"

namespace vtpmfs::cache {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Place place_of(const EntityEntry& entry) {
  return Place{entry.first, entry.second.kind, entry.second.shown_name, entry.second.facts.raw_name,
               entry.second.facts.home()};
}

}  // namespace

void InventoryChange::merge(InventoryChange&& later) {
  append(names, std::move(later.names));
  append(directories, std::move(later.directories));
  append(vms, std::move(later.vms));
  append(gone_vms, std::move(later.gone_vms));
  paths_moved = paths_moved || later.paths_moved;
  keys_moved = keys_moved || later.keys_moved;
}

Inventory::Inventory(MoRef root, VmFilter filter)
    : model_(std::make_unique<Model>(std::move(root), filter)) {}
Inventory::~Inventory() = default;

bool Inventory::complete() const {
  const std::shared_lock lock(model_->mutex);
  return model_->complete;
}

std::optional<Place> Inventory::place(const MoRef& id) const {
  if (id == model_->root) return Place{id, PlaceKind::root, "", "", MoRef()};
  const std::shared_lock lock(model_->mutex);
  const EntityEntry* entry = model_->find_published(id);
  if (entry == nullptr) return std::nullopt;
  return place_of(*entry);
}

std::vector<Place> Inventory::children(const MoRef& directory) const {
  std::vector<Place> places;
  const std::shared_lock lock(model_->mutex);
  const auto found = model_->directories.find(directory);
  if (found == model_->directories.end()) return places;
  places.reserve(found->second.listed.size());
  for (const EntityEntry* entry : found->second.listed) places.push_back(place_of(*entry));
  return places;
}

std::optional<Place> Inventory::child(const MoRef& directory, const std::string& name) const {
  const std::shared_lock lock(model_->mutex);
  const auto found = model_->directories.find(directory);
  if (found == model_->directories.end()) return std::nullopt;
  const auto& listed = found->second.listed;
  const auto at = std::lower_bound(listed.begin(), listed.end(), name,
                                   [](const EntityEntry* entry, const std::string& wanted) {
                                     return entry->second.shown_name < wanted;
                                   });
  if (at == listed.end() || (*at)->second.shown_name != name) return std::nullopt;
  return place_of(**at);
}

std::optional<MoRef> Inventory::child_by_raw_name(const MoRef& directory,
                                                  const std::string& raw_name) const {
  const std::shared_lock lock(model_->mutex);
  const auto found = model_->directories.find(directory);
  if (found == model_->directories.end()) return std::nullopt;
  std::optional<MoRef> first;
  for (const EntityEntry* entry : found->second.all) {
    if (entry->second.facts.raw_name != raw_name) continue;
    if (!first || entry->first < *first) first = entry->first;
  }
  return first;
}

std::string Inventory::inventory_path(const MoRef& id) const {
  const std::shared_lock lock(model_->mutex);
  const auto way = model_->way_up(id);
  std::string path = way.empty() && id == model_->root ? "/" : "";
  for (auto entry = way.rbegin(); entry != way.rend(); ++entry) {
    const std::string& name = (*entry)->second.facts.raw_name;
    path += '/';
    path += name.empty() ? (*entry)->first.value : name;
  }
  return path;
}

std::optional<MoRef> Inventory::datacenter_of(const MoRef& id) const {
  const std::shared_lock lock(model_->mutex);
  for (const EntityEntry* entry : model_->way_up(id)) {
    if (entry->second.kind == PlaceKind::datacenter) return entry->first;
  }
  return std::nullopt;
}

std::optional<MoRef> Inventory::vm_folder_of(const MoRef& datacenter) const {
  const std::shared_lock lock(model_->mutex);
  const auto found = model_->directories.find(datacenter);
  const EntityEntry* entry = model_->find_published(datacenter);
  if (entry == nullptr || entry->second.kind != PlaceKind::datacenter) return std::nullopt;
  if (found == model_->directories.end() || found->second.listed.empty()) return std::nullopt;
  return found->second.listed.front()->first;
}

std::vector<MoRef> Inventory::shown_vms() const {
  std::vector<MoRef> vms;
  const std::shared_lock lock(model_->mutex);
  for (const auto& [id, entity] : model_->entities) {
    if (entity.listed && entity.kind == PlaceKind::vm) vms.push_back(id);
  }
  return vms;
}

std::optional<Inventory::VmFacts> Inventory::vm_facts(const MoRef& vm) const {
  const std::shared_lock lock(model_->mutex);
  const EntityEntry* entry = model_->find(vm);
  if (entry == nullptr || vm.type != kVmType) return std::nullopt;
  const EntityFacts& facts = entry->second.facts;
  std::optional<vsphere::CryptoKeyId> key_id;
  if (facts.key_id) key_id = *facts.key_id;
  return VmFacts{facts.change_version,  std::move(key_id), facts.tpm_present,
                 entry->second.has_tpm, facts.is_template, *facts.connection_state,
                 *facts.crypto_state,   *facts.power_state};
}

std::vector<MoRef> Inventory::all_vms() const {
  std::vector<MoRef> vms;
  const std::shared_lock lock(model_->mutex);
  for (const auto& [id, entity] : model_->entities) {
    if (id.type == kVmType && !entity.gone) vms.push_back(id);
  }
  return vms;
}

bool Inventory::wants_details(const MoRef& vm) const {
  const std::shared_lock lock(model_->mutex);
  const EntityEntry* entry = model_->find(vm);
  return entry != nullptr && vm.type == kVmType && model_->may_pass(*entry);
}

std::vector<MoRef> Inventory::unplaced_vms() const {
  std::vector<MoRef> vms;
  const std::shared_lock lock(model_->mutex);
  for (const auto& [id, entity] : model_->entities) {
    if (id.type != kVmType || entity.gone || entity.listed) continue;
    const EntityEntry* home = model_->find(entity.facts.home());
    const bool placed =
        home != nullptr && home->second.placed &&
        (home->second.kind == PlaceKind::vm_folder || home->second.kind == PlaceKind::vapp);
    if (!placed) vms.push_back(id);
  }
  return vms;
}

bool Inventory::doubtful() const {
  const std::shared_lock lock(model_->mutex);
  return model_->restarting && model_->doubtful_ends > 0;
}

void Inventory::wait_for_details() {
  const std::unique_lock lock(model_->mutex);
  model_->details_first = true;
}

InventoryChange Inventory::apply(const vsphere::InventoryUpdate& update) {
  {
    const std::unique_lock lock(model_->mutex);
    if (update.restarted) model_->begin_restart();  // also in the middle of a former one
    for (const vsphere::EntityChange& change : update.changes) {
      if (change.kind == vsphere::EntityChange::Kind::leave) {
        model_->leave(change.id);
      } else {
        model_->change(change);
      }
    }
    if (update.complete) model_->end_restart();
  }
  model_->under_way = !update.complete;
  if (!update.complete) return {};
  InventoryChange told = model_->publish();
  const std::unique_lock lock(model_->mutex);
  model_->complete = true;
  return told;
}

InventoryChange Inventory::set_has_tpm(const std::vector<std::pair<MoRef, bool>>& vms) {
  {
    const std::unique_lock lock(model_->mutex);
    for (const auto& [vm, has_tpm] : vms) model_->set_has_tpm(vm, has_tpm);
  }
  // In the middle of an update there is nothing whole to publish; its end will.
  if (model_->under_way) return {};
  return model_->publish();
}

}  // namespace vtpmfs::cache
