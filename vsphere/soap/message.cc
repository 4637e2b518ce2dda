#include "vsphere/soap/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "soapH.h"
#include "vsphere/fault.h"
#include "vsphere/soap/fault_reader.h"
#include "vsphere/soap/markup_check.h"
#include "vsphere/soap/text_check.h"

namespace vtpmfs::vsphere {
namespace {

// What gSOAP's callbacks find behind soap->user while a message is written or read.
struct Input {
  std::string_view rest;
  std::string rewritten;  // where the text had to be, else empty
};

size_t receive(struct soap* soap, char* buffer, size_t size) {
  auto& input = *static_cast<Input*>(soap->user);
  const size_t count = std::min(size, input.rest.size());
  std::memcpy(buffer, input.rest.data(), count);
  input.rest.remove_prefix(count);
  return count;
}

int send(struct soap* soap, const char* bytes, size_t size) {
  static_cast<std::string*>(soap->user)->append(bytes, size);
  return SOAP_OK;
}

// gSOAP's words for its error. They name elements and never quote values.
std::string gsoap_words(struct soap* soap) {
  switch (soap->error) {
    case SOAP_EOF:
      return "it is cut short";
    case SOAP_TAG_MISMATCH:
      return fmt::format("unexpected element <{}>", soap->tag);
    case SOAP_SYNTAX_ERROR:
      return "it is not well-formed XML";
    case SOAP_TYPE:
      return fmt::format("<{}> holds a value of the wrong type", soap->tag);
    case SOAP_LEVEL:
      return "its elements nest too deep";
    case SOAP_LENGTH:
      return "a text in it is too long";
    case SOAP_OCCURS:
      return "an element is missing or there are too many";
    case SOAP_NAMESPACE:
      return fmt::format("<{}> has a prefix that is not declared", soap->tag);
    case SOAP_VERSIONMISMATCH:
      return "its root is not a SOAP envelope";
    case SOAP_NO_TAG:
      return "an element is missing";
    case SOAP_EOM:
      return "no memory is left to read it";
    default:
      return fmt::format("gSOAP error {}", soap->error);
  }
}

tl::unexpected<Error> not_read(const std::string& expected, const std::string& why) {
  return fail(EIO, fmt::format("expected the SOAP message {}: {}", expected, why));
}

bool at_element(struct soap* soap, const char* tag) {
  return soap_match_tag(soap, soap->tag, tag) == SOAP_OK;
}

// Opens the envelope and stops at the first element of the body, whose name is then in soap->tag.
Status open_envelope(struct soap* soap, Input& input, const std::string& expected) {
  if (input.rest.empty()) return not_read(expected, "the text is empty");
  const auto check = check_text(input.rest);
  if (!check.flaw.empty()) return not_read(expected, check.flaw);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (input.rest.starts_with(byte_order_mark)) input.rest.remove_prefix(byte_order_mark.size());
  if (const auto flaw = flaw_in_markup(input.rest); !flaw.empty()) return not_read(expected, flaw);
  if (check.has_long_references) {
    input.rewritten = with_short_references(input.rest);
    input.rest = input.rewritten;
  }
  soap->user = &input;
  soap->frecv = receive;
  if (soap_begin_recv(soap) || soap_peek_element(soap)) {
    return not_read(expected, gsoap_words(soap));
  }
  // gSOAP would take any root for the body of a message without an envelope.
  if (!at_element(soap, "SOAP-ENV:Envelope"))
    return not_read(expected, "the root is not an envelope");
  if (soap_envelope_begin_in(soap) || soap_recv_header(soap) || soap_body_begin_in(soap) ||
      soap_peek_element(soap)) {
    return not_read(expected, gsoap_words(soap));
  }
  return {};
}

// The rest of the envelope: cut-off messages must not pass, even if all that was asked for is
// there.
bool close_envelope(struct soap* soap) {
  return soap_body_end_in(soap) == SOAP_OK && soap_envelope_end_in(soap) == SOAP_OK &&
         soap_end_recv(soap) == SOAP_OK;
}

}  // namespace

namespace message_detail {

Result<std::string> write(const MessageHeaders& headers,
                          const std::function<int(struct soap*)>& put_body) {
  const ContextLease context = lease_context();
  struct soap* soap = context.get();
  std::string text;
  soap->user = &text;
  soap->fsend = send;
  SOAP_ENV__Header header;
  if (!headers.operation_id.empty()) header.operationID = headers.operation_id;
  if (!headers.session_cookie.empty()) header.vcSessionCookie = headers.session_cookie;
  soap->header = header.operationID || header.vcSessionCookie ? &header : nullptr;
  soap_begin(soap);
  soap->encodingStyle = nullptr;  // document/literal; soap_begin() asks for encoded
  soap_serializeheader(soap);
  const bool written = soap_begin_send(soap) == SOAP_OK &&
                       soap_envelope_begin_out(soap) == SOAP_OK &&
                       soap_putheader(soap) == SOAP_OK && soap_body_begin_out(soap) == SOAP_OK &&
                       put_body(soap) == SOAP_OK && soap_body_end_out(soap) == SOAP_OK &&
                       soap_envelope_end_out(soap) == SOAP_OK && soap_end_send(soap) == SOAP_OK;
  soap->header = nullptr;
  if (!written)
    return fail(EIO, fmt::format("a SOAP message could not be written: {}", gsoap_words(soap)));
  return text;
}

Status read(struct soap* soap, std::string_view xml, const WireName& expected,
            const std::function<bool(struct soap*, const char* tag)>& get_body) {
  Input input{xml, {}};
  const auto tag = expected.qualified();
  if (auto status = open_envelope(soap, input, expected.local); !status) return status;
  if (at_element(soap, "SOAP-ENV:Fault")) {
    auto fault = read_fault(soap);
    if (!fault || !close_envelope(soap))
      return not_read(expected.local, "the fault is not readable");
    return fail(error_of(std::move(*fault)));
  }
  if (!at_element(soap, tag.c_str())) {
    return not_read(expected.local, fmt::format("the body holds <{}>", soap->tag));
  }
  if (!get_body(soap, tag.c_str()) || !close_envelope(soap)) {
    return not_read(expected.local, gsoap_words(soap));
  }
  return {};
}

tl::unexpected<Error> no_returnval(const WireName& message) {
  return not_read(message.local, "it has no returnval");
}

}  // namespace message_detail

Result<MessageName> peek_operation(std::string_view xml) {
  const ContextLease context = lease_context();
  struct soap* soap = context.get();
  Input input{xml, {}};
  if (auto status = open_envelope(soap, input, "of any name"); !status) {
    return fail(std::move(status.error()));
  }
  MessageName name;
  const std::string_view tag = soap->tag;
  const auto colon = tag.find(':');
  name.name = tag.substr(colon == std::string_view::npos ? 0 : colon + 1);
  if (const char* uri = soap_current_namespace_tag(soap, soap->tag)) name.name_space = uri;
  if (soap->header != nullptr) {
    name.headers.operation_id = soap->header->operationID.value_or("");
    name.headers.session_cookie = soap->header->vcSessionCookie.value_or("");
  }
  return name;
}

}  // namespace vtpmfs::vsphere
