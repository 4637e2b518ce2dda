#include "tests/simulator/soap/operations.h"

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/managed_type.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/simulator.h"

namespace vtpmfs::simulator {

Inventory& Call::inventory() const {
  return simulator_.inventory();
}

std::string Call::user() const {
  return session() ? session()->who().user : std::string();
}

std::shared_ptr<ManagedObject> Call::find(const Ref& ref) const {
  if (session()) {
    if (auto bound = session()->find(ref)) return bound;
  }
  return inventory().find(ref);
}

Outcome<void> Call::require(const Ref& object, std::string_view privilege) const {
  if (!session()) return refuse(not_authenticated(object, privilege));
  if (simulator_.permissions().allows(inventory(), user(), object, privilege)) return {};
  return refuse(no_permission(object, privilege));
}

void Operations::disable(std::string name) {
  const std::scoped_lock hold(lock_);
  disabled_.insert(std::move(name));
}

void Operations::enable_all() {
  const std::scoped_lock hold(lock_);
  disabled_.clear();
}

Outcome<std::string> Operations::invoke(const SoapRequest& request, SoapReply& reply) {
  const auto found = entries_.find(request.prefix + ":" + request.operation);
  const bool disabled = [&] {
    const std::scoped_lock hold(lock_);
    return disabled_.count(request.operation) != 0;
  }();
  if (found == entries_.end() || disabled) {
    return refuse(method_not_found({"ServiceInstance", "ServiceInstance"}, request.operation));
  }
  return found->second(request, reply);
}

Outcome<void> Operations::admit(const OperationTraits& traits, const Call& call,
                                const Ref& receiver, const std::function<Outcome<void>()>& run) {
  const bool anonymous = traits.privilege == "System.Anonymous";
  if (!anonymous && (!call.session() || call.session()->ended())) {
    return refuse(not_authenticated(
        receiver, traits.privilege.empty() ? std::string_view("System.View") : traits.privilege));
  }
  const auto check = [&]() -> Outcome<void> {
    if (!call.find(receiver)) return refuse(object_not_found(receiver));
    if (!is_a(receiver.type, traits.receiver)) {
      return refuse(method_not_found(receiver, call.operation()));
    }
    if (anonymous || traits.privilege.empty()) return {};
    return call.require(receiver, traits.privilege);
  };
  if (traits.lock == Lock::exclusive) {
    const auto hold = call.inventory().write();
    if (auto checked = check(); !checked) return checked;
    return run();
  }
  auto hold = call.inventory().read();
  if (auto checked = check(); !checked) return checked;
  if (traits.lock == Lock::none) hold.unlock();
  return run();
}

void Operations::put_into(std::string& message, const std::string& element,
                          const std::string& content) {
  const std::size_t open = message.find("<" + element);
  std::size_t close = message.find('>', open);
  if (message[close - 1] == '/') message.replace(close - 1, 2, "></" + element + ">");
  close = message.find('>', open);
  message.insert(close + 1, content);
}

}  // namespace vtpmfs::simulator
