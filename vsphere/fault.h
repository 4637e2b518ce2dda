// vCenter's faults as plain values, and what they mean to a program and to a person.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::vsphere {

/// A fault: from a SOAP fault, a task's error or a property that could not be read. The schema has
/// 694 types; `type` is the name of the exact one (without "Fault" at the end), and of its fields
/// those are here that we look into, empty where the fault has none. A plain value.
struct Fault {
  std::string type;  ///< "InvalidLogin", "GenericVmConfigFault", "PbmDuplicateName", ...
  std::string
      message;  ///< faultstring or localizedMessage: in the session's language, may be empty
  /// faultMessage entries, key and text. The keys ("msg.vtpm.add.notEncrypted") do not depend on
  /// the language.
  std::vector<std::pair<std::string, std::string>> messages;

  std::string object_type;       ///< type of the object that it is about: "Folder"
  std::string object;            ///< and its id: "group-v3"
  std::string privilege_id;      ///< NoPermission, NotAuthenticated
  std::string name;              ///< DuplicateName, InvalidName, AlreadyExists, InvalidProperty ...
  std::string file;              ///< FileFault and its kinds
  std::string datastore;         ///< a datastore's name or id, or a datastore path
  std::string invalid_property;  ///< InvalidArgument, InvalidVmConfig
  std::string reason;            ///< SystemError, GenericVmConfigFault ...
  std::string method;            ///< MethodNotFound
  std::string existing_state;    ///< InvalidPowerState
  std::string requested_state;
  std::string device;  ///< DeviceNotSupported, CannotAccessVmDevice ...
  /// EncryptionKeyRequired and KeyNotFound: "provider/key", or "key" where the provider is not
  /// said.
  std::vector<std::string> required_keys;

  std::shared_ptr<const Fault> cause;

  [[nodiscard]] bool has_message_key(std::string_view key) const;
};

/// Whether the fault's type is `type` or, as far as known here, derived from it:
/// is_a(fault, "FileFault") for a FileNotFound.
[[nodiscard]] bool is_a(const Fault& fault, std::string_view type);

/// The errno that a program shall see for this fault: by its type or the nearest known base type.
[[nodiscard]] Errno errno_of(const Fault& fault);

/// One line for a person: the type, what it is about, the text and the causes.
[[nodiscard]] std::string words_of(const Fault& fault);

/// The fault as an Error, with errno_of and words_of.
[[nodiscard]] Error error_of(Fault fault);

}  // namespace vtpmfs::vsphere
