// Which storage policies encrypt.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

/// A capability that a policy asks for, by the namespace that defines it.
struct PolicyCapability {
  std::string name_space;
  std::string id;
};

/// What PBM says about a policy, or about a component that policies refer to.
struct PolicyProfile {
  std::string id;
  std::string name;
  std::string line_of_service;
  std::vector<PolicyCapability> capabilities;
};

/// The namespace of VM encryption.
inline constexpr std::string_view kVmCryptNamespace = "vmwarevmcrypt";
inline constexpr std::string_view kVmCryptCapability = "vmwarevmcrypt@ENCRYPTION";
/// Capabilities of this namespace are references: their id is that of a component profile.
inline constexpr std::string_view kDataServiceNamespace = "com.vmware.storageprofile.dataservice";
/// "Default encryption properties": the component of every vCenter.
inline constexpr std::string_view kDefaultEncryptionComponent =
    "ad5a249d-cbc2-43af-9366-694d7664fa52";
/// "VM Encryption Policy": the policy of every vCenter.
inline constexpr std::string_view kBuiltInPolicy = "4d5f673c-536f-11e6-beb8-9e71128cae77";

/// Ids of the components that have to be read before encryption_policies_among() can judge.
std::vector<std::string> components_to_read(const std::vector<PolicyProfile>& policies);

/// A component that encrypts what refers to it.
bool encrypts_as_component(const PolicyProfile& component);

/// Those of the policies that encrypt, in the direct form (they ask for VM encryption themselves)
/// or the indirect one (they refer to a component that does). The built-in one comes first, the
/// others by name.
std::vector<StoragePolicy> encryption_policies_among(
    const std::vector<PolicyProfile>& policies,
    const std::map<std::string, PolicyProfile>& components);

}  // namespace vtpmfs::vsphere
