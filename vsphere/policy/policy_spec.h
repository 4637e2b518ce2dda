// How a storage policy is made.
#pragma once

#include <string>

#include "vsphere/policy/encryption_policies.h"

class pbm__PbmCapabilityProfileCreateSpec;

namespace vtpmfs::vsphere {

class Arena;

/// A policy with one capability that has one property of type string.
struct PolicyToCreate {
  std::string name;
  std::string category;  ///< REQUIREMENT or DATA_SERVICE_POLICY
  PolicyCapability capability;
  std::string property;
  std::string value;
};

/// A policy for VMs that refers to an encryption component (as `govc storage.policy.create -e`).
PolicyToCreate referring_policy(const std::string& name, const std::string& component_id);
/// The component itself.
PolicyToCreate encryption_component(const std::string& name);

/// The spec; what it points to lives in the arena.
pbm__PbmCapabilityProfileCreateSpec policy_spec(const PolicyToCreate& policy, Arena& arena);

}  // namespace vtpmfs::vsphere
