// Property values out of plain ones. For .cc files: it needs the generated classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/model/property_table.h"
#include "tests/simulator/model/ref.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::simulator {

[[nodiscard]] inline vim25__ManagedObjectReference wire(const Ref& ref) {
  return vsphere::reference(ref.type, ref.id);
}
/// For returnval, which is a pointer.
[[nodiscard]] inline vim25__ManagedObjectReference* wire(const Ref& ref, vsphere::Arena& arena) {
  return arena.keep(wire(ref));
}
[[nodiscard]] inline Ref ref_of(const vim25__ManagedObjectReference& wired) {
  return {wired.type, wired.__item};
}

[[nodiscard]] inline Value text_value(const Reading& reading, std::string text) {
  return reading.arena.text(std::move(text));
}
[[nodiscard]] inline Value bool_value(const Reading& reading, bool value) {
  return reading.arena.box<xsd__boolean_>(value);
}
[[nodiscard]] inline Value int_value(const Reading& reading, int value) {
  return reading.arena.box<xsd__int_>(value);
}
[[nodiscard]] inline Value long_value(const Reading& reading, int64_t value) {
  return reading.arena.box<xsd__long_>(value);
}
[[nodiscard]] inline Value time_value(const Reading& reading, std::string time) {
  return reading.arena.box<xsd__dateTime_>(std::move(time));
}
/// An enumeration: enum_value<vim25__VirtualMachinePowerState>(reading, "poweredOff").
template <class Enumeration>
[[nodiscard]] Value enum_value(const Reading& reading, std::string value) {
  return reading.arena.box<Enumeration>(std::move(value));
}
/// A copy of a data object.
template <class T>
[[nodiscard]] Value data_value(const Reading& reading, T data) {
  return reading.arena.keep(std::move(data));
}
/// Unset where the reference is empty.
[[nodiscard]] Value ref_value(const Reading& reading, const Ref& ref);
[[nodiscard]] Value refs_value(const Reading& reading, const std::vector<Ref>& refs);
[[nodiscard]] Value texts_value(const Reading& reading, std::vector<std::string> texts);

/// The references that a value holds: one, an array's, or none. What a TraversalSpec follows.
[[nodiscard]] std::vector<Ref> refs_in(const xsd__anyType* value);

}  // namespace vtpmfs::simulator
