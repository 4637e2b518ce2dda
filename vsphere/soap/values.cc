#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {

std::optional<std::string> text_of(const xsd__anyType* value) {
  if (const auto* text = dynamic_cast<const xsd__string_*>(value)) return text->__item;
  return std::nullopt;
}

std::optional<bool> boolean_of(const xsd__anyType* value) {
  if (const auto* boolean = dynamic_cast<const xsd__boolean_*>(value)) return boolean->__item;
  return std::nullopt;
}

std::optional<std::int64_t> integer_of(const xsd__anyType* value) {
  if (const auto* number = dynamic_cast<const xsd__int_*>(value)) return number->__item;
  if (const auto* number = dynamic_cast<const xsd__long_*>(value)) return number->__item;
  if (const auto* number = dynamic_cast<const xsd__short_*>(value)) return number->__item;
  if (const auto* number = dynamic_cast<const xsd__byte_*>(value)) return number->__item;
  return std::nullopt;
}

}  // namespace vtpmfs::vsphere
