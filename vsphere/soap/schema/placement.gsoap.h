// What a restore looks up when it chooses a place: all VMs with one uuid, networks of NSX.
#import "base.gsoap.h"

class _vim25__FindAllByUuid {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__ManagedObjectReference> datacenter 0;
  std::string uuid 1;
  bool vmSearch 1;
  std::optional<bool> instanceUuid 0;
};
class _vim25__FindAllByUuidResponse {
 public:
  std::vector<vim25__ManagedObjectReference> returnval 0;
};

class vim25__NetworkSummary : public xsd__anyType {
 public:
  std::optional<vim25__ManagedObjectReference> network 0;
  std::string name 1;
  bool accessible 1;
  std::string ipPoolName 1;
  std::optional<int> ipPoolId 0;
};
class vim25__OpaqueNetworkSummary : public vim25__NetworkSummary {
 public:
  std::string opaqueNetworkId 1;
  std::string opaqueNetworkType 1;
};
