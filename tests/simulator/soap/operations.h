// The registry of SOAP operations: how a message becomes a call of a handler.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

  /// The same for a response that the gSOAP schema has only in part: the handler,
  /// `Outcome<void>(Call&, const Request&, std::string&)`, writes what is in it itself, with the
  /// prefixes that write_message() declares.
  template <class Request, class Response, class Handler>
  void on_written(OperationTraits traits, Handler handler);

  /// From now on the operation is not there, as on an older server: MethodNotFound. Thread-safe.
  void disable(std::string name);
  void enable_all();

  /// Runs the operation that the message names; the response's message, or the fault to send. What
  /// goes into the HTTP response besides is left in `reply`.
  [[nodiscard]] Outcome<std::string> invoke(const SoapRequest& request, SoapReply& reply);

 private:
  using Invoke = std::function<Outcome<std::string>(const SoapRequest&, SoapReply&)>;

  /// `handle` fills the answer in while the lock is held, `write` makes a message of it afterwards.
  template <class Request, class Answer, class Handle, class Write>
  void add(OperationTraits traits, Handle handle, Write write);
  /// Puts text between the tags of an element that is empty.
  static void put_into(std::string& message, const std::string& element,
                       const std::string& content);

  /// Checks session, receiver and privilege; `run` is called with the lock held that the operation
  /// asked for.
  static Outcome<void> admit(const OperationTraits& traits, const Call& call, const Ref& receiver,
                             const std::function<Outcome<void>()>& run);

  Simulator& simulator_;
  std::map<std::string, Invoke, std::less<>> entries_;  // by "vim25:CreateFolder"
  mutable std::mutex lock_;                             // for the next
  std::set<std::string, std::less<>> disabled_;
};

}  // namespace vtpmfs::simulator
