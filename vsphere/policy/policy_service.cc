#include "vsphere/policy/policy_service.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "vsphere/policy/policy_spec.h"
#include "vsphere/property/fault_error.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

const MoRef kServiceInstance{"PbmServiceInstance", "ServiceInstance"};
constexpr const char* kVirtualMachine = "virtualMachine";  ///< a PbmObjectType
/// Halves of a page that is refused as a whole: enough to find two VMs among 250.
constexpr unsigned kSplits = 16;

pbm__PbmProfileResourceType storage() {
  pbm__PbmProfileResourceType type;
  type.resourceType = "STORAGE";
  return type;
}

PolicyProfile read_profile(const pbm__PbmProfile& from) {
  PolicyProfile profile;
  profile.id = from.profileId.uniqueId;
  profile.name = from.name;
  const auto* capabilities = dynamic_cast<const pbm__PbmCapabilityProfile*>(&from);
  if (capabilities == nullptr) return profile;
  profile.line_of_service = capabilities->lineOfService.value_or("");
  const auto* constraints =
      dynamic_cast<const pbm__PbmCapabilitySubProfileConstraints*>(capabilities->constraints);
  if (constraints == nullptr) return profile;
  for (const auto& sub_profile : constraints->subProfiles) {
    for (const auto& capability : sub_profile.capability) {
      profile.capabilities.push_back({capability.id.namespace_, capability.id.id});
    }
  }
  return profile;
}

bool is_missing_method(const Error& error) {
  const std::string_view fault = fault_type(error);
  return fault == "MethodNotFound" || fault == "NotSupported" || fault == "NotImplemented";
}

/// A profile or an entity that is named in the request is not there.
bool is_unknown_object(const Error& error) {
  const std::string_view fault = fault_type(error);
  return fault == "InvalidArgument" || fault == "PbmFaultNotFound" || fault == "NotFound" ||
         fault == "ManagedObjectNotFound";
}

}  // namespace

Result<MoRef> PolicyService::profile_manager(const Call& how) {
  {
    const std::lock_guard hold(lock_);
    if (manager_) return *manager_;
  }
  _pbm__PbmRetrieveServiceContent request;
  request._USCOREthis = to_soap(kServiceInstance);
  const auto answer = call<_pbm__PbmRetrieveServiceContentResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  MoRef manager = from_soap((*answer)->returnval->profileManager);
  const std::lock_guard hold(lock_);
  manager_ = manager;
  return manager;
}

Result<std::optional<bool>> PolicyService::knows_vm_encryption(const Call& how) {
  const auto manager = profile_manager(how);
  if (!manager) return fail(manager.error());
  _pbm__PbmFetchVendorInfo request;
  request._USCOREthis = to_soap(*manager);
  request.resourceType = storage();
  const auto answer = call<_pbm__PbmFetchVendorInfoResponse>(caller_, request, how);
  if (!answer && is_missing_method(answer.error())) return std::optional<bool>();
  if (!answer) return fail(answer.error());
  for (const auto& type : (*answer)->returnval) {
    for (const auto& vendor : type.vendorNamespaceInfo) {
      if (vendor.namespaceInfo.namespace_ == kVmCryptNamespace) return std::optional<bool>(true);
    }
  }
  return std::optional<bool>(false);
}

Result<std::vector<std::string>> PolicyService::ids_in(const MoRef& manager, const char* category,
                                                       const Call& how) {
  _pbm__PbmQueryProfile request;
  request._USCOREthis = to_soap(manager);
  request.resourceType = storage();
  request.profileCategory = category;
  const auto answer = call<_pbm__PbmQueryProfileResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  std::vector<std::string> ids;
  for (const auto& id : (*answer)->returnval) ids.push_back(id.uniqueId);
  return ids;
}

Result<std::vector<PolicyProfile>> PolicyService::read_at_once(const MoRef& manager,
                                                               const std::vector<std::string>& ids,
                                                               const Call& how) {
  _pbm__PbmRetrieveContent request;
  request._USCOREthis = to_soap(manager);
  for (const std::string& id : ids) request.profileIds.emplace_back().uniqueId = id;
  const auto answer = call<_pbm__PbmRetrieveContentResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  std::vector<PolicyProfile> profiles;
  for (const pbm__PbmProfile* profile : (*answer)->returnval) {
    if (profile != nullptr) profiles.push_back(read_profile(*profile));
  }
  return profiles;
}

Result<std::vector<PolicyProfile>> PolicyService::read_profiles(const MoRef& manager,
                                                                const std::vector<std::string>& ids,
                                                                const Call& how) {
  if (ids.empty()) return std::vector<PolicyProfile>();
  auto all = read_at_once(manager, ids, how);
  if (all || !is_unknown_object(all.error())) return all;
  // One unknown id fails the call as a whole: then one by one.
  std::vector<PolicyProfile> profiles;
  for (const std::string& id : ids) {
    auto one = read_at_once(manager, {id}, how);
    if (one) {
      std::move(one->begin(), one->end(), std::back_inserter(profiles));
    } else if (!is_unknown_object(one.error())) {
      return one;
    }
  }
  return profiles;
}

