// Paths of inventory objects, from names and parents that were read.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

/// Collects names and parents, then joins them to paths such as /F0/DC1. A plain value.
class InventoryPaths {
 public:
  explicit InventoryPaths(MoRef root) : root_(std::move(root)) {}

  void add(const MoRef& id, std::string name, std::optional<MoRef> parent);
  /// From below the root folder, escapes kept, with a leading slash. Empty where an ancestor is not
  /// known, and for a chain that never ends.
  [[nodiscard]] std::string path(const MoRef& id) const;

 private:
  struct Entry {
    std::string name;
    std::optional<MoRef> parent;
  };
  MoRef root_;
  std::unordered_map<MoRef, Entry> entries_;
};

}  // namespace vtpmfs::vsphere
