// xsi:type of what was read, and how it is kept or dropped. See base.gsoap.h and values.h.
#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>

#include "soapStub.h"
#include "vsphere/soap/type_name.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

// Demangling costs microseconds and a message holds thousands of objects: each class is asked once.
const WireName& name_of(const std::type_info& type) {
  static std::shared_mutex mutex;
  static std::unordered_map<std::type_index, WireName> names;
  {
    const std::shared_lock lock(mutex);
    if (const auto found = names.find(type); found != names.end()) return found->second;
  }
  const std::unique_lock lock(mutex);
  return names.try_emplace(type, wire_name(type)).first->second;
}

// The name without prefix and the white space that XML allows around it.
std::string_view local_part(std::string_view name) {
  constexpr std::string_view space = " \t\r\n";
  const auto end = name.find_last_not_of(space);
  name = name.substr(0, end == std::string_view::npos ? 0 : end + 1);
  return name.substr(std::min(name.find_last_of(": \t\r\n") + 1, name.size()));
}

// The declared type says nothing when it is what the class is.
void drop_redundant_type(xsd__anyType& object) {
  if (object.xsi__type && local_part(*object.xsi__type) == name_of(typeid(object)).local) {
    object.xsi__type.reset();
  }
}

// gSOAP names the type of texts, numbers and references itself whenever it writes one.
bool has_simple_content(const xsd__anyType& object) {
  if (typeid(object) == typeid(xsd__anyType)) return false;
  return name_of(typeid(object)).prefix == "xsd" ||
         dynamic_cast<const xsd__string_*>(&object) != nullptr ||
         dynamic_cast<const vim25__ManagedObjectReference*>(&object) != nullptr;
}

// The prefix of the message that the type was read from means nothing in the one to be written.
void use_own_prefix(xsd__anyType& object) {
  if (!object.xsi__type || object.xsi__type->starts_with("vim25:") ||
      object.xsi__type->starts_with("pbm:")) {
    return;
  }
  const auto& prefix = name_of(typeid(object)).prefix;
  object.xsi__type =
      (prefix == "pbm" ? "pbm:" : "vim25:") + std::string(local_part(*object.xsi__type));
}

}  // namespace

std::string type_name(const xsd__anyType& object) {
  if (object.xsi__type) return std::string(local_part(*object.xsi__type));
  return name_of(typeid(object)).local;
}

std::optional<std::string> unknown_type(const xsd__anyType& object) {
  if (!object.xsi__type) return std::nullopt;
  const auto named = local_part(*object.xsi__type);
  if (named == name_of(typeid(object)).local) return std::nullopt;
  return std::string(named);
}

}  // namespace vtpmfs::vsphere

// Called by the generated code after an object with content was read, and before one is written.
int xsd__anyType::get(struct soap*) {
  vtpmfs::vsphere::drop_redundant_type(*this);
  return SOAP_OK;
}
int xsd__anyType::set(struct soap*) {
  vtpmfs::vsphere::drop_redundant_type(*this);
  if (xsi__type && vtpmfs::vsphere::has_simple_content(*this)) xsi__type.reset();
  vtpmfs::vsphere::use_own_prefix(*this);
  return SOAP_OK;
}
