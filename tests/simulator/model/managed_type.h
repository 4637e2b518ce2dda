// The inheritance of the managed types that the simulator knows.
#pragma once

#include <string_view>

namespace vtpmfs::simulator {

/// Whether `type` is `base` or derives from it: VirtualApp is a ResourcePool is a ManagedEntity.
/// Every type is a ManagedObject. An unknown type is only itself.
[[nodiscard]] bool is_a(std::string_view type, std::string_view base);

/// Whether vim25 has a managed type of this name (as far as the simulator knows it). A PropertySpec
/// or a ContainerView that names another one is an InvalidArgument.
[[nodiscard]] bool is_managed_type(std::string_view type);

}  // namespace vtpmfs::simulator
