#include "vsphere/policy/encryption_policies.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace vtpmfs::vsphere {
namespace {

bool asks_for_encryption(const PolicyProfile& profile) {
  return std::any_of(
      profile.capabilities.begin(), profile.capabilities.end(),
      [](const auto& capability) { return capability.name_space == kVmCryptNamespace; });
}

bool is_encryption_component(const std::string& id,
                             const std::map<std::string, PolicyProfile>& components) {
  // Known without being read: vcsim has the reference, but not the component.
  if (id == kDefaultEncryptionComponent) return true;
  const auto found = components.find(id);
  return found != components.end() && encrypts_as_component(found->second);
}

bool encrypts(const PolicyProfile& policy, const std::map<std::string, PolicyProfile>& components) {
  return asks_for_encryption(policy) ||
         std::any_of(policy.capabilities.begin(), policy.capabilities.end(),
                     [&](const auto& capability) {
                       return capability.name_space == kDataServiceNamespace &&
                              is_encryption_component(capability.id, components);
                     });
}

}  // namespace

bool encrypts_as_component(const PolicyProfile& component) {
  return component.line_of_service == "ENCRYPTION" || asks_for_encryption(component);
}

std::vector<std::string> components_to_read(const std::vector<PolicyProfile>& policies) {
  std::set<std::string> ids;
  for (const PolicyProfile& policy : policies) {
    for (const PolicyCapability& capability : policy.capabilities) {
      if (capability.name_space == kDataServiceNamespace &&
          capability.id != kDefaultEncryptionComponent) {
        ids.insert(capability.id);
      }
    }
  }
  return {ids.begin(), ids.end()};
}

std::vector<StoragePolicy> encryption_policies_among(
    const std::vector<PolicyProfile>& policies,
    const std::map<std::string, PolicyProfile>& components) {
  std::vector<StoragePolicy> found;
  for (const PolicyProfile& policy : policies) {
    if (encrypts(policy, components)) {
      found.push_back({policy.id, policy.name, policy.id == kBuiltInPolicy});
    }
  }
  std::sort(found.begin(), found.end(), [](const StoragePolicy& a, const StoragePolicy& b) {
    return std::make_tuple(!a.built_in, a.name, a.id) < std::make_tuple(!b.built_in, b.name, b.id);
  });
  return found;
}

}  // namespace vtpmfs::vsphere
