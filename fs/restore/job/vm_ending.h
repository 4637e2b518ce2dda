// The two ways in which a half-made VM ends: finished, or taken away. The restore that made it goes
// them, and after a crash the next mount does.
#pragma once

#include <string>
#include <vector>

#include "fs/restore/job/lost_reply.h"
#include "fs/restore/job/restore_record.h"
#include "vsphere/call.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// For how long after it was sent a creation may still make its VM, where nobody has seen its end.
/// Tasks wait in vCenter's queue, a busy datastore takes its time, and a task of a vCenter that was
/// started anew ends unseen.
inline constexpr std::chrono::minutes kCreationMayTake{30};

/// Takes the mark and the annotation away in one reconfigure. For records that say `verified` only.
/// A lost answer: sent once more where the mark is still there after all looks, for it says the
/// same again.
Status take_mark_off(vsphere::RestoreTarget& target, const RestoreRecord& record,
                     const Looks& looks, const vsphere::Call& call);

/// Makes the VM a template where the record says so. A failure is told in `warnings`: the VM is
/// whole by then.
void make_template(vsphere::RestoreTarget& target, const RestoreRecord& record,
                   std::vector<std::string>& warnings, const Looks& looks,
                   const vsphere::Call& call);

/// What is known of a creation that was sent.
enum class Creation {
  ended,  ///< it made a VM or failed; if it made one, that is in the record or found by its uuid
  open,   ///< nobody saw its end: it may be at work
};

/// Sees to it that nothing of the record's restore is there, nor will be: ends the task, finds the
/// VM by the record, its task or our instanceUuid (and puts it into the record), and destroys it by
/// destroy_if_ours(). EPERM with the reason: it is there and must be left. EAGAIN: nothing is
/// there, but the creation may still make it. All others: it could not be seen or done now.
Status take_away(vsphere::RestoreTarget& target, RestoreRecord& record, const std::string& vcenter,
                 Creation creation, const Looks& looks, const vsphere::Call& call);

/// The VM with the record's instanceUuid. Empty where there is none, EPERM where several have it.
Result<std::optional<vsphere::MoRef>> find_by_its_uuid(vsphere::RestoreTarget& target,
                                                       const RestoreRecord& record,
                                                       const vsphere::Call& call);

/// The VM at the record's place (folder and name) that carries the record's mark and instanceUuid:
/// vCenter's index of uuids may be behind. Empty where there is none. EPERM: one that carries the
/// mark has another instanceUuid, be it a clone or our own that was given a new one.
Result<std::optional<vsphere::MoRef>> find_at_its_place(vsphere::RestoreTarget& target,
                                                        const RestoreRecord& record,
                                                        const vsphere::Call& call);

/// Whether trying again by itself is of no use: a VM that is not as it was made (EPERM), or a right
/// that is missing (EACCES), are for a person to mend.
bool is_for_a_person(const Error& error);

}  // namespace vtpmfs::fs
