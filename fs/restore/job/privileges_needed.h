// The privileges that a restore will need, and on what: asked for before anything is made.
#pragma once

#include <string>
#include <vector>

#include "fs/restore/job/vm_place.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// A restore that is about to begin, as far as privileges depend on it.
struct PlannedRestore {
  vsphere::MoRef folder;    ///< the deepest one that is there
  std::string folder_path;  ///< for people
  vsphere::MoRef datacenter;
  const vsphere::NewVm& vm;
  const VmPlace& place;
  bool makes_folders = false;
  bool makes_policy = false;
  bool uploads_nvram = false;
  bool marks_template = false;
  bool sets_boot_order = false;  ///< by a reconfigure of its own, when the cards have their keys
};

struct PrivilegeNeed {
  vsphere::PrivilegeOn on;
  std::string where;    ///< the object, for people
  std::string without;  ///< what happens without it; empty: there is no restore
};

/// What VMware documents for creating an encrypted VM and for its datastore files. What is not
/// known to be asked for by every vCenter has a `without`.
std::vector<PrivilegeNeed> privileges_needed(const PlannedRestore& planned);

/// EACCES where one is missing without which there is no restore: the words name every such
/// privilege and object, the remedy is a grant. A warning for each of the others.
Status judge_privileges(const std::vector<PrivilegeNeed>& needs,
                        const std::vector<vsphere::PrivilegeOn>& missing,
                        std::vector<std::string>& warnings);

}  // namespace vtpmfs::fs
