// What config.json says about the key provider, asked once for all VMs.
#pragma once

#include <chrono>

#include "cache/sets/live_vm_sets.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// Fills in the provider's management type, own key id, hasBackup and tpmRequired where the account
/// may read them. One call at the first VM; nothing where the list cannot be read.
cache::OriginHook saved_origins(vsphere::RestoreTarget& target, std::chrono::milliseconds timeout);

}  // namespace vtpmfs::fs
