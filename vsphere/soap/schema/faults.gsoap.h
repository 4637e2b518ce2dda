// Faults. The schema has 694 fault types; what a program asks a fault is its type's name and a few
// fields. So there is one class with the fields of all the faults that we look into, in an order
// that is right for each of them, and the type's name is xsi__type ("vim25:NoPermission").
#import "base.gsoap.h"
#import "encryption.gsoap.h"

class vim25__NoPermissionEntityPrivileges : public xsd__anyType {
 public:
  vim25__ManagedObjectReference entity 1;
  std::vector<std::string> privilegeIds 0;
};

class vim25__MethodFault : public xsd__anyType {
 public:
  class vim25__LocalizedMethodFault *faultCause 0;
  std::vector<vim25__LocalizableMessage> faultMessage 0;
  std::optional<std::string> faultName 0;
  class vim25__LocalizedMethodFault *fault 0;
  std::optional<std::string> faultTypeId 0;
  std::vector<vim25__KeyValue> data 0;
  std::optional<std::string> argumentName 0;
  std::optional<std::string> argument 0;
  std::optional<vim25__ManagedObjectReference> receiver 0;
  std::optional<std::string> method 0;
  std::optional<std::string> source 0;
  std::optional<std::string> property 0;
  std::optional<int> limit 0;
  std::optional<vim25__ManagedObjectReference> obj 0;
  std::optional<std::string> containerType 0;
  std::optional<std::string> containerName 0;
  std::optional<std::string> type 0;
  std::optional<std::string> file 0;
  // NoDiskSpace, FileTooLarge: a name. InvalidDatastore: a reference, of which the id is read; who
  // writes one uses `name`.
  std::optional<std::string> datastore 0;
  std::optional<LONG64> fileSize 0;
  std::optional<LONG64> maxFileSize 0;
  std::optional<std::string> name 0;
  std::optional<std::string> pbm__name 0;
  std::optional<std::string> datastorePath 0;
  std::optional<std::string> detail 0;
  std::optional<std::string> datastoreName 0;
  std::optional<vim25__ManagedObjectReference> entity 0;
  std::optional<vim25__ManagedObjectReference> object 0;
  std::optional<std::string> privilegeId 0;
  std::vector<vim25__NoPermissionEntityPrivileges> missingPrivileges 0;
  std::optional<vim25__ManagedObjectReference> target 0;
  std::optional<vim25__ManagedObjectReference> task 0;
  std::optional<vim25__ManagedObjectReference> computeResource 0;
  std::optional<std::string> requestedState 0;
  std::optional<std::string> existingState 0;
  std::optional<std::string> key 0;
  std::vector<vim25__CryptoKeyId> requiredKey 0;
  std::optional<std::string> invalidProperty 0;
  std::optional<int> deviceIndex 0;
  std::optional<int> controllerKey 0;
  std::optional<std::string> badOp 0;
  std::optional<std::string> badFileOp 0;
  std::optional<std::string> currentVersion 0;
  std::optional<std::string> expectedVersion 0;
  std::optional<std::string> device 0;
  std::optional<std::string> backing 0;
  std::optional<bool> connected 0;
  // CannotAccessVmConfig.reason is itself a fault; the text of that one is not read.
  std::optional<std::string> reason 0;
  std::optional<std::string> text 0;
  std::optional<std::string> unsupportedGuestOS 0;
  std::optional<std::string> hostName 0;
  std::vector<vim25__ManagedObjectReference> host 0;
  std::vector<class vim25__LocalizedMethodFault *> error 0;
};

class vim25__LocalizedMethodFault : public xsd__anyType {
 public:
  vim25__MethodFault *fault 1;
  std::optional<std::string> localizedMessage 0;
};
