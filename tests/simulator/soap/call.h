// One SOAP request on its way through the simulator.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/simulator/https/http_message.h"
#include "tests/simulator/model/ref.h"
#include "tests/simulator/soap/fault.h"

namespace vtpmfs::vsphere {
class Arena;
}

namespace vtpmfs::simulator {

class Inventory;
class ManagedObject;
class Session;
class Simulator;

/// What is known of a request before an operation looks at it.
struct SoapRequest {
  std::string_view message;
  std::string prefix;     ///< of the endpoint's namespace: "vim25" or "pbm"
  std::string operation;  ///< "CreateVM_Task"
  std::shared_ptr<Session> session;
  const HttpRequest* http;
};

/// What an operation may say beside its response.
struct SoapReply {
  std::string cookie;  ///< Set-Cookie: the value of vmware_soap_session; empty: none
  int status = 0;      ///< answer with this HTTP status instead of a message
};

/// What an operation knows of its caller. Lives on the stack of the connection's thread while the
/// operation runs; keep nothing of it, a task copies what it needs (user()).
class Call {
 public:
  Call(Simulator& simulator, const SoapRequest& request, SoapReply& reply, vsphere::Arena& arena)
      : simulator_(simulator), request_(request), reply_(reply), arena_(arena) {}

  [[nodiscard]] Simulator& simulator() const { return simulator_; }
  [[nodiscard]] Inventory& inventory() const;
  [[nodiscard]] const std::string& operation() const { return request_.operation; }
  [[nodiscard]] const HttpRequest& http() const { return *request_.http; }
  [[nodiscard]] SoapReply& reply() const { return reply_; }

  /// Null only in operations that anyone may call (System.Anonymous).
  [[nodiscard]] const std::shared_ptr<Session>& session() const { return request_.session; }
  /// The user's name; empty without a session.
  [[nodiscard]] std::string user() const;

  /// Where the response's polymorphic parts are made. Freed after it was written.
  [[nodiscard]] vsphere::Arena& arena() const { return arena_; }

  /// An object of the inventory, or one that is bound to this session; null without one.
  [[nodiscard]] std::shared_ptr<ManagedObject> find(const Ref& ref) const;

  /// NotAuthenticated without a session, NoPermission{object, privilege} where the user's role on
  /// the object (or the nearest object above it that names the user) lacks the privilege.
  [[nodiscard]] Outcome<void> require(const Ref& object, std::string_view privilege) const;

 private:
  Simulator& simulator_;
  const SoapRequest& request_;
  SoapReply& reply_;
  vsphere::Arena& arena_;
};

}  // namespace vtpmfs::simulator
