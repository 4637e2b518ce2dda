#include "tests/simulator/collector/property_reader.h"

#include <algorithm>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/managed_type.h"

namespace vtpmfs::simulator {
namespace {

bool invalid_paths_fault(const Viewpoint& viewpoint) {
  return viewpoint.simulator.switches().is("invalid-property", "fault");
}

void add_once(std::vector<std::string>& paths, const std::string& path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
}

/// A traversal's path is one of its own type, not of what is met on the way.
Outcome<void> check_traversals(const std::vector<Traversal>& traversals,
                               const Inventory& inventory) {
  for (const auto& traversal : traversals) {
    if (traversal.by_name) continue;
    const PropertyTable* table = inventory.properties_of(traversal.type);
    if (table != nullptr && !table->find(traversal.path)) {
      return refuse(invalid_property(traversal.path));
    }
    if (auto checked = check_traversals(traversal.next, inventory); !checked) return checked;
  }
  return {};
}

}  // namespace

Outcome<void> check_paths(const FilterSpec& spec, const Viewpoint& viewpoint) {
  for (const auto& start : spec.starts) {
    if (auto checked = check_traversals(start.next, viewpoint.inventory()); !checked) {
      return checked;
    }
  }
  if (!invalid_paths_fault(viewpoint)) return {};
  for (const auto& properties : spec.properties) {
    const PropertyTable* table = viewpoint.inventory().properties_of(properties.type);
    if (table == nullptr) continue;
    for (const auto& path : properties.paths) {
      if (!table->find(path)) return refuse(invalid_property(path));
    }
  }
  return {};
}

std::vector<std::string> paths_for(const FilterSpec& spec, const ManagedObject& object) {
  const std::string& type = object.ref().type;
  const bool exact = std::any_of(spec.properties.begin(), spec.properties.end(),
                                 [&](const auto& each) { return each.type == type; });
  std::vector<std::string> paths;
  for (const auto& properties : spec.properties) {
    if (exact ? properties.type != type : !is_a(type, properties.type)) continue;
    if (properties.all) {
      for (const auto& [path, property] : object.properties().all()) {
        if (path.find_first_of(".[") == std::string::npos) add_once(paths, path);
      }
    }
    for (const auto& path : properties.paths) add_once(paths, path);
  }
  return paths;
}

Outcome<std::vector<PropertyReading>> read_properties(const ManagedObject& object,
                                                      const std::vector<std::string>& paths,
                                                      const Viewpoint& viewpoint,
                                                      vsphere::Arena& arena) {
  std::vector<PropertyReading> readings;
  readings.reserve(paths.size());
  for (const auto& path : paths) {
    auto match = object.properties().find(path);
    PropertyReading reading;
    reading.path = path;
    if (!match) {
      if (invalid_paths_fault(viewpoint)) return refuse(invalid_property(path));
      reading.missing = invalid_property(path);
    } else if (const std::string& privilege = match->property->privilege;
               !viewpoint.may(object.ref(), privilege)) {
      reading.missing = viewpoint.session ? no_permission(object.ref(), privilege)
                                          : not_authenticated(object.ref(), privilege);
    } else {
      reading.value = match->property->get(
          object, Reading{arena, viewpoint.session.get(), std::move(match->key)});
    }
    readings.push_back(std::move(reading));
  }
  return readings;
}

}  // namespace vtpmfs::simulator
