// Datastores and the files on them, and what we ask of a host.
#import "base.gsoap.h"
#import "encryption.gsoap.h"

class vim25__DatastoreSummary : public xsd__anyType {
 public:
  std::optional<vim25__ManagedObjectReference> datastore 0;
  std::string name 1;
  std::string url 1;
  LONG64 capacity 1;
  LONG64 freeSpace 1;
  std::optional<LONG64> uncommitted 0;
  bool accessible 1;
  std::optional<bool> multipleHostAccess 0;
  std::string type 1;
  std::optional<std::string> maintenanceMode 0;
};
// The server always sends a derived type; of those no field of their own is read.
class vim25__DatastoreInfo : public xsd__anyType {
 public:
  std::string name 1;
  std::string url 1;
  LONG64 freeSpace 1;
  LONG64 maxFileSize 1;
  std::optional<LONG64> maxVirtualDiskCapacity 0;
  LONG64 maxMemoryFileSize 1;
  std::optional<xsd__dateTime> timestamp 0;
  std::optional<std::string> containerId 0;
  std::optional<std::string> aliasOf 0;
};
class vim25__VmfsDatastoreInfo : public vim25__DatastoreInfo {
 public:
  LONG64 maxPhysicalRDMFileSize 1;
  LONG64 maxVirtualRDMFileSize 1;
};
class vim25__NasDatastoreInfo : public vim25__DatastoreInfo { public: };
class vim25__LocalDatastoreInfo : public vim25__DatastoreInfo {
 public:
  std::optional<std::string> path 0;
};
class vim25__VsanDatastoreInfo : public vim25__DatastoreInfo {
 public:
  std::optional<std::string> membershipUuid 0;
};
class vim25__VvolDatastoreInfo : public vim25__DatastoreInfo { public: };
class vim25__PMemDatastoreInfo : public vim25__DatastoreInfo { public: };
class vim25__DatastoreCapability : public xsd__anyType {
 public:
  bool directoryHierarchySupported 1;
  bool rawDiskMappingsSupported 1;
  bool perFileThinProvisioningSupported 1;
  bool storageIORMSupported 1;
  bool nativeSnapshotSupported 1;
  std::optional<bool> topLevelDirectoryCreateSupported 0;
  std::optional<bool> seSparseSupported 0;
};
class vim25__HostMountInfo : public xsd__anyType {
 public:
  std::optional<std::string> path 0;
  std::string accessMode 1;  // readWrite readOnly
  std::optional<bool> mounted 0;
  std::optional<bool> accessible 0;
  std::optional<std::string> inaccessibleReason 0;
};
class vim25__DatastoreHostMount : public xsd__anyType {
 public:
  vim25__ManagedObjectReference key 1;
  vim25__HostMountInfo mountInfo 1;
};
class vim25__ArrayOfDatastoreHostMount : public xsd__anyType {
 public:
  std::vector<vim25__DatastoreHostMount> DatastoreHostMount 0;
};

class vim25__FileQuery : public xsd__anyType { public: };
class vim25__VmNvramFileQuery : public vim25__FileQuery { public: };
class vim25__VmLogFileQuery : public vim25__FileQuery { public: };
class vim25__VmConfigFileQuery : public vim25__FileQuery { public: };
class vim25__VmDiskFileQuery : public vim25__FileQuery { public: };
class vim25__VmSnapshotFileQuery : public vim25__FileQuery { public: };
class vim25__FolderFileQuery : public vim25__FileQuery { public: };
class vim25__FileQueryFlags : public xsd__anyType {
 public:
  bool fileType 1;
  bool fileSize 1;
  bool modification 1;
  bool fileOwner 1;
};
class vim25__HostDatastoreBrowserSearchSpec : public xsd__anyType {
 public:
  std::vector<vim25__FileQuery *> query 0;
  std::optional<vim25__FileQueryFlags> details 0;
  std::optional<bool> searchCaseInsensitive 0;
  std::vector<std::string> matchPattern 0;
  std::optional<bool> sortFoldersFirst 0;
};
class vim25__FileInfo : public xsd__anyType {
 public:
  std::string path 1;
  std::optional<std::string> friendlyName 0;
  std::optional<LONG64> fileSize 0;
  std::optional<xsd__dateTime> modification 0;
  std::optional<std::string> owner 0;
};
class vim25__FolderFileInfo : public vim25__FileInfo { public: };
class vim25__VmNvramFileInfo : public vim25__FileInfo { public: };
class vim25__VmLogFileInfo : public vim25__FileInfo { public: };
class vim25__VmSnapshotFileInfo : public vim25__FileInfo { public: };
class vim25__VmConfigFileInfo : public vim25__FileInfo {
 public:
  std::optional<int> configVersion 0;
};
class vim25__TemplateConfigFileInfo : public vim25__VmConfigFileInfo { public: };
class vim25__VmDiskFileInfo : public vim25__FileInfo {
 public:
  std::optional<std::string> diskType 0;
  std::optional<LONG64> capacityKb 0;
  std::optional<int> hardwareVersion 0;
  std::optional<std::string> controllerType 0;
  std::vector<std::string> diskExtents 0;
  std::optional<bool> thin 0;
};
class vim25__HostDatastoreBrowserSearchResults : public xsd__anyType {
 public:
  std::optional<vim25__ManagedObjectReference> datastore 0;
  std::optional<std::string> folderPath 0;
  std::vector<vim25__FileInfo *> file 0;
};
class vim25__ArrayOfHostDatastoreBrowserSearchResults : public xsd__anyType {
 public:
  std::vector<vim25__HostDatastoreBrowserSearchResults> HostDatastoreBrowserSearchResults 0;
};

class _vim25__SearchDatastore_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string datastorePath 1;
  std::optional<vim25__HostDatastoreBrowserSearchSpec> searchSpec 0;
};
class _vim25__SearchDatastore_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__SearchDatastoreSubFolders_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string datastorePath 1;
  std::optional<vim25__HostDatastoreBrowserSearchSpec> searchSpec 0;
};
class _vim25__SearchDatastoreSubFolders_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__MakeDirectory {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string name 1;
  std::optional<vim25__ManagedObjectReference> datacenter 0;
  std::optional<bool> createParentDirectories 0;
};
class _vim25__MakeDirectoryResponse { public: };
class _vim25__DeleteDatastoreFile_USCORETask {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string name 1;
  std::optional<vim25__ManagedObjectReference> datacenter 0;
};
class _vim25__DeleteDatastoreFile_USCORETaskResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__CreateDirectory {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__ManagedObjectReference datastore 1;
  std::optional<std::string> displayName 0;
  std::optional<std::string> policy 0;
  std::optional<LONG64> size 0;
};
class _vim25__CreateDirectoryResponse { public: std::string *returnval 1; };

class vim25__HostSystemConnectionState : public xsd__string_ { public: };
class vim25__HostSystemPowerState : public xsd__string_ { public: };
class vim25__HostRuntimeInfo : public xsd__anyType {
 public:
  std::string connectionState 1;  // connected notResponding disconnected
  std::string powerState 1;
  std::optional<std::string> standbyMode 0;
  bool inMaintenanceMode 1;
  std::optional<bool> inQuarantineMode 0;
  std::optional<xsd__dateTime> bootTime 0;
  std::optional<std::string> cryptoState 0;  // incapable prepared safe pendingIncapable
  std::optional<vim25__CryptoKeyId> cryptoKeyId 0;
};
