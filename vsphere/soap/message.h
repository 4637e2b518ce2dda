// SOAP messages: text in, objects out, and back. For .cc files: it needs the generated classes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "soapStub.h"
#include "vsphere/error.h"
#include "vsphere/soap/context.h"
#include "vsphere/soap/type_name.h"

namespace vtpmfs::vsphere {

/// What stands in the SOAP header; empty strings are left out.
struct MessageHeaders {
  std::string operation_id;    ///< operationID: appears as opID in vpxd.log
  std::string session_cookie;  ///< vcSessionCookie: how PBM knows the session; a secret
};

/// What a message is, before it is read: for a server's dispatch.
struct MessageName {
  std::string name;        ///< local name of the body's element: "CreateVM_Task", "Fault"
  std::string name_space;  ///< "urn:vim25", "urn:pbm"
  MessageHeaders headers;
};

/// A parsed message. Owns all data that `T` points to; copy out what must live longer. Movable, may
/// be used and destroyed by any one thread at a time.
template <class T>
class Message {
 public:
  Message(ContextLease context, std::unique_ptr<T> body)
      : context_(std::move(context)), body_(std::move(body)) {}
  const T& operator*() const { return *body_; }
  const T* operator->() const { return body_.get(); }

 private:
  ContextLease context_;  // outlives the body, whose parts lie in it
  std::unique_ptr<T> body_;
};

/// How the reader and the writer see a message without its type.
namespace message_detail {
Result<std::string> write(const MessageHeaders& headers,
                          const std::function<int(struct soap*)>& put_body);
Status read(struct soap* soap, std::string_view xml, const WireName& expected,
            const std::function<bool(struct soap*, const char* tag)>& get_body);
tl::unexpected<Error> no_returnval(const WireName& message);

// An answer that must carry a value declares it as a pointer (see README.md).
template <class T>
bool lacks_returnval(const T& body) {
  if constexpr (requires { requires std::is_pointer_v<decltype(body.returnval)>; }) {
    return body.returnval == nullptr;
  } else {
    return false;
  }
}
}  // namespace message_detail

/// The whole SOAP 1.1 envelope with `body`, a message class such as _vim25__Login. The body is not
/// changed except that redundant xsi__type members are cleared; do not write one object from two
/// threads at a time. EIO when gSOAP cannot write it.
template <class T>
Result<std::string> write_message(const MessageHeaders& headers, const T& body) {
  return message_detail::write(headers, [&body](struct soap* soap) {
    body.soap_serialize(soap);
    return body.soap_put(soap, nullptr, "");
  });
}

/// Reads an envelope whose body is a T. Thread-safe.
/// A SOAP fault instead of a T becomes an Error with `fault` set, its errno and its words. All else
/// (not XML, cut short, another message, wrong types, too deep, no returnval where one is due)
/// is EIO with words that name the message that was expected.
template <class T>
Result<Message<T>> read_message(std::string_view xml) {
  ContextLease context = lease_context();
  auto body = std::make_unique<T>();
  body->soap_default(context.get());
  auto status = message_detail::read(
      context.get(), xml, wire_name<T>(),
      [&body](struct soap* soap, const char* tag) { return body->soap_in(soap, tag, nullptr); });
  if (!status) return fail(std::move(status.error()));
  if (message_detail::lacks_returnval(*body)) return message_detail::no_returnval(wire_name<T>());
  return Message<T>(std::move(context), std::move(body));
}

/// Which message this is. EIO when it is not a SOAP envelope with a body.
Result<MessageName> peek_operation(std::string_view xml);

/// An envelope with a SOAP fault: detail is `<{Type}Fault xsi:type="{Type}">` in the namespace of
/// `prefix` ("vim25" or "pbm", that of the service which answers). The fault's type is its
/// xsi__type.
Result<std::string> write_fault(const vim25__MethodFault& fault, std::string_view text,
                                std::string_view prefix = "vim25");

}  // namespace vtpmfs::vsphere
