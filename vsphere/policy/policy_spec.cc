#include "vsphere/policy/policy_spec.h"

#include "vsphere/soap/arena.h"

namespace vtpmfs::vsphere {

PolicyToCreate referring_policy(const std::string& name, const std::string& component_id) {
  return {name,
          "REQUIREMENT",
          {std::string(kDataServiceNamespace), component_id},
          component_id,
          component_id};
}

PolicyToCreate encryption_component(const std::string& name) {
  return {name,
          "DATA_SERVICE_POLICY",
          {std::string(kVmCryptNamespace), std::string(kVmCryptCapability)},
          "AllowCleartextFilters",
          "False"};
}

pbm__PbmCapabilityProfileCreateSpec policy_spec(const PolicyToCreate& policy, Arena& arena) {
  pbm__PbmCapabilityProfileCreateSpec spec;
  spec.name = policy.name;
  spec.description = "created by vtpmfs";
  spec.category = policy.category;
  spec.resourceType.resourceType = "STORAGE";
  auto* constraints = arena.make<pbm__PbmCapabilitySubProfileConstraints>();
  auto& sub_profile = constraints->subProfiles.emplace_back();
  sub_profile.name = "sp-1";
  auto& capability = sub_profile.capability.emplace_back();
  capability.id.namespace_ = policy.capability.name_space;
  capability.id.id = policy.capability.id;
  auto& property = capability.constraint.emplace_back().propertyInstance.emplace_back();
  property.id = policy.property;
  property.value = arena.text(policy.value);
  spec.constraints = constraints;
  return spec;
}

}  // namespace vtpmfs::vsphere
