// What may be destroyed. The one place in vtpmfs that removes anything from a vCenter.
#pragma once

#include <optional>
#include <string>

#include "fs/restore/job/lost_reply.h"
#include "fs/restore/job/restore_record.h"
#include "vsphere/call.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// Why this is not the VM that the record's restore made; empty optional where it is: this vCenter,
/// the VM that the record names, and instanceUuid and mark equal the record's.
std::optional<std::string> why_not_the_one(const vsphere::VmIdentity& vm,
                                           const RestoreRecord& record, const std::string& vcenter);

/// Why this VM is not ours to destroy; empty optional where it is. All must hold: it is the VM that
/// the record names (its task's result, or found by our instanceUuid), instanceUuid and the random
/// mark equal the record's, off and without a trace of having run, no snapshot, no disk, name and
/// folder as created. The mark alone never counts: clones copy marks.
std::optional<std::string> why_not_ours(const vsphere::VmIdentity& vm, const RestoreRecord& record,
                                        const std::string& vcenter);

/// Looks again right before, and destroys the record's VM if all that holds. ENOENT: it is gone
/// already, which is as good. EPERM with the reason: left behind. Sent once: where the answer is
/// lost it is looked whether the VM goes.
Status destroy_if_ours(vsphere::RestoreTarget& target, const RestoreRecord& record,
                       const std::string& vcenter, const Looks& looks, const vsphere::Call& call);

}  // namespace vtpmfs::fs
