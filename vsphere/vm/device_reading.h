// From vim25's devices to ours.
#pragma once

#include <optional>
#include <vector>

#include "vsphere/error.h"
#include "vsphere/virtual_tpm.h"
#include "vsphere/vm_config.h"

class xsd__anyType;

namespace vtpmfs::vsphere {

/// What config.hardware.device says.
struct DeviceList {
  std::optional<VirtualTpm> vtpm;
  std::vector<VmDevice> devices;  ///< those of the allow-list, in the server's order
  std::vector<VmDiskRecord> disks;
  /// A disk or NVDIMM is there, or a device of a type that we do not know and that may be one:
  /// destroying the VM would destroy what is on it.
  bool may_hold_data = false;
};

/// Reads the ArrayOfVirtualDevice. The vTPM is found by its type: its key is 11000 on a vCenter and
/// anything elsewhere. EIO where the list cannot be trusted to say whether there is a vTPM (not a
/// device list, a device with a vTPM's key but another type, two vTPMs, or `tpm_present` without
/// one): a vTPM must not vanish because its type was not understood. ENODATA where there is no list
/// at all: every VM has devices.
Result<DeviceList> read_devices(const xsd__anyType* value, std::optional<bool> tpm_present);

}  // namespace vtpmfs::vsphere
