// What config.json says about the key provider, asked once for all VMs.
#pragma once

#include <chrono>

#include "cache/sets/live_vm_sets.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// Fills in the provider's management type, own key id, hasBackup and tpmRequired where the account
/// may read them. One call at the first VM, another one when a VM names a provider that is not on
/// the list; nothing where the server says that the list cannot be read. Where it says nothing, it
/// is asked again with the next VM after a pause. `ending` cancels what is under way.
cache::OriginHook saved_origins(vsphere::RestoreTarget& target, std::chrono::milliseconds timeout,
                                vsphere::CancelToken ending);

}  // namespace vtpmfs::fs
