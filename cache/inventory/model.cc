#include "cache/inventory/model.h"

#include <utility>
#include <variant>

namespace vtpmfs::cache {
namespace {

using vsphere::EntityProperty;
using vsphere::EntityValue;

template <class T>
std::optional<T> value_of(const EntityValue& value) {
  if (const T* held = std::get_if<T>(&value)) return *held;
  return std::nullopt;
}

bool unreadable(const EntityValue& value) {
  return std::holds_alternative<Error>(value);
}

/// Where the tree would lose an object, a value that became unreadable stays what it was.
template <class T>
void assign_known(T& field, const EntityValue& value) {
  if (!unreadable(value)) field = value_of<T>(value).value_or(T());
}

void assign_known(KeptValue<MoRef>& field, const EntityValue& value, FactPool& pool) {
  if (!unreadable(value)) field = pool.places.keep(value_of<MoRef>(value).value_or(MoRef()));
}

KeptValue<std::string> state_of(const EntityValue& value, FactPool& pool) {
  return pool.states.keep(value_of<std::string>(value).value_or(""));
}

void assign(EntityFacts& facts, EntityProperty property, const EntityValue& value, FactPool& pool) {
  switch (property) {
    case EntityProperty::name:
      return assign_known(facts.raw_name, value);
    case EntityProperty::parent:
      return assign_known(facts.parent, value, pool);
    case EntityProperty::parent_vapp:
      return assign_known(facts.parent_vapp, value, pool);
    case EntityProperty::is_template:
      return assign_known(facts.is_template, value);
    case EntityProperty::change_version:
      facts.change_version = value_of<std::string>(value);
      return;
    case EntityProperty::key_id:
      facts.key_id = nullptr;
      if (auto key = value_of<vsphere::CryptoKeyId>(value)) {
        facts.key_id = std::make_shared<const vsphere::CryptoKeyId>(std::move(*key));
      }
      facts.key_unreadable = unreadable(value);
      return;
    case EntityProperty::tpm_present:
      if (!unreadable(value)) facts.tpm_present = value_of<bool>(value);
      return;
    case EntityProperty::connection_state:
      facts.connection_state = state_of(value, pool);
      return;
    case EntityProperty::crypto_state:
      facts.crypto_state = state_of(value, pool);
      return;
    case EntityProperty::power_state:
      facts.power_state = state_of(value, pool);
      return;
    case EntityProperty::vm_folder:
      return;  // kept beside: only datacenters have one
  }
}

}  // namespace

bool EntityFacts::operator==(const EntityFacts& other) const {
  const auto same_key = [&] {
    if (!key_id || !other.key_id) return !key_id && !other.key_id;
    return *key_id == *other.key_id;
  };
  return raw_name == other.raw_name && parent == other.parent && parent_vapp == other.parent_vapp &&
         change_version == other.change_version && same_key() && tpm_present == other.tpm_present &&
         connection_state == other.connection_state && crypto_state == other.crypto_state &&
         power_state == other.power_state && is_template == other.is_template &&
         key_unreadable == other.key_unreadable;
}

void Inventory::Model::begin_restart() {
  restarting = true;
  ++epoch;
}

void Inventory::Model::note(const EntityEntry& entry) {
  if (entry.first.type == kVmType) {
    changed_vms.insert(entry.first);
  } else {
    structural = true;
  }
}

void Inventory::Model::attach(EntityEntry& entry) {
  const MoRef& home = entry.second.facts.home();
  auto& siblings = directories[home].all;
  entry.second.slot = static_cast<uint32_t>(siblings.size());
  siblings.push_back(&entry);
  dirty.insert(home);
}

void Inventory::Model::detach(EntityEntry& entry) {
  const MoRef& home = entry.second.facts.home();
  auto& siblings = directories[home].all;
  siblings[entry.second.slot] = siblings.back();
  siblings[entry.second.slot]->second.slot = entry.second.slot;
  siblings.pop_back();
  dirty.insert(home);
}

void Inventory::Model::change(const vsphere::EntityChange& change) {
  if (change.id == root || change.id.empty()) return;  // the mount point is not the server's
  const auto [found, is_new] = entities.try_emplace(change.id);
  EntityEntry& entry = *found;
  const bool returns = entry.second.gone;
  entry.second.gone = false;
  entry.second.epoch = epoch;

  // After a restart an "enter" tells the whole state: what it leaves out is unset now. At other
  // times some servers send "enter" again for what is known, and that is a change like any other.
  const bool anew = returns || (restarting && change.kind == vsphere::EntityChange::Kind::enter);
  EntityFacts facts = anew ? EntityFacts() : entry.second.facts;
  if (anew && !is_new) {
    facts.raw_name = entry.second.facts.raw_name;
    facts.parent = entry.second.facts.parent;
  }
  for (const auto& [property, value] : change.values) {
    assign(facts, property, value, pool);
    if (property == EntityProperty::vm_folder && !unreadable(value)) {
      const MoRef folder = value_of<MoRef>(value).value_or(MoRef());
      if (std::exchange(vm_folders[change.id], folder) != folder) structural = true;
    }
  }
  if (!is_new && !returns && facts == entry.second.facts) return;
  enter(entry, facts, is_new || returns);
}

void Inventory::Model::enter(EntityEntry& entry, const EntityFacts& facts, bool is_new) {
  EntityFacts& known = entry.second.facts;
  const bool moves = is_new || facts.home() != known.home();
  if (moves && !is_new) detach(entry);
  if (facts.key_id != known.key_id) keys_moved = true;
  known = facts;
  if (moves) attach(entry);
  dirty.insert(known.home());
  note(entry);
}

void Inventory::Model::leave(const MoRef& id) {
  const auto found = entities.find(id);
  if (found == entities.end() || found->second.gone) return;
  found->second.gone = true;
  detach(*found);
  note(*found);
}

void Inventory::Model::set_has_tpm(const MoRef& vm, bool has_tpm) {
  const auto found = entities.find(vm);
  if (found == entities.end() || found->second.gone || found->second.has_tpm == has_tpm) return;
  found->second.has_tpm = has_tpm;
  dirty.insert(found->second.facts.home());
}

bool Inventory::Model::may_pass(const EntityEntry& vm) const {
  const Entity& entity = vm.second;
  switch (filter) {
    case VmFilter::all:
      return true;
    case VmFilter::encrypted:
      // What cannot be told is shown: an incomplete backup is never silent.
      return entity.facts.key_id || entity.facts.key_unreadable ||
             !entity.facts.crypto_state->empty() || entity.has_tpm.value_or(false);
    case VmFilter::vtpm:
      break;
  }
  return entity.has_tpm.value_or(false) || entity.facts.tpm_present.value_or(true);
}

bool Inventory::Model::passes(const EntityEntry& vm) const {
  const Entity& entity = vm.second;
  if (details_first && !entity.has_tpm) return false;
  if (filter != VmFilter::vtpm) return may_pass(vm);
  return entity.has_tpm.value_or(entity.facts.tpm_present.value_or(false));
}

const EntityEntry* Inventory::Model::find(const MoRef& id) const {
  const auto found = entities.find(id);
  return found == entities.end() || found->second.gone ? nullptr : &*found;
}

const EntityEntry* Inventory::Model::find_published(const MoRef& id) const {
  const auto found = entities.find(id);
  return found == entities.end() || !found->second.listed ? nullptr : &*found;
}

std::vector<const EntityEntry*> Inventory::Model::way_up(const MoRef& id) const {
  std::vector<const EntityEntry*> way;
  // A listed entity has listed directories above it, up to the root.
  for (const EntityEntry* entry = id.type == kVmType ? find(id) : find_published(id);
       entry != nullptr; entry = find_published(entry->second.facts.home())) {
    way.push_back(entry);
    if (entry->second.facts.home() == root) return way;
  }
  return {};
}

const EntityEntry* Inventory::Model::vm_folder(const MoRef& datacenter) const {
  const auto named = vm_folders.find(datacenter);
  if (named != vm_folders.end() && !named->second.empty()) {
    const EntityEntry* folder = find(named->second);
    if (folder != nullptr && folder->second.facts.home() == datacenter) return folder;
    return nullptr;
  }
  // The property may be unreadable where the folder is not.
  const auto children = directories.find(datacenter);
  if (children == directories.end()) return nullptr;
  const EntityEntry* found = nullptr;
  for (const EntityEntry* child : children->second.all) {
    if (child->first.type != kFolderType || child->second.facts.raw_name != "vm") continue;
    if (found == nullptr || child->first < found->first) found = child;
  }
  return found;
}

}  // namespace vtpmfs::cache
