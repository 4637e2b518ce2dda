#include "tests/simulator/soap/fault_message.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>

#include "vsphere/soap/message.h"

namespace vtpmfs::simulator {
namespace {

using Message = vim25__MethodFault;
using Text = std::optional<std::string> Message::*;
using Number = std::optional<int> Message::*;
using Long = std::optional<LONG64> Message::*;
using Reference = std::optional<vim25__ManagedObjectReference> Message::*;

const std::map<std::string_view, Text> kTexts = {
    {"faultName", &Message::faultName},
    {"faultTypeId", &Message::faultTypeId},
    {"argumentName", &Message::argumentName},
    {"argument", &Message::argument},
    {"method", &Message::method},
    {"source", &Message::source},
    {"property", &Message::property},
    {"containerType", &Message::containerType},
    {"containerName", &Message::containerName},
    {"type", &Message::type},
    {"file", &Message::file},
    {"name", &Message::name},
    {"datastorePath", &Message::datastorePath},
    {"datastore", &Message::datastore},
    {"detail", &Message::detail},
    {"datastoreName", &Message::datastoreName},
    {"privilegeId", &Message::privilegeId},
    {"requestedState", &Message::requestedState},
    {"existingState", &Message::existingState},
    {"key", &Message::key},
    {"invalidProperty", &Message::invalidProperty},
    {"badOp", &Message::badOp},
    {"badFileOp", &Message::badFileOp},
    {"currentVersion", &Message::currentVersion},
    {"expectedVersion", &Message::expectedVersion},
    {"device", &Message::device},
    {"backing", &Message::backing},
    {"reason", &Message::reason},
    {"text", &Message::text},
    {"unsupportedGuestOS", &Message::unsupportedGuestOS},
    {"hostName", &Message::hostName},
};
const std::map<std::string_view, Number> kNumbers = {
    {"limit", &Message::limit},
    {"deviceIndex", &Message::deviceIndex},
    {"controllerKey", &Message::controllerKey},
};
const std::map<std::string_view, Long> kLongs = {
    {"fileSize", &Message::fileSize},
    {"maxFileSize", &Message::maxFileSize},
};
const std::map<std::string_view, Reference> kReferences = {
    {"receiver", &Message::receiver},
    {"obj", &Message::obj},
    {"entity", &Message::entity},
    {"object", &Message::object},
    {"target", &Message::target},
    {"task", &Message::task},
    {"computeResource", &Message::computeResource},
};

bool is_pbm(const Fault& fault) {
  return fault.type.rfind("Pbm", 0) == 0;
}

template <class Integer>
Integer number_in(const Fault::Field& field) {
  Integer number = 0;
  const char* end = field.value.data() + field.value.size();
  if (std::from_chars(field.value.data(), end, number).ptr != end) {
    std::fprintf(stderr, "field \"%s\" of a fault is no number\n", field.name.c_str());
    std::abort();
  }
  return number;
}

void set(Message& message, const Fault& fault, const Fault::Field& field) {
  const std::string_view name = field.name;
  if (is_pbm(fault) && name == "name") {
    message.pbm__name = field.value;
  } else if (const auto text = kTexts.find(name); text != kTexts.end()) {
    message.*(text->second) = field.value;
  } else if (const auto number = kNumbers.find(name); number != kNumbers.end()) {
    message.*(number->second) = number_in<int>(field);
  } else if (const auto size = kLongs.find(name); size != kLongs.end()) {
    message.*(size->second) = number_in<LONG64>(field);
  } else if (const auto ref = kReferences.find(name); ref != kReferences.end()) {
    message.*(ref->second) = vsphere::reference(field.ref_type, field.value);
  } else if (name == "host") {
    message.host.push_back(vsphere::reference(field.ref_type, field.value));
  } else if (name == "connected") {
    message.connected = field.value == "true";
  } else {
    std::fprintf(stderr, "no fault has a field \"%s\"\n", field.name.c_str());
    std::abort();
  }
}

bool is_number(const std::string& text, LONG64 most) {
  LONG64 number = 0;
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && read == end && number <= most && number >= -most;
}

void fill(Message& message, const Fault& fault, vsphere::Arena& arena) {
  message.xsi__type = (is_pbm(fault) ? "pbm:" : "vim25:") + fault.type;
  if (fault.cause) message.faultCause = arena.keep(localized(*fault.cause, arena));
  for (const auto& each : fault.messages) {
    auto& added = message.faultMessage.emplace_back();
    added.key = each.key;
    added.message = each.text;
  }
  for (const auto& key : fault.required_keys) {
    auto& added = message.requiredKey.emplace_back();
    added.keyId = key.id;
    added.providerId.emplace().id = key.provider;
  }
  for (const auto& field : fault.fields) set(message, fault, field);
}

}  // namespace

std::optional<std::string> flaw_of(const Fault& fault) {
  for (const auto& [name, value, ref_type] : fault.fields) {
    const bool is_ref = kReferences.count(name) != 0 || name == "host";
    const bool is_text = kTexts.count(name) != 0;
    const bool is_int = kNumbers.count(name) != 0;
    const bool is_long = kLongs.count(name) != 0;
    if (!is_ref && !is_text && !is_int && !is_long && name != "connected") {
      return "no fault has a field \"" + name + "\"";
    }
    if (is_ref != !ref_type.empty()) return "the field \"" + name + "\" is of another form";
    if ((is_int && !is_number(value, std::numeric_limits<int>::max())) ||
        (is_long && !is_number(value, std::numeric_limits<LONG64>::max()))) {
      return "the field \"" + name + "\" is no number";
    }
  }
  return std::nullopt;
}

vim25__LocalizedMethodFault localized(const Fault& fault, vsphere::Arena& arena) {
  vim25__LocalizedMethodFault message;
  message.fault = arena.make<Message>();
  fill(*message.fault, fault, arena);
  message.localizedMessage = fault.text;
  return message;
}

std::string fault_envelope(const Fault& fault, std::string_view prefix) {
  vsphere::Arena arena;
  Message message;
  fill(message, fault, arena);
  auto envelope = vsphere::write_fault(message, fault.text, prefix);
  if (!envelope) {
    std::fprintf(stderr, "cannot write a %s: %s\n", fault.type.c_str(),
                 envelope.error().words.c_str());
    std::abort();
  }
  return std::move(*envelope);
}

}  // namespace vtpmfs::simulator
