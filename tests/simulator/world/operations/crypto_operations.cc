// CryptoManagerKmip: which key providers there are, and whether a key can be had.
#include "tests/simulator/control/switches.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/world/machine/config_values.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

// managementTypeFilter and statusFilter of ListKmsClusters.
constexpr int type_standard = 1;
constexpr int type_trusted = 2;
constexpr int type_native = 8;
constexpr int status_active = 1;
constexpr int status_inactive = 2;
// checkKeyBitMap of QueryCryptoKeyStatus.
constexpr int check_available = 1;
constexpr int check_machines = 2;

bool is_active(const KeyProvider& provider) {
  return provider.reachable && (provider.kind != ProviderKind::native || provider.has_backup);
}

vim25__KmipClusterInfo info_of(const World& world, const std::string& name,
                               const KeyProvider& provider, bool with_servers) {
  vim25__KmipClusterInfo info;
  info.clusterId.id = name;
  info.useAsDefault = world.keys.default_provider() == name;
  switch (provider.kind) {
    case ProviderKind::standard:
      info.managementType = "vCenter";
      if (with_servers) {
        vim25__KmipServerInfo server;
        server.name = "kms1";
        server.address = "192.0.2.50";
        server.port = 5696;
        info.servers.push_back(std::move(server));
      }
      break;
    case ProviderKind::native:
      info.managementType = "nativeProvider";
      info.hasBackup = provider.has_backup;
      info.tpmRequired = provider.tpm_required;
      info.keyId = provider.own_key;
      break;
    case ProviderKind::trusted:
      info.managementType = "trustAuthority";
      break;
  }
  return info;
}

bool passes(const KeyProvider& provider, const std::optional<int>& types,
            const std::optional<int>& states) {
  const int type = provider.kind == ProviderKind::standard  ? type_standard
                   : provider.kind == ProviderKind::trusted ? type_trusted
                                                            : type_native;
  const int state = is_active(provider) ? status_active : status_inactive;
  return (types.value_or(-1) & type) != 0 && (states.value_or(-1) & state) != 0;
}

/// The older list: standard providers only.
std::vector<vim25__KmipClusterInfo> kmip_servers(const World& world) {
  std::vector<vim25__KmipClusterInfo> list;
  for (const auto& [name, provider] : world.keys.providers()) {
    if (provider.kind == ProviderKind::standard) {
      list.push_back(info_of(world, name, provider, true));
    }
  }
  return list;
}

/// Why a key cannot be had; empty when it can.
std::string unavailable_because(const World& world, const KeyRef& key) {
  const KeyProvider* provider = world.keys.provider(key.provider);
  if (provider == nullptr) return "KeyStateClusterInvalid";
  if (provider->kind == ProviderKind::native) return "KeyStateManagedByNKP";
  if (provider->kind == ProviderKind::trusted) return "KeyStateManagedByTrustAuthority";
  if (!provider->reachable) return "KeyStateClusterUnreachable";
  const Key* known = world.keys.find(key);
  if (known == nullptr) return "KeyStateMissingInKMS";
  return known->active ? std::string() : "KeyStateNotActiveOrEnabled";
}

vim25__CryptoManagerKmipCryptoKeyStatus status_of(const World& world,
                                                  const vim25__CryptoKeyId& asked, int checks) {
  const KeyRef key{asked.providerId ? asked.providerId->id : std::string(), asked.keyId};
  vim25__CryptoManagerKmipCryptoKeyStatus status;
  status.keyId = key_id_value(key);
  if ((checks & check_available) != 0) {
    const std::string reason = unavailable_because(world, key);
    status.keyAvailable = reason.empty();
    if (!reason.empty()) status.reason = reason;
  }
  if ((checks & check_machines) != 0) {
    for (const Ref& ref : world.machines()) {
      const auto* vm = world.inventory.get<VirtualMachine>(ref);
      if (vm->config.encryption && vm->config.encryption->key == key) {
        status.encryptedVMs.push_back(wire(ref));
      }
    }
  }
  return status;
}

/// Registers an operation that some servers lack: MethodNotFound where the switch says "missing".
template <class Request, class Response, class Handler>
void register_optional(World& world, const char* privilege, const char* switch_name,
                       Handler handler) {
  world.simulator.operations().on<Request, Response>(
      {.receiver = "CryptoManagerKmip", .privilege = privilege},
      [&world, switch_name, handler](Call& call, const Request& request,
                                     Response& response) -> Outcome<void> {
        if (world.switches.is(switch_name, "missing")) {
          return refuse(method_not_found(ref_of(request._USCOREthis), call.operation()));
        }
        return handler(call, request, response);
      });
}

