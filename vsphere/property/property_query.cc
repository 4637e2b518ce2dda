#include "vsphere/property/property_query.h"

#include <algorithm>
#include <set>

#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::vsphere {
namespace {

/// Writes each step where it is met first, and its name wherever it is met again.
class StepWriter {
 public:
  StepWriter(const std::vector<TraversalStep>& steps, Arena& arena)
      : steps_(steps), arena_(arena) {}

  std::vector<vim25__SelectionSpec*> write(const std::vector<std::string>& names) {
    std::vector<vim25__SelectionSpec*> specs;
    specs.reserve(names.size());
    for (const std::string& name : names) specs.push_back(write(name));
    return specs;
  }

 private:
  vim25__SelectionSpec* write(const std::string& name) {
    const auto step = std::find_if(steps_.begin(), steps_.end(),
                                   [&](const TraversalStep& s) { return s.name == name; });
    if (step == steps_.end() || !written_.insert(name).second) {
      auto* reference = arena_.make<vim25__SelectionSpec>();
      reference->name = name;
      return reference;
    }
    auto* spec = arena_.make<vim25__TraversalSpec>();
    spec->name = name;
    spec->type = step->type;
    spec->path = step->path;
    spec->skip = false;
    spec->selectSet = write(step->next);
    return spec;
  }

  const std::vector<TraversalStep>& steps_;
  Arena& arena_;
  std::set<std::string> written_;
};

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
    object.selectSet = StepWriter(query.steps, arena).write(query.first);
  }
  if (query.report_missing_objects) spec.reportMissingObjectsInResults = true;
  return spec;
}

}  // namespace vtpmfs::vsphere
