#include "vsphere/inventory/change_reading.h"

#include <algorithm>

#include "vsphere/inventory/feed_paths.h"
#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

template <class T>
EntityValue value_or_error(Result<std::optional<T>> read) {
  if (!read) return std::move(read.error());
  if (!*read) return std::monostate();
  return std::move(**read);
}

EntityValue read_value(FeedValue kind, const xsd__anyType* value) {
  switch (kind) {
    case FeedValue::text:
      return value_or_error(property_value::text(value));
    case FeedValue::truth:
      return value_or_error(property_value::boolean(value));
    case FeedValue::reference:
      return value_or_error(property_value::reference(value));
    case FeedValue::key:
      return value_or_error(property_value::crypto_key(value));
  }
  return std::monostate();
}

EntityChange::Kind kind_of(const std::string& kind) {
  if (kind == "enter") return EntityChange::Kind::enter;
  if (kind == "leave") return EntityChange::Kind::leave;
  return EntityChange::Kind::modify;
}

EntityChange read_change(const vim25__ObjectUpdate& update) {
  EntityChange change;
  change.kind = kind_of(update.kind);
  change.id = from_soap(update.obj);
  for (const auto& property : update.changeSet) {
    const FeedPath* feed = find_feed_path(change.id.type, property.name);
    if (feed == nullptr) continue;
    const bool removed = property.op == "remove" || property.op == "indirectRemove";
    change.values.emplace_back(feed->property,
                               read_value(feed->value, removed ? nullptr : property.val));
  }
  for (const auto& missing : update.missingSet) {
    const FeedPath* feed = find_feed_path(change.id.type, missing.path);
    if (feed == nullptr) continue;
    Error error = fault_error(missing.fault);
    if (is_unknown_path(error)) continue;
    change.values.emplace_back(feed->property, std::move(error));
  }
  return change;
}

bool is_not_authenticated(const vim25__LocalizedMethodFault& fault) {
  return fault.fault != nullptr && type_name(*fault.fault) == "NotAuthenticated";
}

}  // namespace

std::vector<EntityChange> read_changes(const vim25__UpdateSet& updates) {
  std::vector<EntityChange> changes;
  for (const auto& filter : updates.filterSet) {
    for (const auto& update : filter.objectSet) changes.push_back(read_change(update));
    for (const auto& missing : filter.missingSet) {
      EntityChange gone;
      gone.kind = EntityChange::Kind::leave;
      gone.id = from_soap(missing.obj);
      changes.push_back(std::move(gone));
    }
  }
  return changes;
}

bool says_not_authenticated(const vim25__UpdateSet& updates) {
  for (const auto& filter : updates.filterSet) {
    for (const auto& update : filter.objectSet) {
      if (std::any_of(update.missingSet.begin(), update.missingSet.end(),
                      [](const auto& missing) { return is_not_authenticated(missing.fault); })) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace vtpmfs::vsphere
