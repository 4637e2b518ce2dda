// Storage policies: the subset of urn:pbm. References, faults and key/value pairs are vim25's.
#import "base.gsoap.h"

class pbm__PbmAboutInfo : public xsd__anyType {
 public:
  std::string name 1;
  std::string version 1;
  std::string instanceUuid 1;
};
class pbm__PbmServiceInstanceContent : public xsd__anyType {
 public:
  pbm__PbmAboutInfo aboutInfo 1;
  vim25__ManagedObjectReference sessionManager 1;
  vim25__ManagedObjectReference capabilityMetadataManager 1;
  vim25__ManagedObjectReference profileManager 1;
  vim25__ManagedObjectReference complianceManager 1;
  vim25__ManagedObjectReference placementSolver 1;
  std::optional<vim25__ManagedObjectReference> replicationManager 0;
};
class pbm__PbmProfileId : public xsd__anyType {
 public:
  std::string uniqueId 1;
};
class pbm__PbmProfileResourceType : public xsd__anyType {
 public:
  std::string resourceType 1;
};
class pbm__PbmCapabilityMetadataUniqueId : public xsd__anyType {
 public:
  std::string namespace_ 1;
  std::string id 1;
};
class pbm__PbmCapabilityPropertyInstance : public xsd__anyType {
 public:
  std::string id 1;
  std::optional<std::string> operator_ 0;
  xsd__anyType* value 1;
};
class pbm__PbmCapabilityConstraintInstance : public xsd__anyType {
 public:
  std::vector<pbm__PbmCapabilityPropertyInstance> propertyInstance 1;
};
class pbm__PbmCapabilityInstance : public xsd__anyType {
 public:
  pbm__PbmCapabilityMetadataUniqueId id 1;
  std::vector<pbm__PbmCapabilityConstraintInstance> constraint 1;
};
class pbm__PbmCapabilitySubProfile : public xsd__anyType {
 public:
  std::string name 1;
  std::vector<pbm__PbmCapabilityInstance> capability 1;
  std::optional<bool> forceProvision 0;
};
class pbm__PbmCapabilityConstraints : public xsd__anyType {
 public:
};
class pbm__PbmCapabilitySubProfileConstraints : public pbm__PbmCapabilityConstraints {
 public:
  std::vector<pbm__PbmCapabilitySubProfile> subProfiles 1;
};
class pbm__PbmProfile : public xsd__anyType {
 public:
  pbm__PbmProfileId profileId 1;
  std::string name 1;
  std::optional<std::string> description 0;
  xsd__dateTime creationTime 1;
  std::string createdBy 1;
  xsd__dateTime lastUpdatedTime 1;
  std::string lastUpdatedBy 1;
};
class pbm__PbmCapabilityProfile : public pbm__PbmProfile {
 public:
  std::string profileCategory 1;
  pbm__PbmProfileResourceType resourceType 1;
  pbm__PbmCapabilityConstraints* constraints 1;
  std::optional<LONG64> generationId 0;
  bool isDefault 1;
  std::optional<std::string> systemCreatedProfileType 0;
  std::optional<std::string> lineOfService 0;
};
class pbm__PbmCapabilityProfileCreateSpec : public xsd__anyType {
 public:
  std::string name 1;
  std::optional<std::string> description 0;
  std::optional<std::string> category 0;
  pbm__PbmProfileResourceType resourceType 1;
  pbm__PbmCapabilityConstraints* constraints 1;
};
class pbm__PbmExtendedElementDescription : public xsd__anyType {
 public:
  std::string label 1;
  std::string summary 1;
  std::string key 1;
  std::string messageCatalogKeyPrefix 1;
  std::vector<vim25__KeyAnyValue> messageArg 0;
};
class pbm__PbmCapabilitySchemaVendorInfo : public xsd__anyType {
 public:
  std::string vendorUuid 1;
  pbm__PbmExtendedElementDescription info 1;
};
class pbm__PbmCapabilityNamespaceInfo : public xsd__anyType {
 public:
  std::string version 1;
  std::string namespace_ 1;
  std::optional<pbm__PbmExtendedElementDescription> info 0;
};
class pbm__PbmCapabilityVendorNamespaceInfo : public xsd__anyType {
 public:
  pbm__PbmCapabilitySchemaVendorInfo vendorInfo 1;
  pbm__PbmCapabilityNamespaceInfo namespaceInfo 1;
};
class pbm__PbmCapabilityVendorResourceTypeInfo : public xsd__anyType {
 public:
  std::string resourceType 1;
  std::vector<pbm__PbmCapabilityVendorNamespaceInfo> vendorNamespaceInfo 1;
};
class pbm__PbmCapabilityTypeInfo : public xsd__anyType {
 public:
  std::string typeName 1;
};
class pbm__PbmCapabilityPropertyMetadata : public xsd__anyType {
 public:
  std::string id 1;
  pbm__PbmExtendedElementDescription summary 1;
  bool mandatory 1;
  pbm__PbmCapabilityTypeInfo* type 0;
  xsd__anyType* defaultValue 0;
  xsd__anyType* allowedValue 0;
  std::optional<std::string> requirementsTypeHint 0;
};
class pbm__PbmCapabilityMetadata : public xsd__anyType {
 public:
  pbm__PbmCapabilityMetadataUniqueId id 1;
  pbm__PbmExtendedElementDescription summary 1;
  std::optional<bool> mandatory 0;
  std::optional<bool> hint 0;
  std::optional<std::string> keyId 0;
  std::optional<bool> allowMultipleConstraints 0;
  std::vector<pbm__PbmCapabilityPropertyMetadata> propertyMetadata 1;
};
class pbm__PbmCapabilityMetadataPerCategory : public xsd__anyType {
 public:
  std::string subCategory 1;
  std::vector<pbm__PbmCapabilityMetadata> capabilityMetadata 1;
};
class pbm__PbmServerObjectRef : public xsd__anyType {
 public:
  std::string objectType 1;
  std::string key 1;
  std::optional<std::string> serverUuid 0;
};

