#include "tests/simulator/world/rules/device_support.h"

#include <algorithm>

#include "soapStub.h"
#include "tests/simulator/world/environment/host_support.h"
#include "tests/simulator/world/inventory/entity.h"
#include "tests/simulator/world/rules/draft.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {

Outcome<void> check_support(const Draft& draft, const vim25__VirtualDevice& device,
                            std::size_t index) {
  const std::string type = vsphere::type_name(device);
  const int version = draft.config.hardware_version();
  if (has_device(*draft.host, type, version)) return {};
  const auto known = known_devices();
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const KnownDevice& one) { return one.type == type; });
  if (found != known.end() && version < found->since) {
    return refuse(fault_of("DeviceUnsupportedForVmVersion",
                           "The device is not supported by this hardware version.")
                      .with("deviceIndex", std::to_string(index))
                      .with("currentVersion", draft.config.version)
                      .with("expectedVersion", "vmx-" + std::to_string(found->since)));
  }
  return refuse(fault_of("DeviceNotSupported", "The device or operation is not supported.")
                    .with("device", type));
}

}  // namespace vtpmfs::simulator
