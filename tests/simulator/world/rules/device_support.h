// Whether the host of a machine has a device.
#pragma once

#include <cstddef>

#include "tests/simulator/soap/fault.h"

class vim25__VirtualDevice;

namespace vtpmfs::simulator {

struct Draft;

/// DeviceNotSupported where the host's ESXi does not know the device, DeviceUnsupportedForVmVersion
/// where the machine's hardware version is older than it.
Outcome<void> check_support(const Draft& draft, const vim25__VirtualDevice& device,
                            std::size_t index);

}  // namespace vtpmfs::simulator
