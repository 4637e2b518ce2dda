// What vtpmfs knows of vCenter's fault types.
#pragma once

#include <string_view>

namespace vtpmfs::vsphere {

/// A fault type, its base type, and the errno for it; 0 where the base type's is right.
struct FaultType {
  std::string_view name;
  std::string_view base;
  int code;
};

/// The entry of that name, nullptr when the type is not known here.
const FaultType* find_fault_type(std::string_view name);

}  // namespace vtpmfs::vsphere
