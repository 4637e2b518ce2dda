// xsi:type of what was read, and how it is kept or dropped. See base.gsoap.h and values.h.
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
const std::string& local_name(const std::type_info& type) {
  static std::shared_mutex mutex;
  static std::unordered_map<std::type_index, std::string> names;
  {
    const std::shared_lock lock(mutex);
    if (const auto found = names.find(type); found != names.end()) return found->second;
  }
  const std::unique_lock lock(mutex);
  return names.try_emplace(type, wire_name(type).local).first->second;
}

std::string_view without_prefix(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// The declared type says nothing when it is what the class is.
int drop_redundant_type(xsd__anyType& object) {
  if (object.xsi__type && without_prefix(*object.xsi__type) == local_name(typeid(object))) {
    object.xsi__type.reset();
  }
  return SOAP_OK;
}

}  // namespace

std::string type_name(const xsd__anyType& object) {
  if (object.xsi__type) return std::string(without_prefix(*object.xsi__type));
  return local_name(typeid(object));
}

std::optional<std::string> unknown_type(const xsd__anyType& object) {
  if (!object.xsi__type) return std::nullopt;
  const auto named = without_prefix(*object.xsi__type);
  if (named == local_name(typeid(object))) return std::nullopt;
  return std::string(named);
}

}  // namespace vtpmfs::vsphere

// Called by the generated code after an object with content was read, and before one is written.
int xsd__anyType::get(struct soap*) {
  return vtpmfs::vsphere::drop_redundant_type(*this);
}
int xsd__anyType::set(struct soap*) {
  return vtpmfs::vsphere::drop_redundant_type(*this);
}
