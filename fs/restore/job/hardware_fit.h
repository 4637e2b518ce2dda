// Whether the place that was chosen can have the VM's guest, hardware version and devices.
#pragma once

#include <string>
#include <vector>

#include "fs/restore/job/vm_place.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// What has to be known of the place for this VM. Devices that every VM has (IDE controllers, the
/// video card) are not asked for.
vsphere::HardwareQuestion hardware_needed(const vsphere::NewVm& vm, const VmPlace& place);

/// EINVAL where the server says no: words and remedy of their own for the version, the guest and
/// the devices. A warning where it does not say.
Status judge_hardware(const vsphere::HardwareQuestion& asked, const vsphere::HardwareCheck& answer,
                      const VmPlace& place, std::vector<std::string>& warnings);

}  // namespace vtpmfs::fs
