// Views, the PropertyCollector and tasks.
#import "base.gsoap.h"
#import "faults.gsoap.h"

class _vim25__CreateContainerView {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__ManagedObjectReference container 1;
  std::vector<std::string> type 0;
  bool recursive 1;
};
class _vim25__CreateContainerViewResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__CreateListView {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<vim25__ManagedObjectReference> obj 0;
};
class _vim25__CreateListViewResponse { public: vim25__ManagedObjectReference *returnval 1; };
class _vim25__DestroyView { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__DestroyViewResponse { public: };

class vim25__SelectionSpec : public xsd__anyType {
 public:
  std::optional<std::string> name 0;
};
class vim25__TraversalSpec : public vim25__SelectionSpec {
 public:
  std::string type 1;
  std::string path 1;
  std::optional<bool> skip 0;
  std::vector<vim25__SelectionSpec *> selectSet 0;
};
class vim25__PropertySpec : public xsd__anyType {
 public:
  std::string type 1;
  std::optional<bool> all 0;
  std::vector<std::string> pathSet 0;
};
class vim25__ObjectSpec : public xsd__anyType {
 public:
  vim25__ManagedObjectReference obj 1;
  std::optional<bool> skip 0;
  std::vector<vim25__SelectionSpec *> selectSet 0;
};
class vim25__PropertyFilterSpec : public xsd__anyType {
 public:
  std::vector<vim25__PropertySpec> propSet 1;
  std::vector<vim25__ObjectSpec> objectSet 1;
  std::optional<bool> reportMissingObjectsInResults 0;
};
class vim25__RetrieveOptions : public xsd__anyType { public: std::optional<int> maxObjects 0; };

class vim25__DynamicProperty : public xsd__anyType {
 public:
  std::string name 1;
  xsd__anyType *val 1;
};
class vim25__MissingProperty : public xsd__anyType {
 public:
  std::string path 1;
  vim25__LocalizedMethodFault fault 1;
};
class vim25__ObjectContent : public xsd__anyType {
 public:
  vim25__ManagedObjectReference obj 1;
  std::vector<vim25__DynamicProperty> propSet 0;
  std::vector<vim25__MissingProperty> missingSet 0;
};
class vim25__RetrieveResult : public xsd__anyType {
 public:
  std::optional<std::string> token 0;
  std::vector<vim25__ObjectContent> objects 1;
};

class _vim25__RetrievePropertiesEx {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<vim25__PropertyFilterSpec> specSet 1;
  vim25__RetrieveOptions options 1;
};
class _vim25__RetrievePropertiesExResponse {
 public:
  std::optional<vim25__RetrieveResult> returnval 0;
};
class _vim25__ContinueRetrievePropertiesEx {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string token 1;
};
class _vim25__ContinueRetrievePropertiesExResponse {
 public:
  vim25__RetrieveResult *returnval 1;
};
class _vim25__CancelRetrievePropertiesEx {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string token 1;
};
class _vim25__CancelRetrievePropertiesExResponse { public: };

class _vim25__CreatePropertyCollector { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__CreatePropertyCollectorResponse {
 public:
  vim25__ManagedObjectReference *returnval 1;
};
class _vim25__DestroyPropertyCollector { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__DestroyPropertyCollectorResponse { public: };
class _vim25__CreateFilter {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__PropertyFilterSpec spec 1;
  bool partialUpdates 1;
};
class _vim25__CreateFilterResponse { public: vim25__ManagedObjectReference *returnval 1; };
class _vim25__DestroyPropertyFilter { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__DestroyPropertyFilterResponse { public: };

class vim25__WaitOptions : public xsd__anyType {
 public:
  std::optional<int> maxWaitSeconds 0;
  std::optional<int> maxObjectUpdates 0;
};
class vim25__PropertyChange : public xsd__anyType {
 public:
  std::string name 1;
  std::string op 1;  // add remove assign indirectRemove
  xsd__anyType *val 0;
};
class vim25__MissingObject : public xsd__anyType {
 public:
  vim25__ManagedObjectReference obj 1;
  vim25__LocalizedMethodFault fault 1;
};
class vim25__ObjectUpdate : public xsd__anyType {
 public:
  std::string kind 1;  // modify enter leave
  vim25__ManagedObjectReference obj 1;
  std::vector<vim25__PropertyChange> changeSet 0;
  std::vector<vim25__MissingProperty> missingSet 0;
};
class vim25__PropertyFilterUpdate : public xsd__anyType {
 public:
  vim25__ManagedObjectReference filter 1;
  std::vector<vim25__ObjectUpdate> objectSet 0;
  std::vector<vim25__MissingObject> missingSet 0;
};
class vim25__UpdateSet : public xsd__anyType {
 public:
  std::string version 1;
  std::vector<vim25__PropertyFilterUpdate> filterSet 0;
  std::optional<bool> truncated 0;
};
class _vim25__WaitForUpdatesEx {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<std::string> version 0;
  std::optional<vim25__WaitOptions> options 0;
};
class _vim25__WaitForUpdatesExResponse {
 public:
  std::optional<vim25__UpdateSet> returnval 0;
};
class _vim25__CancelWaitForUpdates { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__CancelWaitForUpdatesResponse { public: };

class vim25__TaskReason : public xsd__anyType { public: };
class vim25__TaskReasonUser : public vim25__TaskReason { public: std::string userName 1; };
class vim25__TaskReasonSystem : public vim25__TaskReason { public: };
class vim25__TaskReasonAlarm : public vim25__TaskReason {
 public:
  std::string alarmName 1;
  vim25__ManagedObjectReference alarm 1;
  std::string entityName 1;
  vim25__ManagedObjectReference entity 1;
};
class vim25__TaskReasonSchedule : public vim25__TaskReason {
 public:
  std::string name 1;
  vim25__ManagedObjectReference scheduledTask 1;
};
class vim25__TaskInfoState : public xsd__string_ { public: };
class vim25__TaskInfo : public xsd__anyType {
 public:
  std::string key 1;
  vim25__ManagedObjectReference task 1;
  std::optional<vim25__LocalizableMessage> description 0;
  std::optional<std::string> name 0;
  std::string descriptionId 1;
  std::optional<vim25__ManagedObjectReference> entity 0;
  std::optional<std::string> entityName 0;
  std::vector<vim25__ManagedObjectReference> locked 0;
  std::string state 1;  // queued running success error
  bool cancelled 1;
  bool cancelable 1;
  std::optional<vim25__LocalizedMethodFault> error 0;
  xsd__anyType *result 0;
  std::optional<int> progress 0;
  std::vector<vim25__KeyAnyValue> progressDetails 0;
  vim25__TaskReason *reason 1;
  xsd__dateTime queueTime 1;
  std::optional<xsd__dateTime> startTime 0;
  std::optional<xsd__dateTime> completeTime 0;
  int eventChainId 1;
  std::optional<std::string> changeTag 0;
  std::optional<std::string> parentTaskKey 0;
  std::optional<std::string> rootTaskKey 0;
  std::optional<std::string> activationId 0;
};
class vim25__ArrayOfTaskInfo : public xsd__anyType {
 public:
  std::vector<vim25__TaskInfo> TaskInfo 0;
};
class _vim25__CancelTask { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__CancelTaskResponse { public: };
