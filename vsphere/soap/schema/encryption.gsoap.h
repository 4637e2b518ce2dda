// Keys, key providers, what is done with a key, and CryptoManagerKmip's operations.
#import "base.gsoap.h"

class vim25__KeyProviderId : public xsd__anyType { public: std::string id 1; };
class vim25__CryptoKeyId : public xsd__anyType {
 public:
  std::string keyId 1;
  std::optional<vim25__KeyProviderId> providerId 0;
};
class vim25__ArrayOfCryptoKeyId : public xsd__anyType {
 public:
  std::vector<vim25__CryptoKeyId> CryptoKeyId 0;
};

class vim25__CryptoSpec : public xsd__anyType { public: };
class vim25__CryptoSpecNoOp : public vim25__CryptoSpec { public: };
class vim25__CryptoSpecRegister : public vim25__CryptoSpecNoOp {
 public:
  vim25__CryptoKeyId cryptoKeyId 1;
};
class vim25__CryptoSpecEncrypt : public vim25__CryptoSpec {
 public:
  vim25__CryptoKeyId cryptoKeyId 1;
};
class vim25__CryptoSpecDecrypt : public vim25__CryptoSpec { public: };
class vim25__CryptoSpecDeepRecrypt : public vim25__CryptoSpec {
 public:
  vim25__CryptoKeyId newKeyId 1;
};
class vim25__CryptoSpecShallowRecrypt : public vim25__CryptoSpec {
 public:
  vim25__CryptoKeyId newKeyId 1;
};

class vim25__KmipServerInfo : public xsd__anyType {
 public:
  std::string name 1;
  std::string address 1;
  int port 1;
  std::optional<std::string> proxyAddress 0;
  std::optional<int> proxyPort 0;
  std::optional<int> reconnect 0;
  std::optional<std::string> protocol 0;
  std::optional<int> nbio 0;
  std::optional<int> timeout 0;
  std::optional<std::string> userName 0;
};
class vim25__KmipClusterInfo : public xsd__anyType {
 public:
  vim25__KeyProviderId clusterId 1;
  std::vector<vim25__KmipServerInfo> servers 0;
  bool useAsDefault 1;
  std::optional<std::string> managementType 0;
  std::vector<vim25__ManagedObjectReference> useAsEntityDefault 0;
  std::optional<bool> hasBackup 0;
  std::optional<bool> tpmRequired 0;
  std::optional<std::string> keyId 0;
};
class vim25__ArrayOfKmipClusterInfo : public xsd__anyType {
 public:
  std::vector<vim25__KmipClusterInfo> KmipClusterInfo 0;
};
class vim25__CryptoManagerKmipCryptoKeyStatus : public xsd__anyType {
 public:
  vim25__CryptoKeyId keyId 1;
  std::optional<bool> keyAvailable 0;
  std::optional<std::string> reason 0;
  std::vector<vim25__ManagedObjectReference> encryptedVMs 0;
  std::vector<vim25__ManagedObjectReference> affectedHosts 0;
  std::vector<std::string> referencedByTags 0;
};
