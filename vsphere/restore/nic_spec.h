// Network cards of a new VM.
#pragma once

#include "vsphere/restore_target.h"

class vim25__VirtualDevice;

namespace vtpmfs::vsphere {

class Arena;

/// The card on `network`. An address is kept where a person
/// (`manual`) or vCenter (`assigned`) gave it; one that the host made from the VM's uuid is left to
/// be made anew. Disconnected, unless `connect` and it was connected at power-on; on a stand-in
/// always, and the guest cannot connect it. Null for a type that is not in the allow-list.
vim25__VirtualDevice* new_nic(const VmDevice& device, const NetworkChoice& network, bool connect,
                              Arena& arena);

}  // namespace vtpmfs::vsphere
