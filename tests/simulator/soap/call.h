// One SOAP request on its way through the simulator.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/simulator/model/ref.h"
#include "tests/simulator/soap/fault.h"

namespace vtpmfs::vsphere {
class Arena;
}

namespace vtpmfs::simulator {

class ManagedObject;

class Simulator;
class Inventory;
class Session;

/// What an operation knows of its caller. Lives on the stack of the connection's thread while the
/// operation runs; keep nothing of it, a task copies what it needs (user()).
class Call {
 public:
  Call(Simulator& simulator, std::string operation, std::shared_ptr<Session> session,
       vsphere::Arena& arena)
      : simulator_(simulator),
        operation_(std::move(operation)),
        session_(std::move(session)),
        arena_(arena) {}

  [[nodiscard]] Simulator& simulator() const { return simulator_; }
  [[nodiscard]] Inventory& inventory() const;
  [[nodiscard]] const std::string& operation() const { return operation_; }

  /// Null only in operations that anyone may call (System.Anonymous).
  [[nodiscard]] const std::shared_ptr<Session>& session() const { return session_; }
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
  std::string operation_;
  std::shared_ptr<Session> session_;
  vsphere::Arena& arena_;
};

}  // namespace vtpmfs::simulator
