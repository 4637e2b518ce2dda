// One object of a PropertyCollector's answer, property by property.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vsphere/crypto_key.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

class xsd__anyType;
class vim25__LocalizedMethodFault;
class vim25__MissingProperty;
class vim25__ObjectContent;

namespace vtpmfs::vsphere {

/// Property values by their kind. `value` may be null (unset): then the optional is empty. A value
/// of another kind, or of a type that this program does not know, is an Error (EIO) that names the
/// type: gSOAP would read it as its base, and a thing that is there would seem to be absent.
namespace property_value {
Result<std::optional<std::string>> text(const xsd__anyType* value);
Result<std::optional<bool>> boolean(const xsd__anyType* value);
Result<std::optional<int64_t>> integer(const xsd__anyType* value);
Result<std::optional<MoRef>> reference(const xsd__anyType* value);
Result<std::vector<MoRef>> references(const xsd__anyType* value);
Result<std::optional<CryptoKeyId>> crypto_key(const xsd__anyType* value);
/// The Error for a value that is not of the kind that was expected.
Error unexpected(const xsd__anyType& value, std::string_view expected);
}  // namespace property_value

/// True for the fault by which a server says that it does not know a property's path.
bool is_unknown_path(const Error& error);
/// True where the session was lost. A server may say so in each missingSet of a good answer.
bool says_not_authenticated(const vim25__ObjectContent& object);

/// A view on one ObjectContent; valid while the message is.
class ObjectProperties {
 public:
  explicit ObjectProperties(const vim25__ObjectContent& content);

  [[nodiscard]] MoRef id() const;
  /// The object has gone (reportMissingObjectsInResults).
  [[nodiscard]] bool gone() const;
  /// The value, or null where there is none.
  [[nodiscard]] const xsd__anyType* value(std::string_view path) const;
  /// Why the server did not give this property or one that it is part of; empty where it named no
  /// reason.
  [[nodiscard]] std::optional<Error> missing(std::string_view path) const;
  /// True where at least one property below this path was given.
  [[nodiscard]] bool has_any_below(std::string_view prefix) const;

  /// Value, unset, or why it could not be read.
  [[nodiscard]] Result<std::optional<std::string>> text(std::string_view path) const;
  [[nodiscard]] Result<std::optional<bool>> boolean(std::string_view path) const;
  [[nodiscard]] Result<std::optional<int64_t>> integer(std::string_view path) const;
  [[nodiscard]] Result<std::optional<MoRef>> reference(std::string_view path) const;
  [[nodiscard]] Result<std::vector<MoRef>> references(std::string_view path) const;

 private:
  const vim25__ObjectContent& content_;
};

}  // namespace vtpmfs::vsphere
