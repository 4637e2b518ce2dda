// What CryptoManagerKmip can be asked.
#import "encryption.gsoap.h"
#import "faults.gsoap.h"

class vim25__CryptoKeyResult : public xsd__anyType {
 public:
  vim25__CryptoKeyId keyId 1;
  bool success 1;
  std::optional<std::string> reason 0;
  std::optional<vim25__LocalizedMethodFault> fault 0;
};

class _vim25__ListKmsClusters {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<bool> includeKmsServers 0;
  std::optional<int> managementTypeFilter 0;
  std::optional<int> statusFilter 0;
};
class _vim25__ListKmsClustersResponse {
 public:
  std::vector<vim25__KmipClusterInfo> returnval 0;
};

class _vim25__ListKmipServers {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<int> limit 0;
};
class _vim25__ListKmipServersResponse {
 public:
  std::vector<vim25__KmipClusterInfo> returnval 0;
};

class _vim25__IsKmsClusterActive {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__KeyProviderId> cluster 0;
};
class _vim25__IsKmsClusterActiveResponse { public: bool *returnval 1; };

class _vim25__GetDefaultKmsCluster {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__ManagedObjectReference> entity 0;
  std::optional<bool> defaultsToParent 0;
};
class _vim25__GetDefaultKmsClusterResponse {
 public:
  std::optional<vim25__KeyProviderId> returnval 0;
};

class _vim25__QueryCryptoKeyStatus {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<vim25__CryptoKeyId> keyIds 0;
  int checkKeyBitMap 1;
};
class _vim25__QueryCryptoKeyStatusResponse {
 public:
  std::vector<vim25__CryptoManagerKmipCryptoKeyStatus> returnval 0;
};

class _vim25__GenerateKey {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__KeyProviderId> keyProvider 0;
};
class _vim25__GenerateKeyResponse { public: vim25__CryptoKeyResult *returnval 1; };
