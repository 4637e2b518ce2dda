// The registry of SOAP operations: how a message becomes a call of a handler.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/simulator/soap/call.h"
#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

enum class Lock {
  exclusive,  ///< the handler runs with the inventory's lock held exclusively
  shared,
  none  ///< the handler takes what it needs itself
};

struct OperationTraits {
  /// The managed type that has the method; derived types have it too.
  std::string receiver;
  /// What the caller needs on `_this`. System.Anonymous: no session either. Empty: a session, the
  /// handler checks the rest.
  std::string privilege = "System.View";
  Lock lock = Lock::exclusive;
};

/// What the dispatcher knows of a request before an operation looks at it.
struct SoapRequest {
  std::string_view message;
  std::string_view prefix;  ///< of the endpoint: "vim25" or "pbm"
  std::string operation;
  std::shared_ptr<Session> session;
};

/// Threads: registration before start(), invoke() from any thread.
class Operations {
 public:
  explicit Operations(Simulator& simulator) : simulator_(simulator) {}

  /// Registers an operation. Request is its generated class (_vim25__CreateFolder), Response that
  /// of its response; the handler is `Outcome<void>(Call&, const Request&, Response&)`. Names and
  /// namespace follow from the classes. Defined in operation_template.h, to be included by .cc
  /// files that register.
  template <class Request, class Response, class Handler>
  void on(OperationTraits traits, Handler handler);

  /// Takes an operation away again, as older servers lack it: MethodNotFound.
  void remove(std::string_view name);

  /// The response's message, or the fault to send.
  [[nodiscard]] Outcome<std::string> invoke(const SoapRequest& request);

 private:
  using Invoke = std::function<Outcome<std::string>(const SoapRequest&)>;
  struct Entry {
    OperationTraits traits;
    Invoke invoke;
  };
  /// Session, receiver and privilege, then the lock; `run` is called with it held.
  Outcome<void> admit(const OperationTraits& traits, const Call& call, const Ref& receiver,
                      const std::function<Outcome<void>()>& run);

  Simulator& simulator_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace vtpmfs::simulator
