// Users, their passwords and what they may do where.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

class Inventory;

/// A named set of privileges. System.Anonymous, System.View and System.Read are in every role but
/// "no-access".
struct Role {
  std::string name;
  std::set<std::string, std::less<>> privileges;
  /// All privileges there are, but those that begin so (empty: none is left out).
  bool everything = false;
  std::string except;

  [[nodiscard]] bool holds(std::string_view privilege) const;
};

/// Who may do what. A permission gives a user a role on an object and, when it propagates, on
/// everything below; the one nearest to the object wins, as in vCenter. A user without any
/// permission on the way up may do nothing there, not even look.
///
/// Roles known from the start: "admin" (everything), "read-only", "no-access",
/// "no-crypto" (everything but Cryptographer.*), "backup" (read-only, Datastore.Browse,
/// Datastore.FileManagement), "restore" (backup and what creating encrypted VMs takes).
/// Threads: any. check() wants the inventory's lock held.
class Permissions {
 public:
  Permissions();

  void add_role(Role role);
  void add_user(std::string name, std::string password);
  /// False where there is no such role.
  bool grant(std::string user, const Ref& object, std::string_view role, bool propagate = true);
  void revoke(std::string_view user, const Ref& object);

  /// Whether this is the user's password. After five wrong ones in a row the user is locked out:
  /// the right one is then refused as well.
  [[nodiscard]] bool log_in(std::string_view user, std::string_view password);
  /// Lets a user who was locked out log in again.
  void unlock(std::string_view user);
  /// Whether any permission names the user: who has none cannot log in (NoPermission).
  [[nodiscard]] bool has_any(std::string_view user) const;
  [[nodiscard]] bool allows(const Inventory& inventory, std::string_view user, const Ref& object,
                            std::string_view privilege) const;
  /// Whether the user may do this on every object, because one permission at the root decides for
  /// all: spares asking for each of 100,000 objects. False says nothing.
  [[nodiscard]] bool allows_everywhere(const Inventory& inventory, std::string_view user,
                                       std::string_view privilege) const;

  /// The privileges that matter here, as vCenter names them.
  [[nodiscard]] static const std::vector<std::string_view>& known_privileges();

 private:
  struct Grant {
    std::string role;
    bool propagate;
  };
  mutable std::mutex lock_;
  std::map<std::string, Role, std::less<>> roles_;
  std::map<std::string, std::string, std::less<>> passwords_;
  std::map<std::string, int, std::less<>> wrong_passwords_;
  std::map<std::string, std::unordered_map<Ref, Grant>, std::less<>> grants_;
};

}  // namespace vtpmfs::simulator
