// PBM: the storage policy service. The core has looked at the session (SOAP header
// vcSessionCookie).
#include <algorithm>
#include <array>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/fault_message.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {
namespace {

const Ref service{"PbmServiceInstance", "ServiceInstance"};
constexpr std::string_view filter = "vmwarevmcrypt";

pbm__PbmProfileId profile_id(const std::string& id) {
  pbm__PbmProfileId made;
  made.uniqueId = id;
  return made;
}

pbm__PbmExtendedElementDescription description_of(const std::string& label) {
  pbm__PbmExtendedElementDescription made;
  made.label = label;
  made.summary = label;
  made.key = label;
  made.messageCatalogKeyPrefix = "com.vmware.storage";
  return made;
}

pbm__PbmCapabilityInstance capability_of(const Capability& capability, vsphere::Arena& arena) {
  pbm__PbmCapabilityPropertyInstance property;
  property.id = capability.property;
  property.value = arena.text(capability.value);
  pbm__PbmCapabilityConstraintInstance constraint;
  constraint.propertyInstance.push_back(std::move(property));
  pbm__PbmCapabilityInstance instance;
  instance.id.namespace_ = capability.name_space;
  instance.id.id = capability.id;
  instance.constraint.push_back(std::move(constraint));
  return instance;
}

pbm__PbmCapabilityProfile* profile_of(const StoragePolicy& policy, vsphere::Arena& arena) {
  constexpr const char* made = "2024-01-02T03:04:05.678Z";
  auto* profile = arena.make<pbm__PbmCapabilityProfile>();
  profile->profileId = profile_id(policy.id);
  profile->name = policy.name;
  if (!policy.description.empty()) profile->description = policy.description;
  profile->creationTime = made;
  profile->createdBy = "Temporary user handle";
  profile->lastUpdatedTime = made;
  profile->lastUpdatedBy = "Temporary user handle";
  profile->profileCategory = policy.category;
  profile->resourceType.resourceType = "STORAGE";
  auto* constraints = arena.make<pbm__PbmCapabilitySubProfileConstraints>();
  pbm__PbmCapabilitySubProfile rules;
  rules.name = "sp-1";
  for (const Capability& capability : policy.capabilities) {
    rules.capability.push_back(capability_of(capability, arena));
  }
  constraints->subProfiles.push_back(std::move(rules));
  profile->constraints = constraints;
  profile->generationId = 0;
  profile->isDefault = policy.is_default;
  if (!policy.line_of_service.empty()) profile->lineOfService = policy.line_of_service;
  return profile;
}

/// Capabilities in a request's constraints; InvalidArgument where there are none that PBM knows.
Outcome<std::vector<Capability>> read_constraints(
    const PolicyBook& policies, const pbm__PbmCapabilityConstraints* constraints) {
  constexpr std::string_view reference = "com.vmware.storageprofile.dataservice";
  const auto* rules = vsphere::value_as<pbm__PbmCapabilitySubProfileConstraints>(constraints);
  if (rules == nullptr) return refuse(invalid_argument("createSpec.constraints"));
  std::vector<Capability> capabilities;
  for (const auto& profile : rules->subProfiles) {
    for (const auto& instance : profile.capability) {
      Capability capability{instance.id.namespace_, instance.id.id, {}, {}};
      const bool dangling = capability.name_space == reference &&
                            capability.id != PolicyBook::encryption_component &&
                            policies.find(capability.id) == nullptr;
      if (dangling || instance.constraint.empty() ||
          instance.constraint.front().propertyInstance.empty()) {
        return refuse(invalid_argument("createSpec.constraints"));
      }
      const auto& property = instance.constraint.front().propertyInstance.front();
      const auto text = vsphere::text_of(property.value);
      if (!text) return refuse(invalid_argument("createSpec.constraints"));
      capability.property = property.id;
      capability.value = *text;
      capabilities.push_back(std::move(capability));
    }
  }
  if (capabilities.empty()) return refuse(invalid_argument("createSpec.constraints"));
  return capabilities;
}

Outcome<void> create_policy(World& world, Call& call, const _pbm__PbmCreate& request,
                            _pbm__PbmCreateResponse& response) {
  PolicyBook& policies = world.current_policies();
  const auto& spec = request.createSpec;
  if (spec.name.empty() || spec.name.size() > 80) {
    return refuse(invalid_argument("createSpec.name"));
  }
  if (spec.resourceType.resourceType != "STORAGE") {
    return refuse(invalid_argument("createSpec.resourceType"));
  }
  const std::string category = spec.category.value_or("REQUIREMENT");
  if (category != "REQUIREMENT" && category != "DATA_SERVICE_POLICY") {
    return refuse(invalid_argument("createSpec.category"));
  }
  if (policies.find_by_name(spec.name) != nullptr) {
    return refuse(fault_of("PbmDuplicateName", "A profile of that name exists already.")
                      .with("name", spec.name));
  }
  auto capabilities = read_constraints(policies, spec.constraints);
  if (!capabilities) return refuse(capabilities.error());
  StoragePolicy policy;
  policy.id = world.fresh_uuid();
  policy.name = spec.name;
  policy.description = spec.description.value_or("");
  policy.category = category;
  policy.capabilities = std::move(*capabilities);
  const std::string id = policy.id;
  const bool component =
      category == "DATA_SERVICE_POLICY" && policy.capabilities.front().name_space == filter;
  if (component) policy.line_of_service = "ENCRYPTION";
  policies.add(std::move(policy));
  if (policies.encrypts(id)) {
    if (auto may = call.require(world.root, "Cryptographer.ManageEncryptionPolicy"); !may) {
      policies.remove(id);
      return may;
    }
  }
  response.returnval = call.arena().keep(profile_id(id));
  return {};
}

Outcome<void> query_profiles(World& world, const _pbm__PbmQueryProfile& request,
                             _pbm__PbmQueryProfileResponse& response) {
  constexpr std::array<std::string_view, 3> categories = {"REQUIREMENT", "RESOURCE",
                                                          "DATA_SERVICE_POLICY"};
  if (request.resourceType.resourceType != "STORAGE") {
    return refuse(invalid_argument("resourceType"));
  }
  const auto& wanted = request.profileCategory;
  if (wanted && std::find(categories.begin(), categories.end(), *wanted) == categories.end()) {
    return refuse(invalid_argument("profileCategory"));
  }
  for (const StoragePolicy& policy : world.current_policies().all()) {
    if (!wanted || policy.category == *wanted) {
      response.returnval.push_back(profile_id(policy.id));
    }
  }
  return {};
}

Outcome<void> retrieve_content(World& world, Call& call, const _pbm__PbmRetrieveContent& request,
                               _pbm__PbmRetrieveContentResponse& response) {
  const PolicyBook& policies = world.current_policies();
  for (const auto& id : request.profileIds) {
    const StoragePolicy* policy = policies.find(id.uniqueId);
    // One unknown id spoils the whole call.
    if (policy == nullptr) return refuse(invalid_argument("profileIds"));
    response.returnval.push_back(profile_of(*policy, call.arena()));
  }
  return {};
}

void vendor_info(bool with_encryption, _pbm__PbmFetchVendorInfoResponse& response) {
  pbm__PbmCapabilityVendorResourceTypeInfo info;
  info.resourceType = "STORAGE";
  for (const std::string name : {"VSAN", "vmwarevmcrypt"}) {
    if (name == filter && !with_encryption) continue;
    pbm__PbmCapabilityVendorNamespaceInfo entry;
    entry.vendorInfo.vendorUuid = name == "VSAN" ? "VSAN" : "VMware";
    entry.vendorInfo.info = description_of(name);
    entry.namespaceInfo.version = "1.0";
    entry.namespaceInfo.namespace_ = name;
    info.vendorNamespaceInfo.push_back(std::move(entry));
  }
  response.returnval.push_back(std::move(info));
}

bool is_object_type(std::string_view type) {
  // PbmObjectType. Disks and datastores have no policies of their own here.
  constexpr std::array<std::string_view, 8> types = {
      "virtualMachine", "virtualMachineAndDisks", "virtualDiskId", "virtualDiskUUID",
      "datastore",      "vsanObjectId",           "fileShareId",   "unknown"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

Outcome<void> associated_profiles(World& world, const _pbm__PbmQueryAssociatedProfile& request,
                                  _pbm__PbmQueryAssociatedProfileResponse& response) {
  if (request.entity.objectType != "virtualMachine") return {};
  const auto* vm = world.inventory.get<VirtualMachine>({"VirtualMachine", request.entity.key});
  if (vm == nullptr) return refuse(invalid_argument("entity"));
  for (const std::string& id : vm->config.profiles) response.returnval.push_back(profile_id(id));
  return {};
}

/// As PBM documents it: a result for each entity, and a fault in the result of one that it cannot
/// answer for. The call as a whole fails for what is no reference of the schema.
Outcome<void> associated_profiles_of_each(World& world, Call& call,
                                          const _pbm__PbmQueryAssociatedProfiles& request,
                                          _pbm__PbmQueryAssociatedProfilesResponse& response) {
  if (request.entities.empty()) return refuse(invalid_argument("entities"));
  for (const auto& entity : request.entities) {
    if (!is_object_type(entity.objectType)) return refuse(invalid_argument("entities"));
    auto& result = response.returnval.emplace_back();
    result.object = entity;
    if (entity.objectType != "virtualMachine") continue;
    const Ref ref{"VirtualMachine", entity.key};
    if (const auto* vm = world.inventory.get<VirtualMachine>(ref)) {
      for (const std::string& id : vm->config.profiles) result.profileId.push_back(profile_id(id));
    } else {
      result.fault = localized(object_not_found(ref), call.arena());
    }
  }
  return {};
}

template <class Request, class Response, class Handler>
void register_policy(World& world, OperationTraits traits, Handler handler) {
  world.simulator.operations().on<Request, Response>(
      std::move(traits), [handler](Call& call, const Request& request, Response& response) {
        return Outcome<void>(handler(call, request, response));
      });
}

}  // namespace

void register_policy_operations(World& world) {
  const OperationTraits view{.receiver = "PbmProfileProfileManager",
                             .privilege = "StorageProfile.View"};
  const OperationTraits update{.receiver = "PbmProfileProfileManager",
                               .privilege = "StorageProfile.Update"};
  world.profile_manager = {"PbmProfileProfileManager", "ProfileManager"};
  world.inventory.add(std::make_shared<Singleton>(service));
  world.inventory.add(std::make_shared<Singleton>(world.profile_manager));
  register_policy<_pbm__PbmRetrieveServiceContent, _pbm__PbmRetrieveServiceContentResponse>(
      world, {.receiver = "PbmServiceInstance", .privilege = "System.Anonymous"},
      [&world](Call& call, const auto&, auto& response) -> Outcome<void> {
        auto* content = call.arena().make<pbm__PbmServiceInstanceContent>();
        content->aboutInfo.name = "PBM";
        content->aboutInfo.version = "2.0";
        content->aboutInfo.instanceUuid = "df09f335-be97-4f33-8c27-315faaaad6fc";
        content->sessionManager = vsphere::reference("PbmSessionManager", "SessionManager");
        content->capabilityMetadataManager =
            vsphere::reference("PbmCapabilityMetadataManager", "CapabilityMetadataManager");
        content->profileManager = wire(world.profile_manager);
        content->complianceManager =
            vsphere::reference("PbmComplianceManager", "complianceManager");
        content->placementSolver = vsphere::reference("PbmPlacementSolver", "placementSolver");
        response.returnval = content;
        return {};
      });
  register_policy<_pbm__PbmQueryProfile, _pbm__PbmQueryProfileResponse>(
      world, view, [&world](Call&, const auto& request, auto& response) {
        return query_profiles(world, request, response);
      });
  register_policy<_pbm__PbmRetrieveContent, _pbm__PbmRetrieveContentResponse>(
      world, view, [&world](Call& call, const auto& request, auto& response) {
        return retrieve_content(world, call, request, response);
      });
  register_policy<_pbm__PbmFetchVendorInfo, _pbm__PbmFetchVendorInfoResponse>(
      world, view, [&world](Call& call, const auto& request, auto& response) -> Outcome<void> {
        if (world.switches.is("pbm-fetch-vendor-info", "missing")) {
          return refuse(method_not_found(ref_of(request._USCOREthis), call.operation()));
        }
        vendor_info(world.switches.is("pbm-fetch-vendor-info", "present"), response);
        return {};
      });
  register_policy<_pbm__PbmCreate, _pbm__PbmCreateResponse>(
      world, update, [&world](Call& call, const auto& request, auto& response) {
        return create_policy(world, call, request, response);
      });
  register_policy<_pbm__PbmQueryAssociatedProfile, _pbm__PbmQueryAssociatedProfileResponse>(
      world, view, [&world](Call&, const auto& request, auto& response) {
        return associated_profiles(world, request, response);
      });
  register_policy<_pbm__PbmQueryAssociatedProfiles, _pbm__PbmQueryAssociatedProfilesResponse>(
      world, view, [&world](Call& call, const auto& request, auto& response) {
        return associated_profiles_of_each(world, call, request, response);
      });
}

}  // namespace vtpmfs::simulator
