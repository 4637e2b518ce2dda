// Owns the parts of a message that is being put together.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "soapStub.h"

namespace vtpmfs::vsphere {

/// The generated classes point to what may be polymorphic and own nothing of it. An arena owns it,
/// until the message has been written. Not thread-safe; cheap to make; neither copied nor moved.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A new T with its defaults, for the arena's life.
  template <class T>
  T* make() {
    auto owned = std::make_shared<T>();
    T* object = owned.get();
    parts_.push_back(std::move(owned));
    return object;
  }

  /// A copy of a plain value, for the members that are a pointer to one (returnval).
  template <class T>
  T* keep(T value) {
    T* object = make<T>();
    *object = std::move(value);
    return object;
  }

  /// A boxed primitive or an enumeration: box<xsd__string_>("efi"), box<xsd__boolean_>(true).
  template <class Box, class Value>
  Box* box(Value&& value) {
    Box* object = make<Box>();
    object->__item = std::forward<Value>(value);
    return object;
  }

  /// The text as xsd:string, the commonest case.
  xsd__string_* text(std::string value) { return box<xsd__string_>(std::move(value)); }

 private:
  std::deque<std::shared_ptr<void>> parts_;
};

/// A reference to a managed object: reference("Folder", "group-v3").
inline vim25__ManagedObjectReference reference(std::string type, std::string id) {
  vim25__ManagedObjectReference made;
  made.type = std::move(type);
  made.__item = std::move(id);
  return made;
}

}  // namespace vtpmfs::vsphere
