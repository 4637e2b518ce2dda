#include "vsphere/property/property_query.h"

#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::vsphere {
namespace {

vim25__TraversalSpec* traversal(const TraversalStep& step, Arena& arena) {
  auto* spec = arena.make<vim25__TraversalSpec>();
  spec->name = step.name;
  spec->type = step.type;
  spec->path = step.path;
  spec->skip = false;
  for (const std::string& name : step.next) {
    auto* next = arena.make<vim25__SelectionSpec>();
    next->name = name;
    spec->selectSet.push_back(next);
  }
  return spec;
}

}  // namespace

vim25__PropertyFilterSpec filter_spec(const PropertyQuery& query, Arena& arena) {
  vim25__PropertyFilterSpec spec;
  for (const PropertyPaths& properties : query.properties) {
    vim25__PropertySpec& set = spec.propSet.emplace_back();
    set.type = properties.type;
    set.all = false;
    set.pathSet = properties.paths;
  }
  for (const MoRef& ref : query.objects) {
    vim25__ObjectSpec& object = spec.objectSet.emplace_back();
    object.obj = to_soap(ref);
    object.skip = query.skip_objects;
    for (const TraversalStep& step : query.steps) {
      object.selectSet.push_back(traversal(step, arena));
    }
  }
  if (query.report_missing_objects) spec.reportMissingObjectsInResults = true;
  return spec;
}

}  // namespace vtpmfs::vsphere
