// Operations on folders and virtual machines, and looking things up.
#import "vm_config.gsoap.h"
#import "vm_state.gsoap.h"

class _vim25__CreateFolder {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string name 1;
};
class _vim25__CreateFolderResponse { public: vim25__ManagedObjectReference *returnval 1; };

class _vim25__CreateVM_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__VirtualMachineConfigSpec config 1;
  vim25__ManagedObjectReference pool 1;
  std::optional<vim25__ManagedObjectReference> host 0;
};
class _vim25__CreateVM_USCORETaskResponse { public: vim25__ManagedObjectReference *returnval 1; };

class _vim25__ReconfigVM_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__VirtualMachineConfigSpec spec 1;
};
class _vim25__ReconfigVM_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};

class _vim25__RegisterVM_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string path 1;
  std::optional<std::string> name 0;
  bool asTemplate 1;
  std::optional<vim25__ManagedObjectReference> pool 0;
  std::optional<vim25__ManagedObjectReference> host 0;
};
class _vim25__RegisterVM_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__UnregisterVM { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__UnregisterVMResponse { public: };

class _vim25__Destroy_USCORETask { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__Destroy_USCORETaskResponse { public: vim25__ManagedObjectReference *returnval 1; };

class _vim25__Rename_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string newName 1;
};
class _vim25__Rename_USCORETaskResponse { public: vim25__ManagedObjectReference *returnval 1; };

class _vim25__MoveIntoFolder_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<vim25__ManagedObjectReference> list 1;
};
class _vim25__MoveIntoFolder_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};

class _vim25__PowerOnVM_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__ManagedObjectReference> host 0;
};
class _vim25__PowerOnVM_USCORETaskResponse { public: vim25__ManagedObjectReference *returnval 1; };
class _vim25__PowerOffVM_USCORETask { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__PowerOffVM_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__CryptoUnlock_USCORETask { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__CryptoUnlock_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__MarkAsTemplate { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__MarkAsTemplateResponse { public: };
class _vim25__RefreshStorageInfo { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__RefreshStorageInfoResponse { public: };

class _vim25__FindByInventoryPath {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string inventoryPath 1;
};
class _vim25__FindByInventoryPathResponse {
 public:
  std::optional<vim25__ManagedObjectReference> returnval 0;
};
class _vim25__FindByUuid {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__ManagedObjectReference> datacenter 0;
  std::string uuid 1;
  bool vmSearch 1;
  std::optional<bool> instanceUuid 0;
};
class _vim25__FindByUuidResponse {
 public:
  std::optional<vim25__ManagedObjectReference> returnval 0;
};
class _vim25__FindByDatastorePath {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__ManagedObjectReference datacenter 1;
  std::string path 1;
};
class _vim25__FindByDatastorePathResponse {
 public:
  std::optional<vim25__ManagedObjectReference> returnval 0;
};
class _vim25__FindChild {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__ManagedObjectReference entity 1;
  std::string name 1;
};
class _vim25__FindChildResponse {
 public:
  std::optional<vim25__ManagedObjectReference> returnval 0;
};