Result<std::vector<StoragePolicy>> PolicyService::encryption_policies(const Call& how) {
  const auto manager = profile_manager(how);
  if (!manager) return fail(manager.error());
  const auto ids = ids_in(*manager, "REQUIREMENT", how);
  if (!ids) return fail(ids.error());
  const auto policies = read_profiles(*manager, *ids, how);
  if (!policies) return fail(policies.error());
  auto read = read_profiles(*manager, components_to_read(*policies), how);
  if (!read) return fail(read.error());
  std::map<std::string, PolicyProfile> components;
  for (PolicyProfile& component : *read) components[component.id] = std::move(component);
  return encryption_policies_among(*policies, components);
}

Result<bool> PolicyService::has_policy(const std::string& name_or_id, const Call& how) {
  const auto manager = profile_manager(how);
  if (!manager) return fail(manager.error());
  const auto ids = ids_in(*manager, "REQUIREMENT", how);
  if (!ids) return fail(ids.error());
  if (std::find(ids->begin(), ids->end(), name_or_id) != ids->end()) return true;
  const auto policies = read_profiles(*manager, *ids, how);
  if (!policies) return fail(policies.error());
  return std::any_of(policies->begin(), policies->end(),
                     [&](const PolicyProfile& policy) { return policy.name == name_or_id; });
}

Result<std::map<MoRef, std::string>> PolicyService::policies_of(const std::vector<MoRef>& vms,
                                                                const Call& how) {
  std::map<MoRef, std::string> found;
  if (vms.empty()) return found;
  const auto manager = profile_manager(how);
  if (!manager) return fail(manager.error());
  // A VM that PBM does not know has a fault of its own in the answer. Where a server refuses the
  // whole call for it instead, it is looked for by halves.
  unsigned splits_left = kSplits;
  std::vector<std::vector<MoRef>> parts{vms};
  while (!parts.empty()) {
    const std::vector<MoRef> part = std::move(parts.back());
    parts.pop_back();
    const Status read = read_policies_of(*manager, part, found, how);
    if (read) continue;
    if (!is_unknown_object(read.error())) return fail(read.error());
    if (part.size() == 1 || splits_left == 0) continue;
    --splits_left;
    const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    parts.emplace_back(part.begin(), middle);
    parts.emplace_back(middle, part.end());
  }
  return found;
}

Status PolicyService::read_policies_of(const MoRef& manager, const std::vector<MoRef>& vms,
                                       std::map<MoRef, std::string>& found, const Call& how) {
  _pbm__PbmQueryAssociatedProfiles request;
  request._USCOREthis = to_soap(manager);
  std::map<std::string, MoRef> by_key;
  for (const MoRef& vm : vms) {
    auto& entity = request.entities.emplace_back();
    entity.objectType = kVirtualMachine;
    entity.key = vm.value;
    by_key.emplace(vm.value, vm);
  }
  const auto answer = call<_pbm__PbmQueryAssociatedProfilesResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  for (const auto& result : (*answer)->returnval) {
    const auto vm = by_key.find(result.object.key);
    if (vm == by_key.end() || result.object.objectType != kVirtualMachine) continue;
    if (result.fault || result.profileId.empty()) continue;
    found.emplace(vm->second, result.profileId.front().uniqueId);
  }
  return {};
}

Result<std::map<std::string, std::string>> PolicyService::policy_names(
    const std::vector<std::string>& ids, const Call& how) {
  std::map<std::string, std::string> names;
  if (ids.empty()) return names;
  const auto manager = profile_manager(how);
  if (!manager) return fail(manager.error());
  const auto profiles = read_profiles(*manager, ids, how);
  if (!profiles) return fail(profiles.error());
  for (const PolicyProfile& profile : *profiles) names[profile.id] = profile.name;
  return names;
}

std::optional<std::string> PolicyService::component_named(const MoRef& manager,
                                                          const std::string& name,
                                                          const Call& how) {
  const auto ids = ids_in(manager, "DATA_SERVICE_POLICY", how);
  if (!ids) return std::nullopt;
  const auto components = read_profiles(manager, *ids, how);
  if (!components) return std::nullopt;
  for (const PolicyProfile& component : *components)
    if (component.name == name && encrypts_as_component(component)) return component.id;
  return std::nullopt;
}

Result<StoragePolicy> PolicyService::create_encryption_policy(const std::string& name,
                                                              const Call& how) {
  const auto manager = profile_manager(how);
  if (!manager) return fail(manager.error());
  const auto create = [&](const PolicyToCreate& policy) -> Result<std::string> {
    Arena arena;
    _pbm__PbmCreate request;
    request._USCOREthis = to_soap(*manager);
    request.createSpec = policy_spec(policy, arena);
    const auto answer = call<_pbm__PbmCreateResponse>(caller_, request, how);
    if (!answer) return fail(answer.error());
    return (*answer)->returnval->uniqueId;
  };
  auto id = create(referring_policy(name, std::string(kDefaultEncryptionComponent)));
  if (!id && fault_type(id.error()) == "InvalidArgument") {
    const std::string component_name = name + " component";
    auto component = create(encryption_component(component_name));
    // An earlier try made it, or another one makes it just now.
    if (!component && (component.error().code == Errno{EEXIST} || component.error().maybe_done)) {
      if (auto found = component_named(*manager, component_name, how)) component = *found;
    }
    if (!component) return fail(component.error());
    id = create(referring_policy(name, *component));
  }
  if (!id) return fail(id.error());
  return StoragePolicy{std::move(*id), name, false};
}

}  // namespace vtpmfs::vsphere
