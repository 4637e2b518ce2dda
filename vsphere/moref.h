// Interface. How vCenter names its objects.
#pragma once

#include <compare>
#include <functional>
#include <string>

namespace vtpmfs::vsphere {

/// A ManagedObjectReference: type and value, e.g. VirtualMachine vm-42. Unique within one vCenter
/// (about.instanceUuid) only. The value is opaque: other servers' hold slashes, blanks and
/// brackets, so it never goes unescaped into a file name or a URL.
struct MoRef {
  std::string type;
  std::string value;

  [[nodiscard]] bool empty() const { return value.empty(); }
  auto operator<=>(const MoRef&) const = default;
};

}  // namespace vtpmfs::vsphere

template <>
struct std::hash<vtpmfs::vsphere::MoRef> {
  size_t operator()(const vtpmfs::vsphere::MoRef& ref) const noexcept {
    return std::hash<std::string>{}(ref.value) * 31 + std::hash<std::string>{}(ref.type);
  }
};
