#include "vsphere/method_rules.h"

#include <algorithm>
#include <array>

namespace vtpmfs::vsphere {
namespace {

// Sorted. Objects of our own session (views, collectors, filters) are ours to make and to destroy;
// they end with it. The two datastore searches are tasks, but change nothing.
constexpr auto kReading = std::to_array<std::string_view>({
    "CancelRetrievePropertiesEx",
    "CancelWaitForUpdates",
    "ContinueRetrievePropertiesEx",
    "CreateContainerView",
    "CreateFilter",
    "CreateListView",
    "CreatePropertyCollector",
    "CurrentTime",
    "DestroyPropertyCollector",
    "DestroyPropertyFilter",
    "DestroyView",
    "FetchUserPrivilegeOnEntities",
    "FindAllByUuid",
    "FindByDatastorePath",
    "FindByInventoryPath",
    "FindByUuid",
    "FindChild",
    "GetDefaultKmsCluster",
    "HasPrivilegeOnEntities",
    "IsKmsClusterActive",
    "ListKeys",
    "ListKmipServers",
    "ListKmsClusters",
    "Logout",
    "PbmFetchCapabilityMetadata",
    "PbmFetchVendorInfo",
    "PbmQueryAssociatedProfile",
    "PbmQueryAssociatedProfiles",
    "PbmQueryProfile",
    "PbmRetrieveContent",
    "PbmRetrieveServiceContent",
    "QueryConfigOptionDescriptor",
    "QueryConfigOptionEx",
    "QueryCryptoKeyStatus",
    "RetrievePropertiesEx",
    "RetrieveServiceContent",
    "SearchDatastoreSubFolders_Task",
    "SearchDatastore_Task",
    "WaitForUpdatesEx",
});
static_assert(std::is_sorted(kReading.begin(), kReading.end()));

/// Reading, but each makes an object in our session: made twice, every update would come twice.
bool makes_session_object(std::string_view method) {
  return method == "CreateContainerView" || method == "CreateFilter" ||
         method == "CreateListView" || method == "CreatePropertyCollector";
}

}  // namespace

MethodRules rules_of(std::string_view method) {
  // A login that is sent twice counts twice towards the lock-out of an account.
  if (method == "Login") return {.changes = false, .repeatable = false};
  const bool reading = std::binary_search(kReading.begin(), kReading.end(), method);
  return {.changes = !reading, .repeatable = reading && !makes_session_object(method)};
}

}  // namespace vtpmfs::vsphere
