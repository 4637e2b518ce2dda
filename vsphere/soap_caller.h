// Interface. How the rest of vsphere calls a method of vCenter: a gSOAP request object in, a parsed
// response or an Error out. To be included from .cc files only (it knows gSOAP's types).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/service_refs.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {

/// One method call with the types taken away. `write` may be called again (new session, so another
/// vcSessionCookie); `read` gets each answer's body and says what went wrong in it, a SOAP fault
/// included (Error::fault set).
struct SoapExchange {
  WireName method;  ///< of the request message, e.g. vim25:Login
  std::function<Result<std::string>(const MessageHeaders&)> write;
  std::function<Status(std::string_view)> read;
  /// WaitForUpdatesEx: the server answers when it likes. Such calls use connections of their own,
  /// so that they neither wait for the others nor make them wait.
  bool blocks_at_server = false;
  /// Under which `write` has put the message down already; empty: exchange() chooses one.
  std::string operation_id = {};
};

/// Calls over the one transport and the one session. The service (vim25 at /sdk, PBM at /pbm) and
/// whether the call changes something follow from the message's type.
///
/// - A fault becomes an Error with the errno of its type, words for a person and `fault` attached.
/// - NotAuthenticated: logs in anew (one login for however many callers) and repeats the call once;
///   such a call was refused before it did anything, so this is right for every method.
/// - Connection lost, 502, 503: methods that only read are repeated (method_rules.h); for all
/// others
///   the Error tells by `maybe_done` whether the request may have arrived.
/// - A read-only connection answers EROFS to methods that are not known to be reading.
///
/// Thread-safe. `done` runs exactly once on a thread of the transport's completion pool, also after
/// a cancel or a shutdown; it may parse and start further calls, but must not block.
class SoapCaller {
 public:
  virtual ~SoapCaller() = default;

  virtual void exchange(SoapExchange exchange, const Call& call,
                        std::function<void(Status)> done) = 0;
  /// The same, waiting on the calling thread (never one of the completion pool).
  virtual Status exchange_and_wait(SoapExchange exchange, const Call& call) = 0;

  [[nodiscard]] virtual const ServiceRefs& refs() const = 0;
  /// The name under which vCenter logs a call: the caller's own or ours, and a number that makes it
  /// the only one.
  virtual std::string new_operation_id(const Call& call) = 0;

  /// Grows by one with each login. Objects that belong to a session (views, collectors, filters)
  /// are gone when it has moved. Read it before a call to know which session a lost one was.
  [[nodiscard]] virtual uint64_t session_generation() const = 0;
  /// For callers which find NotAuthenticated inside a successful answer (missingSet): logs in anew
  /// unless somebody has done so since `seen_generation`. EACCES once a login was refused. Then
  /// repeat the call, once.
  virtual Status renew_session(uint64_t seen_generation, const Call& call) = 0;
  virtual void renew_session_async(uint64_t seen_generation, const Call& call,
                                   std::function<void(Status)> done) = 0;
  /// `listener` runs after each new login but the first, on a thread of the completion pool, with
  /// the new generation. It stays registered for the life of the caller.
  virtual void on_new_session(std::function<void(uint64_t generation)> listener) = 0;
};

/// Calls a method and waits, e.g.
///   auto answer = call<_vim25__FindChildResponse>(caller, request, how);
template <class Response, class Request>
Result<Message<Response>> call(SoapCaller& caller, const Request& request, const Call& how,
                               bool blocks_at_server = false) {
  std::optional<Message<Response>> message;
  SoapExchange exchange;
  exchange.method = wire_name<Request>();
  exchange.blocks_at_server = blocks_at_server;
  exchange.write = [&request](const MessageHeaders& headers) {
    return write_message(headers, request);
  };
  exchange.read = [&message](std::string_view body) -> Status {
    auto parsed = read_message<Response>(body);
    if (!parsed) return fail(std::move(parsed.error()));
    message.emplace(std::move(*parsed));
    return {};
  };
  if (auto status = caller.exchange_and_wait(std::move(exchange), how); !status) {
    return fail(std::move(status.error()));
  }
  return std::move(*message);
}

/// Calls a method of vim25 and returns at once; `request` is written down before that. PBM calls
/// have only the blocking form, because their envelope changes with the session.
template <class Response, class Request>
void call_async(SoapCaller& caller, const Request& request, const Call& how,
                std::function<void(Result<Message<Response>>)> done) {
  std::string operation_id = caller.new_operation_id(how);
  auto text = std::make_shared<Result<std::string>>(
      write_message(MessageHeaders{operation_id, {}}, request));
  auto message = std::make_shared<std::optional<Message<Response>>>();
  SoapExchange exchange;
  exchange.method = wire_name<Request>();
  exchange.operation_id = std::move(operation_id);
  exchange.write = [text](const MessageHeaders&) { return *text; };
  exchange.read = [message](std::string_view body) -> Status {
    auto parsed = read_message<Response>(body);
    if (!parsed) return fail(std::move(parsed.error()));
    message->emplace(std::move(*parsed));
    return {};
  };
  caller.exchange(std::move(exchange), how, [message, done = std::move(done)](Status status) {
    if (!status) {
      done(fail(std::move(status.error())));
    } else {
      done(std::move(**message));
    }
  });
}

}  // namespace vtpmfs::vsphere
