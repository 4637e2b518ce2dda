// vCenter's storage policies (PBM), as far as saving and restoring need them.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/policy/encryption_policies.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// PBM is a service of its own behind the same address: it may be down while the rest works, and
/// all Errors of a call are possible. Blocking, thread-safe. Keeps the profile manager's reference.
class PolicyService {
 public:
  explicit PolicyService(SoapCaller& caller) : caller_(caller) {}

  /// Empty where the server has no method to tell.
  Result<std::optional<bool>> knows_vm_encryption(const Call& call);
  Result<std::vector<StoragePolicy>> encryption_policies(const Call& call);
  Result<bool> has_policy(const std::string& name_or_id, const Call& call);
  /// As RestoreTarget's functions of these names.
  Result<std::map<MoRef, std::string>> policies_of(const std::vector<MoRef>& vms, const Call& call);
  Result<std::map<std::string, std::string>> policy_names(const std::vector<std::string>& ids,
                                                          const Call& call);
  /// A policy that refers to the default encryption component, or where that is missing to a
  /// component made for it, or left by an earlier try. EEXIST where the policy's name is taken.
  Result<StoragePolicy> create_encryption_policy(const std::string& name, const Call& call);

 private:
  Result<MoRef> profile_manager(const Call& call);
  Result<std::vector<std::string>> ids_in(const MoRef& manager, const char* category,
                                          const Call& call);
  /// The encryption component of this name; empty where there is none, or none can be seen.
  std::optional<std::string> component_named(const MoRef& manager, const std::string& name,
                                             const Call& call);
  /// Profiles that the server does not know are left out.
  Result<std::vector<PolicyProfile>> read_profiles(const MoRef& manager,
                                                   const std::vector<std::string>& ids,
                                                   const Call& call);
  Result<std::vector<PolicyProfile>> read_at_once(const MoRef& manager,
                                                  const std::vector<std::string>& ids,
                                                  const Call& call);
  /// One call: adds what it answers to `found`.
  Status read_policies_of(const MoRef& manager, const std::vector<MoRef>& vms,
                          std::map<MoRef, std::string>& found, const Call& call);

  SoapCaller& caller_;
  std::mutex lock_;
  std::optional<MoRef> manager_;  ///< guarded by lock_
};

}  // namespace vtpmfs::vsphere
