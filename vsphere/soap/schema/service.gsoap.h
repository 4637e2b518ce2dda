// ServiceInstance, SessionManager, AuthorizationManager.
#import "base.gsoap.h"

class vim25__AboutInfo : public xsd__anyType {
 public:
  std::string name 1;
  std::string fullName 1;
  std::string vendor 1;
  std::string version 1;
  std::optional<std::string> patchLevel 0;
  std::string build 1;
  std::optional<std::string> localeVersion 0;
  std::optional<std::string> localeBuild 0;
  std::string osType 1;
  std::string productLineId 1;
  std::string apiType 1;
  std::string apiVersion 1;
  std::optional<std::string> instanceUuid 0;
  std::optional<std::string> licenseProductName 0;
  std::optional<std::string> licenseProductVersion 0;
};
class vim25__ServiceContent : public xsd__anyType {
 public:
  vim25__ManagedObjectReference rootFolder 1;
  vim25__ManagedObjectReference propertyCollector 1;
  std::optional<vim25__ManagedObjectReference> viewManager 0;
  vim25__AboutInfo about 1;
  std::optional<vim25__ManagedObjectReference> setting 0;
  std::optional<vim25__ManagedObjectReference> sessionManager 0;
  std::optional<vim25__ManagedObjectReference> authorizationManager 0;
  std::optional<vim25__ManagedObjectReference> taskManager 0;
  std::optional<vim25__ManagedObjectReference> searchIndex 0;
  std::optional<vim25__ManagedObjectReference> fileManager 0;
  std::optional<vim25__ManagedObjectReference> datastoreNamespaceManager 0;
  std::optional<vim25__ManagedObjectReference> cryptoManager 0;
};
class vim25__UserSession : public xsd__anyType {
 public:
  std::string key 1;
  std::string userName 1;
  std::string fullName 1;
  xsd__dateTime loginTime 1;
  xsd__dateTime lastActiveTime 1;
  std::string locale 1;
  std::string messageLocale 1;
  bool extensionSession 1;
  std::string ipAddress 1;
  std::string userAgent 1;
  LONG64 callCount 1;
};
class vim25__ArrayOfUserSession : public xsd__anyType {
 public:
  std::vector<vim25__UserSession> UserSession 0;
};

class _vim25__RetrieveServiceContent { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__RetrieveServiceContentResponse { public: vim25__ServiceContent *returnval 1; };

class _vim25__CurrentTime { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__CurrentTimeResponse { public: xsd__dateTime *returnval 1; };

class _vim25__Login {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string userName 1;
  std::string password 1;
  std::optional<std::string> locale 0;
};
class _vim25__LoginResponse { public: vim25__UserSession *returnval 1; };

class _vim25__Logout { public: vim25__ManagedObjectReference _USCOREthis 1; };
class _vim25__LogoutResponse { public: };

class _vim25__SessionIsActive {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::string sessionID 1;
  std::string userName 1;
};
class _vim25__SessionIsActiveResponse { public: bool *returnval 1; };

class vim25__SessionManagerServiceRequestSpec : public xsd__anyType { public: };
class vim25__SessionManagerHttpServiceRequestSpec
    : public vim25__SessionManagerServiceRequestSpec {
 public:
  std::optional<std::string> method 0;
  std::string url 1;
};
class vim25__VirtualMachineCertThumbprint : public xsd__anyType {
 public:
  std::string thumbprint 1;
  std::optional<std::string> hashAlgorithm 0;
};
class vim25__SessionManagerGenericServiceTicket : public xsd__anyType {
 public:
  std::string id 1;
  std::optional<std::string> hostName 0;
  std::optional<std::string> sslThumbprint 0;
  std::vector<vim25__VirtualMachineCertThumbprint> certThumbprintList 0;
  std::optional<std::string> ticketType 0;
};
class _vim25__AcquireGenericServiceTicket {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  vim25__SessionManagerServiceRequestSpec *spec 1;
};
class _vim25__AcquireGenericServiceTicketResponse {
 public:
  vim25__SessionManagerGenericServiceTicket *returnval 1;
};

class vim25__PrivilegeAvailability : public xsd__anyType {
 public:
  std::string privId 1;
  bool isGranted 1;
};
class vim25__EntityPrivilege : public xsd__anyType {
 public:
  vim25__ManagedObjectReference entity 1;
  std::vector<vim25__PrivilegeAvailability> privAvailability 1;
};
class _vim25__HasPrivilegeOnEntities {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<vim25__ManagedObjectReference> entity 1;
  std::string sessionId 1;
  std::vector<std::string> privId 0;
};
class _vim25__HasPrivilegeOnEntitiesResponse {
 public:
  std::vector<vim25__EntityPrivilege> returnval 0;
};
class vim25__UserPrivilegeResult : public xsd__anyType {
 public:
  vim25__ManagedObjectReference entity 1;
  std::vector<std::string> privileges 0;
};
class _vim25__FetchUserPrivilegeOnEntities {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::vector<vim25__ManagedObjectReference> entities 1;
  std::string userName 1;
};
class _vim25__FetchUserPrivilegeOnEntitiesResponse {
 public:
  std::vector<vim25__UserPrivilegeResult> returnval 0;
};
