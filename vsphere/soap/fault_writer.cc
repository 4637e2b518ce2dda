// A SOAP fault as a server sends it.
#include <string>

#include "soapH.h"
#include "vsphere/soap/message.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

// Text elements without a namespace: faultcode, faultstring.
bool put_text(struct soap* soap, const char* tag, const std::string& text) {
  return soap_out_std__string(soap, tag, -1, &text, "") == SOAP_OK;
}

}  // namespace

Result<std::string> write_fault(const vim25__MethodFault& fault, std::string_view text,
                                std::string_view prefix) {
  const std::string tag = std::string(prefix) + ":" + type_name(fault) + "Fault";
  return message_detail::write({}, [&](struct soap* soap) {
    const bool written = soap_element_begin_out(soap, "SOAP-ENV:Fault", -1, "") == SOAP_OK &&
                         put_text(soap, "faultcode", "ServerFaultCode") &&
                         put_text(soap, "faultstring", std::string(text)) &&
                         soap_element_begin_out(soap, "detail", -1, "") == SOAP_OK &&
                         fault.soap_out(soap, tag.c_str(), -1, "") == SOAP_OK &&
                         soap_element_end_out(soap, "detail") == SOAP_OK &&
                         soap_element_end_out(soap, "SOAP-ENV:Fault") == SOAP_OK;
    return written ? SOAP_OK : soap->error;
  });
}

}  // namespace vtpmfs::vsphere