void register_lists(World& world) {
  constexpr const char* privilege = "Cryptographer.ManageKeyServers";
  register_optional<_vim25__ListKmsClusters, _vim25__ListKmsClustersResponse>(
      world, privilege, "list-kms-clusters",
      [&world](Call&, const _vim25__ListKmsClusters& request,
               _vim25__ListKmsClustersResponse& response) -> Outcome<void> {
        for (const auto& [name, provider] : world.keys.providers()) {
          if (!passes(provider, request.managementTypeFilter, request.statusFilter)) continue;
          response.returnval.push_back(
              info_of(world, name, provider, request.includeKmsServers.value_or(false)));
        }
        return {};
      });
  register_optional<_vim25__ListKmipServers, _vim25__ListKmipServersResponse>(
      world, privilege, "list-kmip-servers",
      [&world](Call&, const _vim25__ListKmipServers& request,
               _vim25__ListKmipServersResponse& response) -> Outcome<void> {
        response.returnval = kmip_servers(world);
        if (request.limit && *request.limit >= 0 &&
            response.returnval.size() > static_cast<std::size_t>(*request.limit)) {
          response.returnval.resize(static_cast<std::size_t>(*request.limit));
        }
        return {};
      });
  register_optional<_vim25__IsKmsClusterActive, _vim25__IsKmsClusterActiveResponse>(
      world, privilege, "list-kms-clusters",
      [&world](Call& call, const _vim25__IsKmsClusterActive& request,
               _vim25__IsKmsClusterActiveResponse& response) -> Outcome<void> {
        const std::string name =
            request.cluster ? request.cluster->id : world.keys.default_provider();
        const KeyProvider* provider = world.keys.provider(name);
        if (provider == nullptr) return refuse(invalid_argument("cluster"));
        response.returnval = call.arena().keep(is_active(*provider));
        return {};
      });
  register_optional<_vim25__GetDefaultKmsCluster, _vim25__GetDefaultKmsClusterResponse>(
      world, privilege, "list-kms-clusters",
      [&world](Call&, const _vim25__GetDefaultKmsCluster&,
               _vim25__GetDefaultKmsClusterResponse& response) -> Outcome<void> {
        if (world.keys.default_provider().empty()) return {};
        response.returnval.emplace();
        response.returnval->id = world.keys.default_provider();
        return {};
      });
}

void register_keys(World& world) {
  constexpr const char* privilege = "Cryptographer.ManageKeys";
  register_optional<_vim25__QueryCryptoKeyStatus, _vim25__QueryCryptoKeyStatusResponse>(
      world, privilege, "query-crypto-key-status",
      [&world](Call&, const _vim25__QueryCryptoKeyStatus& request,
               _vim25__QueryCryptoKeyStatusResponse& response) -> Outcome<void> {
        for (const auto& key : request.keyIds) {
          response.returnval.push_back(status_of(world, key, request.checkKeyBitMap));
        }
        return {};
      });
  world.simulator.operations().on<_vim25__GenerateKey, _vim25__GenerateKeyResponse>(
      {.receiver = "CryptoManagerKmip", .privilege = privilege},
      [&world](Call& call, const _vim25__GenerateKey& request,
               _vim25__GenerateKeyResponse& response) -> Outcome<void> {
        const std::string provider =
            request.keyProvider ? request.keyProvider->id : world.keys.default_provider();
        auto* result = call.arena().make<vim25__CryptoKeyResult>();
        if (const auto key = world.keys.generate(provider)) {
          result->success = true;
          result->keyId = key_id_value(*key);
        } else {
          result->success = false;
          result->keyId = key_id_value({provider, ""});
          result->reason = "Cannot generate a key.";
        }
        response.returnval = result;
        return {};
      });
}

}  // namespace

void register_crypto_operations(World& world) {
  PropertyTable properties;
  properties.add(
      "enabled", [](const ManagedObject&, const Reading& r) { return bool_value(r, true); },
      "System.Read");
  properties.add(
      "kmipServers",
      [&world](const ManagedObject&, const Reading& r) {
        vim25__ArrayOfKmipClusterInfo array;
        array.KmipClusterInfo = kmip_servers(world);
        return data_value(r, std::move(array));
      },
      "System.Read");
  world.crypto_manager = {"CryptoManagerKmip", "CryptoManager"};
  world.inventory.add(std::make_shared<Singleton>(world.crypto_manager, std::move(properties)));
  register_lists(world);
  register_keys(world);
}

}  // namespace vtpmfs::simulator
