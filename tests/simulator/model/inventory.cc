#include "tests/simulator/model/inventory.h"

#include <algorithm>
#include <cassert>

namespace vtpmfs::simulator {
namespace {

/// Calls `tell` for each listener that still lives and forgets the others.
template <class Tell>
void tell_all(std::mutex& lock, std::vector<std::weak_ptr<ChangeListener>>& listeners, Tell tell) {
  std::vector<std::shared_ptr<ChangeListener>> alive;
  {
    const std::scoped_lock hold(lock);
    for (const auto& listener : listeners) {
      if (auto strong = listener.lock()) alive.push_back(std::move(strong));
    }
    if (alive.size() != listeners.size()) {
      listeners.assign(alive.begin(), alive.end());
    }
  }
  for (const auto& listener : alive) tell(*listener);
}

}  // namespace

void Inventory::add(std::shared_ptr<ManagedObject> object) {
  Ref ref = object->ref();
  // A singleton's table is its own: two of one type must declare the same.
  if (tables_.find(ref.type) == tables_.end()) tables_.emplace(ref.type, &object->properties());
  const bool is_new = objects_.emplace(std::move(ref), std::move(object)).second;
  assert(is_new);
  (void)is_new;
  moved();
}

void Inventory::declare_type(std::string type, const PropertyTable& table) {
  tables_.emplace(std::move(type), &table);
}

void Inventory::remove(const Ref& ref) {
  const auto found = objects_.find(ref);
  if (found == objects_.end()) return;
  // `ref` may be the object's own.
  const std::shared_ptr<ManagedObject> gone = std::move(found->second);
  objects_.erase(found);
  changed(gone->ref());
  moved();
}

void Inventory::changed(const Ref& ref) {
  tell_all(listeners_lock_, listeners_,
           [&](ChangeListener& listener) { listener.object_changed(ref); });
}

void Inventory::moved() {
  ++tree_generation_;
  tell_all(listeners_lock_, listeners_, [](ChangeListener& listener) { listener.tree_changed(); });
}

std::shared_ptr<ManagedObject> Inventory::find(const Ref& ref) const {
  const auto found = objects_.find(ref);
  return found == objects_.end() ? nullptr : found->second;
}

const PropertyTable* Inventory::properties_of(std::string_view type) const {
  const auto found = tables_.find(type);
  return found == tables_.end() ? nullptr : found->second;
}

Ref Inventory::new_ref(std::string type, std::string_view prefix) {
  return {std::move(type), std::string(prefix) + "-" + std::to_string(++last_id_)};
}

void Inventory::subscribe(std::weak_ptr<ChangeListener> listener) {
  const std::scoped_lock hold(listeners_lock_);
  listeners_.push_back(std::move(listener));
}

}  // namespace vtpmfs::simulator
