// How the simulated vCenter names its objects. The simulator's own type: it shares nothing with the
// client but the gSOAP headers.
#pragma once

#include <compare>
#include <functional>
#include <string>

namespace vtpmfs::simulator {

/// A ManagedObjectReference: type and id, e.g. VirtualMachine vm-42.
struct Ref {
  std::string type;
  std::string id;

  [[nodiscard]] bool empty() const { return id.empty(); }
  auto operator<=>(const Ref&) const = default;
};

}  // namespace vtpmfs::simulator

template <>
struct std::hash<vtpmfs::simulator::Ref> {
  size_t operator()(const vtpmfs::simulator::Ref& ref) const noexcept {
    return std::hash<std::string>{}(ref.id) * 31 + std::hash<std::string>{}(ref.type);
  }
};
