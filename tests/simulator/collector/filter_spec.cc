#include "tests/simulator/collector/filter_spec.h"

#include "tests/simulator/model/managed_type.h"
#include "tests/simulator/model/value.h"

namespace vtpmfs::simulator {
namespace {

Outcome<std::vector<Traversal>> traversals(const std::vector<vim25__SelectionSpec*>& messages) {
  std::vector<Traversal> made;
  for (const auto* message : messages) {
    if (message == nullptr) return refuse(invalid_argument("specSet.objectSet.selectSet"));
    Traversal traversal;
    traversal.name = message->name.value_or("");
    const auto* full = dynamic_cast<const vim25__TraversalSpec*>(message);
    if (full == nullptr) {
      if (traversal.name.empty()) return refuse(invalid_argument("selectSet.name"));
      traversal.by_name = true;
    } else {
      if (!is_managed_type(full->type)) return refuse(invalid_argument("selectSet.type"));
      if (full->path.empty()) return refuse(invalid_argument("selectSet.path"));
      traversal.type = full->type;
      traversal.path = full->path;
      traversal.skip = full->skip.value_or(false);
      auto next = traversals(full->selectSet);
      if (!next) return refuse(std::move(next.error()));
      traversal.next = std::move(*next);
    }
    made.push_back(std::move(traversal));
  }
  return made;
}

}  // namespace

Outcome<FilterSpec> filter_spec(const vim25__PropertyFilterSpec& message) {
  FilterSpec spec;
  spec.report_missing = message.reportMissingObjectsInResults.value_or(false);
  for (const auto& set : message.propSet) {
    if (!is_managed_type(set.type)) return refuse(invalid_argument("specSet.propSet.type"));
    spec.properties.push_back({set.type, set.all.value_or(false), set.pathSet});
  }
  for (const auto& set : message.objectSet) {
    auto next = traversals(set.selectSet);
    if (!next) return refuse(std::move(next.error()));
    spec.starts.push_back({ref_of(set.obj), set.skip.value_or(false), std::move(*next)});
  }
  if (spec.properties.empty()) return refuse(invalid_argument("specSet.propSet"));
  if (spec.starts.empty()) return refuse(invalid_argument("specSet.objectSet"));
  return spec;
}

}  // namespace vtpmfs::simulator
