#include "tests/simulator/model/value.h"

namespace vtpmfs::simulator {

Value ref_value(const Reading& reading, const Ref& ref) {
  return ref.empty() ? nullptr : reading.arena.keep(wire(ref));
}

Value refs_value(const Reading& reading, const std::vector<Ref>& refs) {
  auto* array = reading.arena.make<vim25__ArrayOfManagedObjectReference>();
  array->ManagedObjectReference.reserve(refs.size());
  for (const Ref& ref : refs) array->ManagedObjectReference.push_back(wire(ref));
  return array;
}

Value texts_value(const Reading& reading, std::vector<std::string> texts) {
  auto* array = reading.arena.make<vim25__ArrayOfString>();
  array->string = std::move(texts);
  return array;
}

std::vector<Ref> refs_in(const xsd__anyType* value) {
  std::vector<Ref> refs;
  if (const auto* one = dynamic_cast<const vim25__ManagedObjectReference*>(value)) {
    refs.push_back(ref_of(*one));
  } else if (const auto* many = dynamic_cast<const vim25__ArrayOfManagedObjectReference*>(value)) {
    for (const auto& each : many->ManagedObjectReference) refs.push_back(ref_of(each));
  }
  return refs;
}

}  // namespace vtpmfs::simulator
