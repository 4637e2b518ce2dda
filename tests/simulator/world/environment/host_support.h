// What a host's ESXi can run: hardware versions, guests, devices. Read by the rules, which refuse
// the rest, and by the EnvironmentBrowser, which tells of it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/model/managed_object.h"
#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

class ComputeResource;
class HostSystem;
class World;

inline constexpr int oldest_hardware = 4;

struct KnownDevice {
  std::string_view type;    ///< "VirtualVmxnet3"
  std::string_view option;  ///< the type that tells of it: "VirtualVmxnet3Option"
  int since;                ///< the first hardware version that can have it
};

/// All that any ESXi knows here.
std::span<const std::string_view> known_guests();
std::span<const KnownDevice> known_devices();

bool has_version(const HostSystem& host, int version);
bool knows_guest(const HostSystem& host, std::string_view guest);
/// A device of a type that is not in known_devices() is every host's.
bool has_device(const HostSystem& host, std::string_view type, int version);

/// The connected hosts of a compute resource.
std::vector<const HostSystem*> hosts_of(const World& world, const ComputeResource& compute);

/// EnvironmentBrowser of one compute resource.
class EnvironmentBrowser final : public ManagedObject {
 public:
  EnvironmentBrowser(Ref ref, Ref compute)
      : ManagedObject(std::move(ref)), compute_(std::move(compute)) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  [[nodiscard]] Ref container() const override { return compute_; }
  [[nodiscard]] const Ref& compute() const { return compute_; }

 private:
  Ref compute_;
};

}  // namespace vtpmfs::simulator
