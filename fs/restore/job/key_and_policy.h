// The key and the storage policy, asked for before anything is made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/saved/saved_set.h"
#include "fs/restore/job/vm_place.h"
#include "fs/restore/restorer.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// Whether this vCenter has the key. Three answers: *no* is ENOKEY; *unknown* goes on with a
/// warning that says so; *yes* is silent. A native provider's own key id is compared with the saved
/// one: another provider of the same name cannot open the bundle, and one without a backup is not
/// used. Answers what the provider asks of the host.
Result<HostNeeds> check_key(vsphere::RestoreTarget& target, const cache::SavedSet& set,
                            const vsphere::Call& call, std::vector<std::string>& warnings);

/// What is known of the policy before something is made.
struct PolicyChoice {
  std::optional<std::string> id;  ///< none: go on without
  bool make_one = false;          ///< the list was readable and has none
};

/// The named policy (ENOENT where none has that name or id, EINVAL for one that does not encrypt),
/// else config.json's if
/// it is one here, else the built-in one, else any. Where PBM cannot be read: none, with a warning.
Result<PolicyChoice> choose_policy(vsphere::RestoreTarget& target,
                                   const std::optional<std::string>& named,
                                   const cache::SavedSet& set, bool never_create,
                                   const vsphere::Call& call, std::vector<std::string>& warnings);

}  // namespace vtpmfs::fs
