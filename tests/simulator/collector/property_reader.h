// Reads the properties of one object for one viewer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/collector/filter_spec.h"
#include "tests/simulator/collector/viewpoint.h"
#include "tests/simulator/model/property_table.h"
#include "tests/simulator/soap/fault.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::simulator {

/// What came out for one path: a value, or why not, or neither (unset).
struct PropertyReading {
  std::string path;
  Value value = nullptr;
  std::optional<Fault> missing;
};

/// Checks the paths of the property specs and of the traversals against the types that they name,
/// whatever objects there are: InvalidProperty for the whole call. While the switch
/// "invalid-property" says "missing", those of property specs are let pass.
[[nodiscard]] Outcome<void> check_paths(const FilterSpec& spec, const Viewpoint& viewpoint);

/// The paths that the spec wants of an object of this type; of several property specs that of the
/// very type wins, otherwise they add up.
[[nodiscard]] std::vector<std::string> paths_for(const FilterSpec& spec,
                                                 const ManagedObject& object);

/// Reads the paths; wants the inventory's lock, shared. InvalidProperty as check_paths() for a path
/// that the object's type lacks.
[[nodiscard]] Outcome<std::vector<PropertyReading>> read_properties(
    const ManagedObject& object, const std::vector<std::string>& paths, const Viewpoint& viewpoint,
    vsphere::Arena& arena);

}  // namespace vtpmfs::simulator
