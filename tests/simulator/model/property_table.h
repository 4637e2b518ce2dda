// Which properties a managed type has, and how their values are made.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/simulator/model/managed_object.h"

class xsd__anyType;  // NOLINT(bugprone-reserved-identifier): gSOAP names it so
namespace vtpmfs::vsphere {
class Arena;
}

namespace vtpmfs::simulator {

class Session;

/// What a getter may look at besides its object.
struct Reading {
  /// Where the value is made; freed after the response was written, which happens without the lock.
  /// So a value is made here, or it is immutable and its owner kept here too:
  /// `reading.arena.keep(shared_pointer)`.
  vsphere::Arena& arena;
  /// Who asks; null inside the simulator.
  const Session* session;
  /// The key of a keyed path, unquoted: `encryption.bundle` of
  /// `config.extraConfig["encryption.bundle"].value`, `11000` of `config.hardware.device[11000]`.
  std::string key;
};

/// Null: the property is unset, or no element has that key.
using Value = xsd__anyType*;

/// The declared property paths of one managed type. A path that is not in the table faults the
/// whole call with InvalidProperty, as a vCenter does; so declare each path that a vCenter knows
/// and a client may ask for, also where the answer is always "unset".
///
/// A path keyed by a string is declared with empty brackets, one keyed by a number with `[#]`:
/// `config.extraConfig[].value`, `config.hardware.device[#]`. Nested paths are declared each on its
/// own: `config`, `config.files`, `config.files.vmPathName`. Nothing is derived, so a getter of a
/// small path stays cheap.
///
/// Threads: immutable once built. Getters run with the inventory's lock held shared (they change
/// nothing and lock nothing) and must answer the same until Inventory::changed() was called for the
/// object.
class PropertyTable {
 public:
  using Getter = std::function<Value(const ManagedObject&, const Reading&)>;
  struct Property {
    Getter get;
    /// What the reader must be allowed on the object: else missingSet says NoPermission.
    std::string privilege;
  };
  /// A property found, with the key that the path named.
  struct Match {
    const Property* property;
    std::string key;
  };

  void add(std::string path, Getter get, std::string privilege);

  /// Finds what a client's path means: `config.extraConfig["nvram"].value` finds
  /// `config.extraConfig[].value` and the key `nvram`. Nothing where the path is not declared or
  /// its brackets are malformed: a string key wants quotes, a number wants none. The key comes
  /// without quotes.
  [[nodiscard]] std::optional<Match> find(std::string_view path) const;

  /// Every path without brackets, for PropertySpec.all.
  [[nodiscard]] const std::map<std::string, Property, std::less<>>& all() const {
    return properties_;
  }

 private:
  std::map<std::string, Property, std::less<>> properties_;
};

/// Writes a PropertyTable for objects of class T:
///
///   const PropertyTable& Folder::properties() const {
///     static const PropertyTable table =
///         Declare<Folder>(managed_entity_properties())
///             .property("childEntity", [](const Folder& f, const Reading& r) { return ...; },
///                       "System.View")
///             .table();
///     return table;
///   }
template <class T>
class Declare {
 public:
  Declare() = default;
  /// Takes over a base type's properties (ManagedEntity's for a Folder).
  explicit Declare(PropertyTable base) : table_(std::move(base)) {}

  template <class Get>
  Declare& property(const std::string& path, Get get,
                    const std::string& privilege = "System.Read") {
    table_.add(
        path,
        [get = std::move(get)](const ManagedObject& object, const Reading& reading) -> Value {
          return get(static_cast<const T&>(object), reading);
        },
        privilege);
    return *this;
  }
  /// Known to vCenter, never set here.
  Declare& unset(const std::string& path) {
    table_.add(
        path, [](const ManagedObject&, const Reading&) -> Value { return nullptr; }, "System.Read");
    return *this;
  }
  [[nodiscard]] PropertyTable table() const { return table_; }

 private:
  PropertyTable table_;
};

}  // namespace vtpmfs::simulator
