// What config.json says about storage policies and key providers, asked for all VMs of a page.
//
// When which answer comes must not show in config.json more than it has to, for each change of its
// text is a new generation with new times, which every backup tool copies:
// - Both are part of the first text of a VM wherever they are answered at all: they are asked for
//   before a page's versions are made.
// - A refusal (no privilege, no such method) is an answer, and stays one while this mount lasts:
//   granted later, it shows after a remount. Names of policies are asked for once, too.
// - Silence (PBM on its way up, a fault that says nothing of the VM) is none: what the VM's former
//   config.json says stays, and the VM is read again. Where there is no former one (the first read
//   after a mount), config.json is without the policy until the answer comes, and has it from then
//   on: one change, since a file that waits for PBM would make the VM unreadable.
// - Policies are all or nothing: no text with an id whose name is still to come.
#pragma once

#include "cache/clock.h"
#include "cache/sets/set_reader.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// Fills in the storage policies (one call for a page, one more for names that are new) and the
/// providers' management type, own key id, hasBackup and tpmRequired (one call at the first VM,
/// another one when a VM names a provider that is not on the list), for encrypted VMs. Where nobody
/// answers it waits 10 s at most, and is silent itself for a while, longer each time.
/// `with_policies` is false for an ESXi host, which has none.
cache::OriginHook saved_origins(vsphere::RestoreTarget& target, const cache::Clock& clock,
                                bool with_policies);

}  // namespace vtpmfs::fs
