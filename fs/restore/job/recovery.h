// Interface. What becomes of a restore that an earlier mount did not end: kill -9, a power cut, a
// vCenter that fell silent.
//
//   begun                 nothing but folders or a policy was made, which stay: forgotten
//   creating, created     its VM is found by the task, the MoRef or our instanceUuid, and taken
//   left-behind           away by the rules of "What may be destroyed"
//   verified              the VM is whole: it is finished; nothing is ever destroyed
//   done                  forgotten; told whether its VM is there still
//   rolled-back           it was over: forgotten
//
// A record is only forgotten when nothing of its restore is there nor will be, when the VM is
// finished, or when somebody has taken the mark off and so made the VM his own. Failure cases: no
// answer (tried again, see earlier_restores.h); no right (left-behind, tried again at the next
// mount); a VM that is not as we made it (left-behind); another vCenter behind the same address
// (not touched); killed in the middle (every step may be done twice).
#pragma once

#include <string>
#include <vector>

#include "fs/restore/job/restore_job.h"
#include "fs/restore/job/restore_record.h"

namespace vtpmfs::fs {

/// What one look at a record's restore came to.
struct Recovery {
  enum class End {
    nothing_there,  ///< no VM, and none will come
    removed,        ///< the half-made VM is gone
    finished,       ///< the VM had been checked, and is finished now
    adopted,        ///< somebody took the mark off: it is his
    gone,           ///< it had been checked, and somebody removed it
    left_behind,    ///< a VM is there that must be left or could not be removed
    foreign,        ///< the record is another vCenter's
    undecided,      ///< could not be seen or done now, or the creation may still make its VM
  };
  End end = End::undecided;
  std::string words;  ///< what was found, for a person
  std::vector<std::string> warnings;
};

/// Looks once and does what can be done. Each request takes call.timeout at most, a task that was
/// sent is waited for until call.cancel. Where the restore is over, its record may be removed from
/// the journal; until then the same can be done again. Blocking; one thread a record.
Recovery recover(const RestoreSurroundings& surroundings, RestoreRecord& record,
                 const vsphere::Call& call);

/// Nothing is left to look after: the record may go, once those who have to know it were told.
bool is_over(const Recovery& recovery);

/// The same as the status of the directory that the set was copied into.
RestoreStatus status_of(const Recovery& recovery, const RestoreSurroundings& surroundings,
                        const RestoreRecord& record);

}  // namespace vtpmfs::fs
