#include "tests/simulator/collector/property_filter.h"

#include <functional>
#include <string>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/soap/fault_message.h"
#include "tests/simulator/soap/fragment.h"

namespace vtpmfs::simulator {
namespace {

/// Never 0, which means unset.
uint64_t fingerprint(const PropertyReading& reading, FragmentWriter& writer) {
  if (reading.missing) return std::hash<std::string>{}("missing " + reading.missing->type) | 1;
  if (reading.value == nullptr) return 0;
  return std::hash<std::string>{}(writer.element(*reading.value, "val")) | 1;
}

vim25__PropertyChange assignment(const PropertyReading& reading) {
  vim25__PropertyChange change;
  change.name = reading.path;
  change.op = "assign";
  change.val = reading.value;
  return change;
}

}  // namespace

const PropertyTable& PropertyFilter::properties() const {
  static const PropertyTable table =
      Declare<PropertyFilter>().unset("spec").unset("partialUpdates").table();
  return table;
}

void PropertyFilter::object_changed(const Ref& ref) {
  {
    const std::scoped_lock hold(lock_);
    touched_.insert(ref);
  }
  news_();
}

void PropertyFilter::tree_changed() {
  {
    const std::scoped_lock hold(lock_);
    tree_touched_ = true;
  }
  news_();
}

void PropertyFilter::forget() {
  known_.clear();
  to_look_at_.clear();
  queued_.clear();
  to_leave_.clear();
  missing_.clear();
  known_missing_.clear();
  proposed_.clear();
  proposed_leaves_.clear();
  proposed_missing_.clear();
  const std::scoped_lock hold(lock_);
  tree_touched_ = true;
}

void PropertyFilter::accept() {
  for (auto& [ref, fingerprints] : proposed_) {
    known_.insert_or_assign(ref, std::move(fingerprints));
  }
  for (const Ref& ref : proposed_leaves_) known_.erase(ref);
  known_missing_.insert(proposed_missing_.begin(), proposed_missing_.end());
  proposed_.clear();
  proposed_leaves_.clear();
  proposed_missing_.clear();
}

void PropertyFilter::take_back() {
  if (proposed_.empty() && proposed_leaves_.empty() && proposed_missing_.empty()) return;
  const std::scoped_lock hold(lock_);
  for (const auto& each : proposed_) touched_.insert(each.first);
  proposed_.clear();
  proposed_leaves_.clear();
  proposed_missing_.clear();
  tree_touched_ = true;
}

Outcome<void> PropertyFilter::look_around(const Viewpoint& viewpoint) {
  bool tree = false;
  std::unordered_set<Ref> touched;
  {
    const std::scoped_lock hold(lock_);
    std::swap(tree, tree_touched_);
    touched.swap(touched_);
  }
  if (tree) {
    FilterSpec spec = spec_;
    spec.report_missing = true;  // a start that vanished leaves; it is no fault of the wait
    auto selection = select(spec, viewpoint);
    if (!selection) return refuse(std::move(selection.error()));
    std::unordered_set<Ref> selected;
    for (const Ref& ref : selection->objects) {
      selected.insert(ref);
      if (known_.count(ref) == 0 && queued_.insert(ref).second) to_look_at_.push_back(ref);
    }
    missing_.clear();
    if (spec_.report_missing) {
      for (const Ref& ref : selection->missing) {
        // What the client knows leaves, which says enough.
        if (known_.count(ref) != 0) known_missing_.insert(ref);
        if (known_missing_.count(ref) == 0) missing_.push_back(ref);
      }
    }
    to_leave_.clear();
    for (const auto& each : known_) {
      if (selected.count(each.first) == 0) to_leave_.push_back(each.first);
    }
  }
  const std::unordered_set<Ref> leaving(to_leave_.begin(), to_leave_.end());
  for (const Ref& ref : touched) {
    // What leaves (its user may not see it any more) has no properties to be told.
    if (known_.count(ref) == 0 || leaving.count(ref) != 0) continue;
    if (queued_.insert(ref).second) to_look_at_.push_back(ref);
  }
  return {};
}

Outcome<void> PropertyFilter::propose(const Viewpoint& viewpoint, vsphere::Arena& arena, int room,
                                      vim25__PropertyFilterUpdate& update, bool& more) {
  if (auto looked = look_around(viewpoint); !looked) return looked;
  update.filter = wire(ref());
  propose_missing(arena, update);
  FragmentWriter writer;
  while (!to_leave_.empty() && room > 0) {
    propose_leave(to_leave_.front(), update);
    to_leave_.pop_front();
    --room;
  }
  while (!to_look_at_.empty()) {
    const Ref ref = to_look_at_.front();
    auto told = look_at(ref, viewpoint, arena, writer);
    if (!told) return refuse(std::move(told.error()));
    if (*told && room <= 0) break;
    to_look_at_.pop_front();
    queued_.erase(ref);
    if (!*told) continue;
    update.objectSet.push_back(std::move((*told)->update));
    proposed_.insert_or_assign(ref, std::move((*told)->fingerprints));
    --room;
  }
  more = more || !to_leave_.empty() || !to_look_at_.empty();
  return {};
}

void PropertyFilter::propose_missing(vsphere::Arena& arena, vim25__PropertyFilterUpdate& update) {
  for (const Ref& ref : missing_) {
    auto& told = update.missingSet.emplace_back();
    told.obj = wire(ref);
    told.fault = localized(object_not_found(ref), arena);
  }
  proposed_missing_ = std::move(missing_);
  missing_.clear();
}

bool PropertyFilter::tell_missing(const Viewpoint& viewpoint, const Fault& fault,
                                  vsphere::Arena& arena,
                                  vim25__PropertyFilterUpdate& update) const {
  for (const auto& each : known_) {
    const auto object = viewpoint.find(each.first);
    if (!object) continue;
    update.filter = wire(ref());
    auto& told = update.objectSet.emplace_back();
    told.kind = "modify";
    told.obj = wire(each.first);
    for (const auto& path : paths_for(spec_, *object)) {
      auto& missing = told.missingSet.emplace_back();
      missing.path = path;
      missing.fault = localized(fault, arena);
    }
    return true;
  }
  return false;
}

void PropertyFilter::propose_leave(const Ref& ref, vim25__PropertyFilterUpdate& update) {
  auto& told = update.objectSet.emplace_back();
  told.kind = "leave";
  told.obj = wire(ref);
  proposed_leaves_.push_back(ref);
}

Outcome<std::optional<PropertyFilter::Told>> PropertyFilter::look_at(const Ref& ref,
                                                                     const Viewpoint& viewpoint,
                                                                     vsphere::Arena& arena,
                                                                     FragmentWriter& writer) const {
  const auto object = viewpoint.find(ref);
  // The tree has changed as well: it will leave by that.
  if (!object) return std::optional<Told>();
  auto readings = read_properties(*object, paths_for(spec_, *object), viewpoint, arena);
  if (!readings) return refuse(std::move(readings.error()));
  const auto before = known_.find(ref);
  const bool enters = before == known_.end();
  const bool weak = !enters && viewpoint.simulator.switches().is("feed", "weak");
  Told told;
  for (size_t i = 0; i < readings->size(); ++i) {
    const PropertyReading& reading = (*readings)[i];
    told.fingerprints.push_back(fingerprint(reading, writer));
    const uint64_t old = enters || i >= before->second.size() ? 0 : before->second[i];
    if (weak && reading.path.rfind("config.", 0) == 0) told.fingerprints.back() = old;
    if (told.fingerprints.back() == old) continue;
    if (reading.missing) {
      auto& missing = told.update.missingSet.emplace_back();
      missing.path = reading.path;
      missing.fault = localized(*reading.missing, arena);
    } else {
      told.update.changeSet.push_back(assignment(reading));
    }
  }
  if (!enters && told.update.changeSet.empty() && told.update.missingSet.empty()) {
    return std::optional<Told>();
  }
  told.update.kind = enters ? "enter" : "modify";
  told.update.obj = wire(ref);
  return std::optional<Told>(std::move(told));
}

}  // namespace vtpmfs::simulator
