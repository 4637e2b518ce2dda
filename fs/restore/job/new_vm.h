// The VM to be made, from a saved set: the allow-list and what we chose, nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/saved/saved_set.h"
#include "fs/restore/job/vm_place.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// What decides about a new VM besides the set.
struct NewVmChoices {
  std::string name;
  std::string instance_uuid;
  std::string mark;
  std::string datastore;
  std::optional<std::string> policy_id;
  std::map<int, vsphere::NetworkChoice> networks;
  bool living_original = false;  ///< then uuid and MACs are new
  bool connect_nics = false;
  bool degraded = false;  ///< policy only: no key, no bundle, a new vTPM
  /// extraConfig keys that config.json may bring along. What was saved under other globs, or
  /// written into the backup by somebody else, stays out, and a warning names it.
  std::vector<std::string> extra_config_globs;
};

vsphere::NewVm new_vm(const cache::SavedSet& set, const NewVmChoices& choices,
                      std::vector<std::string>& warnings);

/// A random uuid (RFC 4122, version 4) and a random mark of 128 bits in hex. EIO where the system
/// has no randomness.
Result<std::string> random_uuid();
Result<std::string> random_mark();

}  // namespace vtpmfs::fs