class _pbm__PbmRetrieveServiceContent {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
};
class _pbm__PbmRetrieveServiceContentResponse {
 public:
  pbm__PbmServiceInstanceContent* returnval 1;
};
class _pbm__PbmQueryProfile {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  pbm__PbmProfileResourceType resourceType 1;
  std::optional<std::string> profileCategory 0;
};
class _pbm__PbmQueryProfileResponse {
 public:
  std::vector<pbm__PbmProfileId> returnval 0;
};
class _pbm__PbmRetrieveContent {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<pbm__PbmProfileId> profileIds 1;
};
class _pbm__PbmRetrieveContentResponse {
 public:
  std::vector<pbm__PbmProfile*> returnval 1;
};
class _pbm__PbmFetchVendorInfo {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<pbm__PbmProfileResourceType> resourceType 0;
};
class _pbm__PbmFetchVendorInfoResponse {
 public:
  std::vector<pbm__PbmCapabilityVendorResourceTypeInfo> returnval 0;
};
class _pbm__PbmFetchCapabilityMetadata {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<pbm__PbmProfileResourceType> resourceType 0;
  std::optional<std::string> vendorUuid 0;
};
class _pbm__PbmFetchCapabilityMetadataResponse {
 public:
  std::vector<pbm__PbmCapabilityMetadataPerCategory> returnval 0;
};
class _pbm__PbmCreate {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  pbm__PbmCapabilityProfileCreateSpec createSpec 1;
};
class _pbm__PbmCreateResponse {
 public:
  pbm__PbmProfileId* returnval 1;
};
class _pbm__PbmQueryAssociatedProfile {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  pbm__PbmServerObjectRef entity 1;
};
class _pbm__PbmQueryAssociatedProfileResponse {
 public:
  std::vector<pbm__PbmProfileId> returnval 0;
};
class pbm__PbmQueryProfileResult : public xsd__anyType {
 public:
  pbm__PbmServerObjectRef object 1;
  std::vector<pbm__PbmProfileId> profileId 0;
  std::optional<vim25__LocalizedMethodFault> fault 0;
};
class _pbm__PbmQueryAssociatedProfiles {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<pbm__PbmServerObjectRef> entities 1;
};
class _pbm__PbmQueryAssociatedProfilesResponse {
 public:
  std::vector<pbm__PbmQueryProfileResult> returnval 0;
};
