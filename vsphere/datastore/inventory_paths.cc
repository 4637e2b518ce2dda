#include "vsphere/datastore/inventory_paths.h"

#include <utility>

namespace vtpmfs::vsphere {

void InventoryPaths::add(const MoRef& id, std::string name, std::optional<MoRef> parent) {
  entries_[id] = Entry{std::move(name), std::move(parent)};
}

std::string InventoryPaths::path(const MoRef& id) const {
  std::string path;
  MoRef at = id;
  for (size_t depth = 0; depth <= entries_.size(); ++depth) {
    if (at == root_) return path;
    const auto found = entries_.find(at);
    if (found == entries_.end() || !found->second.parent) return {};
    path.insert(0, "/" + found->second.name);
    at = *found->second.parent;
  }
  return {};
}

}  // namespace vtpmfs::vsphere
