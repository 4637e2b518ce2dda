// A fault that the simulator answers, as a value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

/// A vim25 (or PBM) fault: its type, its own fields by the schema's names, and the localised text.
struct Fault {
  struct Field {
    std::string name;
    /// The text, or the id of a reference.
    std::string value;
    /// Set for a reference.
    std::string ref_type;
  };
  /// EncryptionKeyRequired.requiredKey.
  struct Key {
    std::string id;
    std::string provider;
  };
  struct Message {
    std::string key;
    std::string text;
  };

  std::string type;
  std::string text;
  std::vector<Field> fields;
  std::vector<Message> messages;
  std::vector<Key> required_keys;
  std::shared_ptr<const Fault> cause;
  /// Sets a field; aborts where no fault of the gSOAP schema has one of that name.
  Fault& with(std::string name, std::string value);
  Fault& with(std::string name, const Ref& value);
  /// Adds a faultMessage.
  Fault& because(std::string message_key, std::string message_text);
};

template <class T>
using Outcome = tl::expected<T, Fault>;

/// `return refuse(invalid_argument("spec.name"));`
[[nodiscard]] inline tl::unexpected<Fault> refuse(Fault fault) {
  return tl::unexpected<Fault>(std::move(fault));
}

/// The faults that more than one place needs. Texts as a vCenter words them in English.
[[nodiscard]] Fault fault_of(std::string type, std::string text);
[[nodiscard]] Fault not_authenticated(const Ref& object, std::string_view privilege);
[[nodiscard]] Fault no_permission(const Ref& object, std::string_view privilege);
[[nodiscard]] Fault object_not_found(const Ref& object);
[[nodiscard]] Fault invalid_argument(std::string property);
[[nodiscard]] Fault invalid_request(std::string text);
[[nodiscard]] Fault method_not_found(const Ref& receiver, std::string method);
[[nodiscard]] Fault invalid_property(std::string path);
[[nodiscard]] Fault not_supported();
[[nodiscard]] Fault invalid_login();
[[nodiscard]] Fault request_canceled();
[[nodiscard]] Fault duplicate_name(std::string name, const Ref& existing);
[[nodiscard]] Fault invalid_name(std::string name, const Ref& entity);
[[nodiscard]] Fault file_not_found(std::string file);
[[nodiscard]] Fault system_error(std::string reason);
/// GenericVmConfigFault with a message key such as msg.vtpm.add.notEncrypted.
[[nodiscard]] Fault vm_config_fault(std::string message_key, std::string text);
/// InvalidPowerState; requested may be empty.
[[nodiscard]] Fault invalid_power_state(std::string requested, std::string existing);

}  // namespace vtpmfs::simulator
