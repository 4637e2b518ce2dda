#include "vsphere/encryption/key_manager.h"

#include <cerrno>

#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/values.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

constexpr int kWhetherAvailable = 0x01;  ///< checkKeyBitMap

KeyProvider read_provider(const vim25__KmipClusterInfo& cluster) {
  KeyProvider provider;
  provider.id = cluster.clusterId.id;
  provider.management = cluster.managementType.value_or("");
  provider.has_backup = cluster.hasBackup;
  provider.tpm_required = cluster.tpmRequired;
  provider.own_key_id = cluster.keyId;
  return provider;
}

KeyProviderList read_providers(const std::vector<vim25__KmipClusterInfo>& clusters, bool complete) {
  KeyProviderList list;
  list.complete = complete;
  for (const auto& cluster : clusters) list.providers.push_back(read_provider(cluster));
  return list;
}

bool is_missing_method(const Error& error) {
  const std::string_view fault = fault_type(error);
  return fault == "MethodNotFound" || fault == "NotSupported" || fault == "NotImplemented" ||
         fault == "InvalidRequest";
}

vim25__CryptoKeyId to_soap(const CryptoKeyId& key) {
  vim25__CryptoKeyId made;
  made.keyId = key.key_id;
  if (key.provider_id) made.providerId.emplace().id = *key.provider_id;
  return made;
}

}  // namespace

Result<KeyProviderList> KeyManager::list_clusters(const Call& how) {
  _vim25__ListKmsClusters request;
  request._USCOREthis = vsphere::to_soap(*caller_.refs().crypto_manager);
  request.includeKmsServers = false;
  const auto answer = call<_vim25__ListKmsClustersResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  return read_providers((*answer)->returnval, true);
}

Result<KeyProviderList> KeyManager::list_servers(const Call& how) {
  _vim25__ListKmipServers request;
  request._USCOREthis = vsphere::to_soap(*caller_.refs().crypto_manager);
  const auto answer = call<_vim25__ListKmipServersResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  // Only asked on servers that lack ListKmsClusters (before 7.0): these know standard ones only.
  return read_providers((*answer)->returnval, true);
}

Result<KeyProviderList> KeyManager::read_property(const Call& how) {
  PropertyQuery query;
  query.objects = {*caller_.refs().crypto_manager};
  query.properties = {{query.objects.front().type, {"kmipServers"}}};
  Result<KeyProviderList> list = fail(EOPNOTSUPP, "vCenter does not show its key providers");
  PropertyCollector collector(caller_);
  const auto status = collector.retrieve(
      query, how, [] {},
      [&](const vim25__ObjectContent& content) {
        const ObjectProperties object(content);
        if (auto error = object.missing("kmipServers")) {
          list = fail(std::move(*error));
          return;
        }
        const xsd__anyType* value = object.value("kmipServers");
        const auto* clusters = value_as<vim25__ArrayOfKmipClusterInfo>(value);
        if (clusters != nullptr) {
          list = read_providers(clusters->KmipClusterInfo, false);
        } else if (value == nullptr) {
          list = KeyProviderList{{}, false};
        } else {
          list = fail(property_value::unexpected(*value, "key providers"));
        }
      });
  if (!status) return fail(status.error());
  return list;
}

Result<KeyProviderList> KeyManager::providers(const Call& how) {
  if (!caller_.refs().crypto_manager) return fail(EOPNOTSUPP, "the server has no key providers");
  auto list = list_clusters(how);
  if (list || list.error().fault == nullptr) return list;
  if (is_missing_method(list.error())) {
    list = list_servers(how);
    if (list || list.error().fault == nullptr) return list;
  }
  auto property = read_property(how);
  return property ? property : list;
}

KeyCheck KeyManager::check(const CryptoKeyId& key, const Call& how) {
  using Answer = KeyCheck::Answer;
  if (!key.provider_id) return {Answer::unknown, "key " + key.key_id + " names no provider"};
  const auto list = providers(how);
  if (list) return check(key, *list, how);
  if (list.error().fault == nullptr)
    return {Answer::unknown, "key providers: " + list.error().words};
  return ask(key, how);
}

KeyCheck KeyManager::check(const CryptoKeyId& key, const KeyProviderList& list, const Call& how) {
  using Answer = KeyCheck::Answer;
  if (!key.provider_id) return {Answer::unknown, "key " + key.key_id + " names no provider"};
  if (auto judged = judge_provider(key, list)) return *judged;
  return ask(key, how);
}

KeyCheck KeyManager::ask(const CryptoKeyId& key, const Call& how) {
  using Answer = KeyCheck::Answer;
  _vim25__QueryCryptoKeyStatus request;
  request._USCOREthis = vsphere::to_soap(*caller_.refs().crypto_manager);
  request.keyIds.push_back(to_soap(key));
  request.checkKeyBitMap = kWhetherAvailable;
  const auto answer = call<_vim25__QueryCryptoKeyStatusResponse>(caller_, request, how);
  if (!answer) return {Answer::unknown, "key status: " + answer.error().words};
  for (const auto& status : (*answer)->returnval) {
    if (status.keyId.keyId != key.key_id) continue;
    return judge_key_status(key, status.keyAvailable, status.reason);
  }
  return {Answer::unknown, "key status: vCenter said nothing about key " + key.key_id};
}

std::vector<std::string> KeyManager::providers_with(const std::string& key_id,
                                                    const std::vector<KeyProvider>& providers,
                                                    const Call& how) {
  _vim25__QueryCryptoKeyStatus request;
  for (const KeyProvider& provider : providers)
    if (provider.management != "nativeProvider" && provider.management != "trustAuthority")
      request.keyIds.push_back(to_soap(CryptoKeyId{key_id, provider.id}));
  if (request.keyIds.empty() || !caller_.refs().crypto_manager) return {};
  request._USCOREthis = vsphere::to_soap(*caller_.refs().crypto_manager);
  request.checkKeyBitMap = kWhetherAvailable;
  std::vector<std::string> names;
  const auto answer = call<_vim25__QueryCryptoKeyStatusResponse>(caller_, request, how);
  if (!answer) return names;
  for (const auto& status : (*answer)->returnval)
    if (status.keyAvailable.value_or(false) && status.keyId.providerId)
      names.push_back(status.keyId.providerId->id);
  return names;
}

}  // namespace vtpmfs::vsphere
