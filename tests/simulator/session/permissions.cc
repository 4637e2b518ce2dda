#include "tests/simulator/session/permissions.h"

#include <openssl/crypto.h>

#include "tests/simulator/model/inventory.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::string_view kSystem[] = {"System.Anonymous", "System.View", "System.Read"};

/// What backing up and restoring takes.
constexpr std::string_view kRestore[] = {"Datastore.Browse",
                                         "Datastore.FileManagement",
                                         "Datastore.AllocateSpace",
                                         "Folder.Create",
                                         "VirtualMachine.Inventory.Create",
                                         "VirtualMachine.Inventory.Delete",
                                         "VirtualMachine.Config.AddRemoveDevice",
                                         "VirtualMachine.Config.AdvancedConfig",
                                         "VirtualMachine.Config.AddNewDisk",
                                         "VirtualMachine.Config.AddExistingDisk",
                                         "VirtualMachine.Config.Settings",
                                         "VirtualMachine.Config.EditDevice",
                                         "VirtualMachine.Config.CPUCount",
                                         "VirtualMachine.Config.Memory",
                                         "VirtualMachine.Config.Annotation",
                                         "VirtualMachine.Config.Resource",
                                         "VirtualMachine.Config.Rename",
                                         "VirtualMachine.Provisioning.MarkAsTemplate",
                                         "Resource.AssignVMToPool",
                                         "Network.Assign",
                                         "StorageProfile.View",
                                         "StorageProfile.Update",
                                         "Cryptographer.ManageEncryptionPolicy",
                                         "Cryptographer.EncryptNew",
                                         "Cryptographer.Encrypt",
                                         "Cryptographer.RegisterHost",
                                         "Cryptographer.ManageKeys",
                                         "Cryptographer.ManageKeyServers"};

constexpr std::string_view kOthers[] = {"Authorization.ModifyPermissions",
                                        "Cryptographer.Access",
                                        "Cryptographer.Recrypt",
                                        "Cryptographer.RegisterVM",
                                        "Folder.Delete",
                                        "Folder.Rename",
                                        "Sessions.ValidateSession",
                                        "VirtualMachine.Interact.PowerOff",
                                        "VirtualMachine.Interact.PowerOn",
                                        "VirtualMachine.Inventory.Move",
                                        "VirtualMachine.Inventory.Register"};

Role role(std::string name, const std::vector<std::string_view>& privileges) {
  Role made{std::move(name), {}, false, {}};
  for (const auto privilege : kSystem) made.privileges.emplace(privilege);
  for (const auto privilege : privileges) made.privileges.emplace(privilege);
  return made;
}

}  // namespace

bool Role::holds(std::string_view privilege) const {
  if (privilege == "System.Anonymous") return true;
  if (!everything) return privileges.count(privilege) != 0;
  return except.empty() || privilege.rfind(except, 0) != 0;
}

const std::vector<std::string_view>& Permissions::known_privileges() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> list(std::begin(kSystem), std::end(kSystem));
    list.insert(list.end(), std::begin(kRestore), std::end(kRestore));
    list.insert(list.end(), std::begin(kOthers), std::end(kOthers));
    return list;
  }();
  return all;
}

Permissions::Permissions() {
  add_role({"admin", {}, true, {}});
  add_role({"no-crypto", {}, true, "Cryptographer."});
  add_role({"no-access", {}, false, {}});
  add_role(role("read-only", {}));
  add_role(role("backup", {"Datastore.Browse", "Datastore.FileManagement"}));
  add_role(role("restore", {std::begin(kRestore), std::end(kRestore)}));
}

void Permissions::add_role(Role role) {
  const std::scoped_lock hold(lock_);
  std::string name = role.name;
  roles_.insert_or_assign(std::move(name), std::move(role));
}

void Permissions::add_user(std::string name, std::string password) {
  const std::scoped_lock hold(lock_);
  passwords_.insert_or_assign(std::move(name), std::move(password));
}

bool Permissions::grant(std::string user, const Ref& object, std::string_view role,
                        bool propagate) {
  const std::scoped_lock hold(lock_);
  if (roles_.find(role) == roles_.end()) return false;
  grants_[std::move(user)].insert_or_assign(object, Grant{std::string(role), propagate});
  return true;
}

void Permissions::revoke(std::string_view user, const Ref& object) {
  const std::scoped_lock hold(lock_);
  const auto found = grants_.find(user);
  if (found != grants_.end()) found->second.erase(object);
}

bool Permissions::log_in(std::string_view user, std::string_view password) {
  constexpr int kMostWrongPasswords = 5;
  const std::scoped_lock hold(lock_);
  const auto found = passwords_.find(user);
  if (found == passwords_.end()) return false;
  int& wrong = wrong_passwords_[found->first];
  if (wrong >= kMostWrongPasswords) return false;
  const bool right = found->second.size() == password.size() &&
                     CRYPTO_memcmp(found->second.data(), password.data(), password.size()) == 0;
  wrong = right ? 0 : wrong + 1;
  return right;
}

void Permissions::unlock(std::string_view user) {
  const std::scoped_lock hold(lock_);
  const auto found = wrong_passwords_.find(user);
  if (found != wrong_passwords_.end()) wrong_passwords_.erase(found);
}

bool Permissions::has_any(std::string_view user) const {
  const std::scoped_lock hold(lock_);
  const auto found = grants_.find(user);
  return found != grants_.end() && !found->second.empty();
}

bool Permissions::allows(const Inventory& inventory, std::string_view user, const Ref& object,
                         std::string_view privilege) const {
  const std::scoped_lock hold(lock_);
  const auto grants = grants_.find(user);
  if (grants == grants_.end()) return false;
  const auto holds = [&](const Ref& at, bool itself) -> const Role* {
    const auto found = grants->second.find(at);
    if (found == grants->second.end() || (!itself && !found->second.propagate)) return nullptr;
    return &roles_.find(found->second.role)->second;
  };
  // Singletons (SessionManager, CryptoManager) have no place in the tree. Looking at them is
  // everybody's right; for the rest the root folder decides.
  const auto known = inventory.find(object);
  const bool placed = known && (object == inventory.root() || !known->container().empty());
  if (!placed && privilege.rfind("System.", 0) == 0) return true;
  Ref at = placed ? object : inventory.root();
  bool itself = true;
  while (!at.empty()) {
    if (const Role* role = holds(at, itself)) return role->holds(privilege);
    const auto above = inventory.find(at);
    at = above ? above->container() : Ref{};
    itself = false;
  }
  return false;
}

bool Permissions::allows_everywhere(const Inventory& inventory, std::string_view user,
                                    std::string_view privilege) const {
  const std::scoped_lock hold(lock_);
  const auto grants = grants_.find(user);
  if (grants == grants_.end() || grants->second.size() != 1) return false;
  const auto& [object, grant] = *grants->second.begin();
  return object == inventory.root() && grant.propagate &&
         roles_.find(grant.role)->second.holds(privilege);
}

}  // namespace vtpmfs::simulator
