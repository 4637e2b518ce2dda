// What to ask a PropertyCollector for.
#pragma once

#include <string>
#include <vector>

#include "vsphere/moref.h"

class vim25__PropertyFilterSpec;

namespace vtpmfs::vsphere {

class Arena;

/// One step from objects of `type` along the property `path`, which holds references. Steps name
/// each other, so that a tree is walked by steps that lead to themselves.
struct TraversalStep {
  std::string name;
  std::string type;
  std::string path;
  std::vector<std::string> next;  ///< names of the steps taken from what was reached
};

struct PropertyPaths {
  std::string type;
  std::vector<std::string> paths;
};

/// Objects to start from, where to go from each of them, and what to read on the way.
struct PropertyQuery {
  std::vector<PropertyPaths> properties;
  std::vector<MoRef> objects;
  bool skip_objects = false;       ///< the objects themselves are only the start of the way
  std::vector<std::string> first;  ///< names of the steps that are taken from `objects`
  std::vector<TraversalStep> steps;
  /// An object that has gone is reported with the fault instead of failing the whole call.
  bool report_missing_objects = false;
};

/// The filter's spec; what it points to lives in the arena.
vim25__PropertyFilterSpec filter_spec(const PropertyQuery& query, Arena& arena);

}  // namespace vtpmfs::vsphere
