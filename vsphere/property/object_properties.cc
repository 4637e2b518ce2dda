#include "vsphere/property/object_properties.h"

#include <algorithm>
#include <cerrno>

#include "vsphere/property/fault_error.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

constexpr std::string_view kNotAuthenticated = "NotAuthenticated";
constexpr std::string_view kInvalidProperty = "InvalidProperty";
constexpr std::string_view kManagedObjectNotFound = "ManagedObjectNotFound";

bool is_of_type(const vim25__LocalizedMethodFault& fault, std::string_view type) {
  return fault.fault != nullptr && type_name(*fault.fault) == type;
}

/// True where `path` is `whole` or lies below it.
bool is_part_of(std::string_view path, std::string_view whole) {
  if (!path.starts_with(whole)) return false;
  return path.size() == whole.size() || path[whole.size()] == '.' || path[whole.size()] == '[';
}

/// Reads the value with `read`, which answers empty for a kind that it does not know.
template <class T, class Read>
Result<std::optional<T>> read_as(const xsd__anyType* value, std::string_view expected,
                                 const Read& read) {
  if (value == nullptr) return std::optional<T>();
  if (auto known = read(value)) return known;
  return fail(property_value::unexpected(*value, expected));
}

}  // namespace

namespace property_value {

Error unexpected(const xsd__anyType& value, std::string_view expected) {
  return Error{Errno{EIO}, "value of unknown type " + type_name(value) + " where " +
                               std::string(expected) + " was expected"};
}

Result<std::optional<std::string>> text(const xsd__anyType* value) {
  return read_as<std::string>(value, "a string", text_of);
}

Result<std::optional<bool>> boolean(const xsd__anyType* value) {
  return read_as<bool>(value, "a boolean", boolean_of);
}

Result<std::optional<int64_t>> integer(const xsd__anyType* value) {
  return read_as<int64_t>(value, "an integer", integer_of);
}

Result<std::optional<MoRef>> reference(const xsd__anyType* value) {
  return read_as<MoRef>(value, "a reference", [](const xsd__anyType* any) {
    const auto* ref = value_as<vim25__ManagedObjectReference>(any);
    return ref == nullptr ? std::optional<MoRef>() : from_soap(*ref);
  });
}

Result<std::vector<MoRef>> references(const xsd__anyType* value) {
  std::vector<MoRef> refs;
  if (value == nullptr) return refs;
  if (const auto* array = value_as<vim25__ArrayOfManagedObjectReference>(value)) {
    for (const auto& ref : array->ManagedObjectReference) refs.push_back(from_soap(ref));
    return refs;
  }
  return fail(unexpected(*value, "references"));
}

Result<std::optional<CryptoKeyId>> crypto_key(const xsd__anyType* value) {
  return read_as<CryptoKeyId>(value, "a CryptoKeyId", [](const xsd__anyType* any) {
    const auto* key = value_as<vim25__CryptoKeyId>(any);
    if (key == nullptr) return std::optional<CryptoKeyId>();
    CryptoKeyId id{key->keyId, std::nullopt};
    if (key->providerId) id.provider_id = key->providerId->id;
    return std::optional<CryptoKeyId>(std::move(id));
  });
}

}  // namespace property_value

bool is_unknown_path(const Error& error) {
  return fault_type(error) == kInvalidProperty;
}

bool says_not_authenticated(const vim25__ObjectContent& object) {
  return std::any_of(object.missingSet.begin(), object.missingSet.end(), [](const auto& missing) {
    return is_of_type(missing.fault, kNotAuthenticated);
  });
}

ObjectProperties::ObjectProperties(const vim25__ObjectContent& content) : content_(content) {}

MoRef ObjectProperties::id() const {
  return from_soap(content_.obj);
}

bool ObjectProperties::gone() const {
  return std::any_of(
      content_.missingSet.begin(), content_.missingSet.end(),
      [](const auto& missing) { return is_of_type(missing.fault, kManagedObjectNotFound); });
}

const xsd__anyType* ObjectProperties::value(std::string_view path) const {
  const auto found = std::find_if(content_.propSet.begin(), content_.propSet.end(),
                                  [&](const auto& property) { return property.name == path; });
  return found == content_.propSet.end() ? nullptr : found->val;
}

std::optional<Error> ObjectProperties::missing(std::string_view path) const {
  for (const auto& missing : content_.missingSet) {
    if (is_part_of(path, missing.path)) return fault_error(missing.fault);
  }
  return std::nullopt;
}

bool ObjectProperties::has_any_below(std::string_view prefix) const {
  return std::any_of(content_.propSet.begin(), content_.propSet.end(),
                     [&](const auto& property) { return is_part_of(property.name, prefix); });
}

Result<std::optional<std::string>> ObjectProperties::text(std::string_view path) const {
  if (auto error = missing(path)) return fail(std::move(*error));
  return property_value::text(value(path));
}

Result<std::optional<bool>> ObjectProperties::boolean(std::string_view path) const {
  if (auto error = missing(path)) return fail(std::move(*error));
  return property_value::boolean(value(path));
}

Result<std::optional<int64_t>> ObjectProperties::integer(std::string_view path) const {
  if (auto error = missing(path)) return fail(std::move(*error));
  return property_value::integer(value(path));
}

Result<std::optional<MoRef>> ObjectProperties::reference(std::string_view path) const {
  if (auto error = missing(path)) return fail(std::move(*error));
  return property_value::reference(value(path));
}

Result<std::vector<MoRef>> ObjectProperties::references(std::string_view path) const {
  if (auto error = missing(path)) return fail(std::move(*error));
  return property_value::references(value(path));
}

}  // namespace vtpmfs::vsphere
