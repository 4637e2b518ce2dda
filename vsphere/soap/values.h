// What is inside an xsd:anyType (DynamicProperty.val, OptionValue.value, TaskInfo.result), and
// which types could not be read. For .cc files: it needs the generated classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "soapStub.h"

namespace vtpmfs::vsphere {

/// The type's name on the wire without a prefix: "VirtualTPM", "string", and of an object whose
/// type is unknown to us, the name that the sender gave it.
std::string type_name(const xsd__anyType& object);

/// Set when the sender gave the object a type that the schema here does not have, so that it was
/// read as its base type and fields are lost. Holds the sender's name for it.
std::optional<std::string> unknown_type(const xsd__anyType& object);

/// The value as a T, or nullptr when it is absent, of another type, or of an unknown type derived
/// from T.
template <class T>
const T* value_as(const xsd__anyType* value) {
  const auto* typed = dynamic_cast<const T*>(value);
  return typed != nullptr && !unknown_type(*typed) ? typed : nullptr;
}

/// The text of strings, enumerations, dateTime, base64Binary and anyURI; nothing for all others.
std::optional<std::string> text_of(const xsd__anyType* value);
/// The value of a boolean; nothing for all others.
std::optional<bool> boolean_of(const xsd__anyType* value);
/// The value of byte, short, int and long; nothing for all others.
std::optional<std::int64_t> integer_of(const xsd__anyType* value);

}  // namespace vtpmfs::vsphere
