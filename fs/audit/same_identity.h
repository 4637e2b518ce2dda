// The same vTPM in the sets of different machines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/saved/sha256.h"
#include "fs/audit/finding.h"

namespace vtpmfs::fs {

/// Whose set it is, as far as that is known.
struct SetIdentity {
  std::string path;
  std::optional<cache::Sha256Hash> endorsement;  ///< endorsement_of()
  std::optional<std::string> instance_uuid;      ///< vCenter's own number of the machine
  std::optional<std::string> bios_uuid;          ///< what the guest sees
};

/// One finding (or none) for each set. Sets with the same endorsement keys are of one vTPM. That is
/// as it should be where they are of one machine too: generations (the same instanceUuid), or the
/// machine and what a restore made of it after it was lost (a new instanceUuid, and the uuid kept,
/// which a restore does only where no machine has it). Where neither is the same, a machine was
/// cloned with its vTPM, as vSphere 6.7 and 7 do and 8 does where it is told to: two machines
/// answer for one identity, and each can open what the other sealed. A set that names neither
/// counts as the machine whose directory has the same name. The same key, provider or bundle says
/// nothing: many machines share a key.
std::vector<std::optional<Finding>> find_same_identities(const std::vector<SetIdentity>& sets);

}  // namespace vtpmfs::fs
