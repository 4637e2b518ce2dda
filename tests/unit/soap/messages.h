// All messages of the schema, for tests that go through every one.
#pragma once

#include <string>
#include <tuple>

#include "soapStub.h"
#include "vsphere/soap/type_name.h"

namespace vtpmfs::vsphere::test {

// clang-format off
using AllMessages = std::tuple<
    _vim25__RetrieveServiceContent,
    _vim25__RetrieveServiceContentResponse,
    _vim25__CurrentTime,
    _vim25__CurrentTimeResponse,
    _vim25__Login,
    _vim25__LoginResponse,
    _vim25__Logout,
    _vim25__LogoutResponse,
    _vim25__SessionIsActive,
    _vim25__SessionIsActiveResponse,
    _vim25__AcquireGenericServiceTicket,
    _vim25__AcquireGenericServiceTicketResponse,
    _vim25__HasPrivilegeOnEntities,
    _vim25__HasPrivilegeOnEntitiesResponse,
    _vim25__FetchUserPrivilegeOnEntities,
    _vim25__FetchUserPrivilegeOnEntitiesResponse,
    _vim25__CreateContainerView,
    _vim25__CreateContainerViewResponse,
    _vim25__CreateListView,
    _vim25__CreateListViewResponse,
    _vim25__DestroyView,
    _vim25__DestroyViewResponse,
    _vim25__RetrievePropertiesEx,
    _vim25__RetrievePropertiesExResponse,
    _vim25__ContinueRetrievePropertiesEx,
    _vim25__ContinueRetrievePropertiesExResponse,
    _vim25__CancelRetrievePropertiesEx,
    _vim25__CancelRetrievePropertiesExResponse,
    _vim25__CreatePropertyCollector,
    _vim25__CreatePropertyCollectorResponse,
    _vim25__DestroyPropertyCollector,
    _vim25__DestroyPropertyCollectorResponse,
    _vim25__CreateFilter,
    _vim25__CreateFilterResponse,
    _vim25__DestroyPropertyFilter,
    _vim25__DestroyPropertyFilterResponse,
    _vim25__WaitForUpdatesEx,
    _vim25__WaitForUpdatesExResponse,
    _vim25__CancelWaitForUpdates,
    _vim25__CancelWaitForUpdatesResponse,
    _vim25__CancelTask,
    _vim25__CancelTaskResponse,
    _vim25__CreateFolder,
    _vim25__CreateFolderResponse,
    _vim25__CreateVM_USCORETask,
    _vim25__CreateVM_USCORETaskResponse,
    _vim25__ReconfigVM_USCORETask,
    _vim25__ReconfigVM_USCORETaskResponse,
    _vim25__RegisterVM_USCORETask,
    _vim25__RegisterVM_USCORETaskResponse,
    _vim25__UnregisterVM,
    _vim25__UnregisterVMResponse,
    _vim25__Destroy_USCORETask,
    _vim25__Destroy_USCORETaskResponse,
    _vim25__Rename_USCORETask,
    _vim25__Rename_USCORETaskResponse,
    _vim25__MoveIntoFolder_USCORETask,
    _vim25__MoveIntoFolder_USCORETaskResponse,
    _vim25__PowerOnVM_USCORETask,
    _vim25__PowerOnVM_USCORETaskResponse,
    _vim25__PowerOffVM_USCORETask,
    _vim25__PowerOffVM_USCORETaskResponse,
    _vim25__CryptoUnlock_USCORETask,
    _vim25__CryptoUnlock_USCORETaskResponse,
    _vim25__MarkAsTemplate,
    _vim25__MarkAsTemplateResponse,
    _vim25__RefreshStorageInfo,
    _vim25__RefreshStorageInfoResponse,
    _vim25__FindByInventoryPath,
    _vim25__FindByInventoryPathResponse,
    _vim25__FindByUuid,
    _vim25__FindByUuidResponse,
    _vim25__FindByDatastorePath,
    _vim25__FindByDatastorePathResponse,
    _vim25__FindChild,
    _vim25__FindChildResponse,
    _vim25__SearchDatastore_USCORETask,
    _vim25__SearchDatastore_USCORETaskResponse,
    _vim25__SearchDatastoreSubFolders_USCORETask,
    _vim25__SearchDatastoreSubFolders_USCORETaskResponse,
    _vim25__MakeDirectory,
    _vim25__MakeDirectoryResponse,
    _vim25__DeleteDatastoreFile_USCORETask,
    _vim25__DeleteDatastoreFile_USCORETaskResponse,
    _vim25__CreateDirectory,
    _vim25__CreateDirectoryResponse,
    _vim25__ListKmsClusters,
    _vim25__ListKmsClustersResponse,
    _vim25__ListKmipServers,
    _vim25__ListKmipServersResponse,
    _vim25__IsKmsClusterActive,
    _vim25__IsKmsClusterActiveResponse,
    _vim25__GetDefaultKmsCluster,
    _vim25__GetDefaultKmsClusterResponse,
    _vim25__QueryCryptoKeyStatus,
    _vim25__QueryCryptoKeyStatusResponse,
    _vim25__GenerateKey,
    _vim25__GenerateKeyResponse,
    _pbm__PbmRetrieveServiceContent,
    _pbm__PbmRetrieveServiceContentResponse,
    _pbm__PbmQueryProfile,
    _pbm__PbmQueryProfileResponse,
    _pbm__PbmRetrieveContent,
    _pbm__PbmRetrieveContentResponse,
    _pbm__PbmFetchVendorInfo,
    _pbm__PbmFetchVendorInfoResponse,
    _pbm__PbmFetchCapabilityMetadata,
    _pbm__PbmFetchCapabilityMetadataResponse,
    _pbm__PbmCreate,
    _pbm__PbmCreateResponse,
    _pbm__PbmQueryAssociatedProfile,
    _pbm__PbmQueryAssociatedProfileResponse>;
// clang-format on

/// Calls `visit` with a null T* for each message T.
template <class Visit, class... Ts>
void for_each_of(std::tuple<Ts...>* /*types*/, const Visit& visit) {
  (visit(static_cast<Ts*>(nullptr)), ...);
}
template <class Visit>
void for_each_message(const Visit& visit) {
  for_each_of(static_cast<AllMessages*>(nullptr), visit);
}

}  // namespace vtpmfs::vsphere::test
