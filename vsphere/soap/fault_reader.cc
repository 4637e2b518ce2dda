#include "vsphere/soap/fault_reader.h"

#include <string>
#include <utility>

#include "soapH.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

using OptionalReference = std::optional<vim25__ManagedObjectReference>;

// The object that the fault is about stands under another name in each type.
void take_object(Fault& plain, const vim25__MethodFault& fault) {
  for (const OptionalReference* object : {&fault.object, &fault.obj, &fault.entity, &fault.receiver,
                                          &fault.target, &fault.task, &fault.computeResource}) {
    if (!*object) continue;
    plain.object_type = (*object)->type;
    plain.object = (*object)->__item;
    return;
  }
}

std::string first_of(std::initializer_list<const std::optional<std::string>*> texts) {
  for (const auto* text : texts) {
    if (*text) return **text;
  }
  return {};
}

void take_required_keys(Fault& plain, const vim25__MethodFault& fault) {
  for (const auto& key : fault.requiredKey) {
    plain.required_keys.push_back(key.providerId ? key.providerId->id + "/" + key.keyId
                                                 : key.keyId);
  }
  if (fault.key) plain.required_keys.push_back(*fault.key);
}

// The element in a SOAP fault's detail is named after its type, with "Fault" at the end.
std::string type_of_element(std::string_view tag) {
  tag.remove_prefix(tag.find(':') == std::string_view::npos ? 0 : tag.find(':') + 1);
  constexpr std::string_view ending = "Fault";
  if (tag.ends_with(ending)) tag.remove_suffix(ending.size());
  return std::string(tag);
}

// The children of <detail>: the first one is the fault.
bool read_detail(struct soap* soap, std::optional<Fault>& fault) {
  if (soap_element_begin_in(soap, "detail", 0, nullptr)) return false;
  if (!soap->body) return true;  // <detail/>
  while (soap_peek_element(soap) == SOAP_OK) {
    const std::string tag = soap->tag;
    if (fault) {
      if (soap_ignore_element(soap)) return false;
      continue;
    }
    const auto* detail = soap_in_vim25__MethodFault(soap, nullptr, nullptr, nullptr);
    if (detail == nullptr) return false;
    fault = fault_of(*detail, "");
    if (!unknown_type(*detail)) fault->type = type_of_element(tag);
  }
  return soap->error == SOAP_NO_TAG && soap_element_end_in(soap, "detail") == SOAP_OK;
}

}  // namespace

Fault fault_of(const vim25__MethodFault& fault, std::string_view message) {
  Fault plain;
  plain.type = type_name(fault);
  plain.message = message;
  for (const auto& entry : fault.faultMessage) {
    plain.messages.emplace_back(entry.key, entry.message.value_or(""));
  }
  take_object(plain, fault);
  plain.privilege_id = fault.privilegeId.value_or("");
  plain.name = first_of({&fault.name, &fault.pbm__name, &fault.containerName});
  plain.file = fault.file.value_or("");
  plain.datastore = first_of({&fault.datastore, &fault.datastorePath, &fault.datastoreName});
  plain.invalid_property = first_of({&fault.invalidProperty, &fault.property, &fault.argumentName});
  plain.reason = first_of({&fault.reason, &fault.detail, &fault.text});
  plain.method = fault.method.value_or("");
  plain.existing_state = fault.existingState.value_or("");
  plain.requested_state = fault.requestedState.value_or("");
  plain.device = fault.device.value_or("");
  take_required_keys(plain, fault);
  const auto* cause = fault.faultCause != nullptr ? fault.faultCause : fault.fault;
  if (cause != nullptr) plain.cause = std::make_shared<const Fault>(fault_of(*cause));
  return plain;
}

Fault fault_of(const vim25__LocalizedMethodFault& fault) {
  const std::string message = fault.localizedMessage.value_or("");
  if (fault.fault != nullptr) return fault_of(*fault.fault, message);
  Fault plain;
  plain.message = message;
  return plain;
}

std::optional<Fault> read_fault(struct soap* soap) {
  if (soap_element_begin_in(soap, "SOAP-ENV:Fault", 0, nullptr)) return std::nullopt;
  if (!soap->body) return Fault{};
  std::optional<Fault> fault;
  std::string text;
  while (soap_peek_element(soap) == SOAP_OK) {
    bool read = false;
    if (soap_match_tag(soap, soap->tag, "faultstring") == SOAP_OK) {
      read = soap_in_std__string(soap, "faultstring", &text, "xsd:string") != nullptr;
    } else if (soap_match_tag(soap, soap->tag, "detail") == SOAP_OK) {
      read = read_detail(soap, fault);
    } else {
      read = soap_ignore_element(soap) == SOAP_OK;
    }
    if (!read) return std::nullopt;
  }
  if (soap->error != SOAP_NO_TAG || soap_element_end_in(soap, "SOAP-ENV:Fault")) {
    return std::nullopt;
  }
  if (!fault) fault.emplace();
  fault->message = text;
  return fault;
}

}  // namespace vtpmfs::vsphere
