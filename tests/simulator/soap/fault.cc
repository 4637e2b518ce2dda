#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

Fault& Fault::with(std::string name, std::string value) {
  fields.push_back({std::move(name), std::move(value), {}});
  return *this;
}

Fault& Fault::with(std::string name, const Ref& value) {
  fields.push_back({std::move(name), value.id, value.type});
  return *this;
}

Fault& Fault::because(std::string message_key, std::string message_text) {
  messages.push_back({std::move(message_key), std::move(message_text)});
  return *this;
}

Fault fault_of(std::string type, std::string text) {
  Fault fault;
  fault.type = std::move(type);
  fault.text = std::move(text);
  return fault;
}

Fault not_authenticated(const Ref& object, std::string_view privilege) {
  return fault_of("NotAuthenticated", "The session is not authenticated.")
      .with("object", object)
      .with("privilegeId", std::string(privilege));
}

Fault no_permission(const Ref& object, std::string_view privilege) {
  return fault_of("NoPermission", "Permission to perform this operation was denied.")
      .with("object", object)
      .with("privilegeId", std::string(privilege));
}

Fault object_not_found(const Ref& object) {
  const std::string space = object.type.rfind("Pbm", 0) == 0 ? "pbm." : "vim.";
  return fault_of("ManagedObjectNotFound",
                  "The object '" + space + object.type + ":" + object.id +
                      "' has already been deleted or has not been completely created")
      .with("obj", object);
}

Fault invalid_argument(std::string property) {
  Fault fault = fault_of("InvalidArgument", "A specified parameter was not correct: " + property);
  if (!property.empty()) fault.with("invalidProperty", std::move(property));
  return fault;
}

Fault invalid_request(std::string text) {
  return fault_of("InvalidRequest", std::move(text));
}

Fault method_not_found(const Ref& receiver, std::string method) {
  return fault_of("MethodNotFound", "The method is not found")
      .with("receiver", receiver)
      .with("method", std::move(method));
}

Fault invalid_property(std::string path) {
  return fault_of("InvalidProperty", "").with("name", std::move(path));
}

Fault not_supported() {
  return fault_of("NotSupported", "The operation is not supported on the object.");
}

Fault invalid_login() {
  return fault_of("InvalidLogin",
                  "Cannot complete login due to an incorrect user name or password.");
}

Fault request_canceled() {
  return fault_of("RequestCanceled", "The task was canceled by a user.");
}

Fault duplicate_name(std::string name, const Ref& existing) {
  const std::string text = "The name '" + name + "' already exists.";
  return fault_of("DuplicateName", text).with("name", std::move(name)).with("object", existing);
}

Fault invalid_name(std::string name, const Ref& entity) {
  const std::string text = "The name '" + name + "' is invalid.";
  Fault fault = fault_of("InvalidName", text).with("name", std::move(name));
  if (!entity.empty()) fault.with("entity", entity);
  return fault;
}

Fault file_not_found(std::string file) {
  const std::string text = "File " + file + " was not found";
  return fault_of("FileNotFound", text).with("file", std::move(file));
}

Fault system_error(std::string reason) {
  const std::string text = "A general system error occurred: " + reason;
  return fault_of("SystemError", text).with("reason", std::move(reason));
}

Fault vm_config_fault(std::string message_key, std::string text) {
  return fault_of("GenericVmConfigFault", text)
      .with("reason", text)
      .because(std::move(message_key), text);
}

Fault invalid_power_state(std::string requested, std::string existing) {
  const std::string text = "The attempted operation cannot be performed in the current state (" +
                           (existing == "poweredOn"    ? std::string("Powered on")
                            : existing == "poweredOff" ? std::string("Powered off")
                                                       : existing) +
                           ").";
  Fault fault = fault_of("InvalidPowerState", text);
  if (!requested.empty()) fault.with("requestedState", std::move(requested));
  return fault.with("existingState", std::move(existing));
}

}  // namespace vtpmfs::simulator
