#include "tests/simulator/collector/selection.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "tests/simulator/collector/view.h"
#include "tests/simulator/model/managed_type.h"
#include "tests/simulator/model/property_table.h"
#include "tests/simulator/model/value.h"

namespace vtpmfs::simulator {
namespace {

/// Whether a traversal can follow the value: a reference or an array of them, be it empty.
bool is_reference(const xsd__anyType& value) {
  return dynamic_cast<const vim25__ManagedObjectReference*>(&value) != nullptr ||
         dynamic_cast<const vim25__ArrayOfManagedObjectReference*>(&value) != nullptr;
}

class Walk {
 public:
  Walk(const FilterSpec& spec, const Viewpoint& viewpoint)
      : spec_(spec), viewpoint_(viewpoint), sees_all_(viewpoint.may_everywhere("System.View")) {}

  Outcome<Selection> run() {
    for (const auto& start : spec_.starts) {
      const auto object = viewpoint_.find(start.object);
      if (!object) {
        if (!spec_.report_missing) return refuse(object_not_found(start.object));
        found_.missing.push_back(start.object);
        continue;
      }
      by_name_.clear();
      note_names(start.next);
      done_.clear();
      if (!start.skip) take(start.object);
      if (auto went = follow(*object, start.next); !went) return refuse(std::move(went.error()));
    }
    return std::move(found_);
  }

 private:
  void note_names(const std::vector<Traversal>& traversals) {
    for (const auto& traversal : traversals) {
      if (!traversal.by_name && !traversal.name.empty()) {
        by_name_.emplace(traversal.name, &traversal);
      }
      note_names(traversal.next);
    }
  }

  /// What no PropertySpec asks anything of is passed through only.
  void take(const Ref& ref) {
    const bool wanted =
        std::any_of(spec_.properties.begin(), spec_.properties.end(),
                    [&](const auto& properties) { return is_a(ref.type, properties.type); });
    if (wanted && taken_.insert(ref).second) found_.objects.push_back(ref);
  }

  Outcome<void> follow(const ManagedObject& from, const std::vector<Traversal>& traversals) {
    for (const auto& each : traversals) {
      const Traversal* traversal = &each;
      if (each.by_name) {
        const auto named = by_name_.find(each.name);
        if (named == by_name_.end()) return refuse(invalid_argument("selectSet.name"));
        traversal = named->second;
      }
      if (!is_a(from.ref().type, traversal->type)) continue;
      // A chain of recursive traversals ends where it has been before.
      if (!done_.insert({traversal, from.ref()}).second) continue;
      if (auto went = follow(from, *traversal); !went) return went;
    }
    return {};
  }

  Outcome<void> follow(const ManagedObject& from, const Traversal& traversal) {
    std::vector<Ref> targets;
    const auto* view = dynamic_cast<const View*>(&from);
    if (view != nullptr && traversal.path == "view") {
      targets = view->contents();
    } else {
      const auto property = from.properties().find(traversal.path);
      if (!property) return refuse(invalid_property(traversal.path));
      vsphere::Arena arena;
      const Value value =
          property->property->get(from, Reading{arena, viewpoint_.session.get(), property->key});
      if (value != nullptr && !is_reference(*value)) {
        return refuse(invalid_property(traversal.path));
      }
      targets = refs_in(value);
    }
    for (const Ref& target : targets) {
      if (!sees_all_ && !viewpoint_.may(target, "System.View")) continue;
      if (!traversal.skip) take(target);
      if (traversal.next.empty()) continue;
      const auto object = viewpoint_.find(target);
      if (!object) continue;
      if (auto went = follow(*object, traversal.next); !went) return went;
    }
    return {};
  }

  const FilterSpec& spec_;
  const Viewpoint& viewpoint_;
  const bool sees_all_;
  std::map<std::string, const Traversal*> by_name_;
  std::set<std::pair<const Traversal*, Ref>> done_;
  std::unordered_set<Ref> taken_;
  Selection found_;
};

}  // namespace

Outcome<Selection> select(const FilterSpec& spec, const Viewpoint& viewpoint) {
  return Walk(spec, viewpoint).run();
}

}  // namespace vtpmfs::simulator
