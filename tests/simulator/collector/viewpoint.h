// Whose eyes the property collector looks through.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/simulator.h"

namespace vtpmfs::simulator {

/// A session's view of the world (or nobody's: session null). Used with the inventory's lock held.
struct Viewpoint {
  Simulator& simulator;
  std::shared_ptr<Session> session;

  [[nodiscard]] const Inventory& inventory() const { return simulator.inventory(); }

  /// An object of the inventory or of the session; null without one.
  [[nodiscard]] std::shared_ptr<ManagedObject> find(const Ref& ref) const {
    if (session) {
      if (auto bound = session->find(ref)) return bound;
    }
    return inventory().find(ref);
  }
  [[nodiscard]] bool may(const Ref& ref, std::string_view privilege) const {
    if (privilege == "System.Anonymous") return true;
    return session &&
           simulator.permissions().allows(inventory(), session->who().user, ref, privilege);
  }
  [[nodiscard]] bool may_everywhere(std::string_view privilege) const {
    return session &&
           simulator.permissions().allows_everywhere(inventory(), session->who().user, privilege);
  }
};

}  // namespace vtpmfs::simulator
