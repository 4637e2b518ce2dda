// Devices of a new VM.
#pragma once

#include <vector>

#include "vsphere/restore_target.h"

class vim25__VirtualDevice;
class vim25__VirtualDeviceConfigSpec;

namespace vtpmfs::vsphere {

class Arena;

/// Adds for the devices of the allow-list and the vTPM; all else is left out.
///
/// New devices get negative keys, unique in the spec. Controllers come first and name no controller
/// of their own. The two IDE controllers (keys 200 and 201, like PCI 100, PS2 300 and SIO 400) are
/// made by the server and are only referred to. CD-ROMs come empty, NICs without a slot and without
/// an address that the server made; a device whose controller is not in the list is left out.
/// The vTPM has the key -1 and neither controller nor slot: the server puts it where it belongs.
std::vector<vim25__VirtualDeviceConfigSpec> device_specs(const NewVm& vm, Arena& arena);

/// A vTPM to be added: bare, or with what was saved.
vim25__VirtualDevice* vtpm_to_add(const VirtualTpm* saved, Arena& arena);

/// {operation: add or edit, device}
vim25__VirtualDeviceConfigSpec device_change(const char* operation, vim25__VirtualDevice* device);

}  // namespace vtpmfs::vsphere
