#include "fs/restore/job/vm_place.h"

#include <algorithm>
#include <cerrno>

#include "fs/restore/job/refusal.h"

namespace vtpmfs::fs {
namespace {

using vsphere::DatastoreChoice;
using vsphere::HostChoice;
using vsphere::MoRef;
using vsphere::NetworkChoice;
using vsphere::PlacementOptions;
using vsphere::PoolChoice;

constexpr const char* kOtherDatastore =
    "make room, or name another datastore (--restore-datastore, or user.vtpmfs.datastore on this "
    "directory), then sync this directory";

/// What keeps an encrypted VM off a host, the worst first.
enum class Fit { unusable, outside_a_cluster, without_tpm, leaving_encryption, fits };

Fit fit_of(const PoolChoice& pool, const HostChoice& host, const HostNeeds& needs) {
  if (!host.usable) return Fit::unusable;
  if (needs.cluster && pool.owner.type != "ClusterComputeResource") return Fit::outside_a_cluster;
  if (needs.tpm && host.has_tpm == false) return Fit::without_tpm;
  if (host.crypto_state == "pendingIncapable") return Fit::leaving_encryption;
  return Fit::fits;
}

/// Why there is no host, by what the best of them lacks.
tl::unexpected<Error> no_host(Fit best, const HostNeeds& needs) {
  const std::string other_pool =
      "choose another pool (--restore-pool, or user.vtpmfs.pool on this directory), then sync this "
      "directory";
  const std::string provider = "the native key provider '" + needs.provider + "' works only ";
  switch (best) {
    case Fit::unusable:
      return refuse(EHOSTUNREACH,
                    "no host of the chosen pool is connected, powered on and out of maintenance",
                    "connect a host, or " + other_pool);
    case Fit::outside_a_cluster:
      return refuse(ENOKEY,
                    provider + "for hosts in a cluster, and no usable host of the chosen pool is",
                    "add the host to a cluster (one of a single host will do), or " + other_pool);
    case Fit::without_tpm:
      return refuse(ENOKEY,
                    provider +
                        "on hosts with a TPM 2.0, and no usable host of the chosen pool has "
                        "one",
                    "switch a host's TPM on, or " + other_pool);
    case Fit::leaving_encryption:
      return refuse(EHOSTUNREACH,
                    "the hosts of the chosen pool left encryption mode and have not been started "
                    "anew",
                    "restart a host, or " + other_pool);
    case Fit::fits:
      break;
  }
  return refuse(
      EINVAL, "no usable host of the chosen pool mounts the chosen datastore",
      "choose a pool and a datastore that go together (--restore-pool, "
      "--restore-datastore, or user.vtpmfs.* on this directory), then sync this directory");
}

std::string last_component(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_named(const std::string& path, const std::string& wanted) {
  return path == wanted || "/" + wanted == path || last_component(path) == wanted;
}

/// The pool's cluster or host by its name: /DC0/host/CLUSTER/Resources.
bool owner_is_named(const std::string& pool_path, const std::string& wanted) {
  const size_t end = pool_path.rfind("/Resources");
  return end != std::string::npos && end + 10 == pool_path.size() &&
         is_named(pool_path.substr(0, end), wanted);
}

/// By name, or by inventory path: /DC0/datastore/Folder/NAME.
bool datastore_is_named(const DatastoreChoice& datastore, const std::string& wanted) {
  if (datastore.place.name == wanted) return true;
  const std::string root = datastore.place.datacenter_path + "/datastore/";
  return wanted.rfind(root, 0) == 0 && last_component(wanted) == datastore.place.name;
}

bool contains(const std::vector<MoRef>& refs, const MoRef& ref) {
  return std::find(refs.begin(), refs.end(), ref) != refs.end();
}

Result<std::vector<PoolChoice>> pools_to_try(const PlacementOptions& offered,
                                             const Placement& wanted) {
  if (offered.pools.empty())
    return refuse(EHOSTUNREACH, "this datacenter has no resource pool that the account can see",
                  "add a host, or let the account see one, then sync this directory");
  if (!wanted.pool) return offered.pools;
  std::vector<PoolChoice> named;
  for (const PoolChoice& pool : offered.pools)
    if (is_named(pool.path, *wanted.pool) || owner_is_named(pool.path, *wanted.pool))
      named.push_back(pool);
  if (named.empty())
    return refuse(ENOENT, "no resource pool '" + *wanted.pool + "' in this datacenter",
                  "name one that is there (--restore-pool, or user.vtpmfs.pool on this directory), "
                  "then sync this directory");
  return named;
}

Result<std::vector<DatastoreChoice>> datastores_to_try(const PlacementOptions& offered,
                                                       const Placement& wanted,
                                                       const std::optional<std::string>& saved,
                                                       uint64_t needed) {
  std::vector<DatastoreChoice> usable;
  for (const DatastoreChoice& datastore : offered.datastores) {
    if (wanted.datastore && !datastore_is_named(datastore, *wanted.datastore)) continue;
    if (wanted.datastore && (!datastore.accessible || datastore.maintenance))
      return refuse(EHOSTUNREACH,
                    "datastore '" + *wanted.datastore + "' is not accessible, or in maintenance",
                    "bring it back, or name another one (--restore-datastore, or "
                    "user.vtpmfs.datastore on this directory), then sync this directory");
    if (wanted.datastore && datastore.free_bytes < needed)
      return refuse(ENOSPC, "datastore '" + *wanted.datastore + "' has no room", kOtherDatastore);
    if (datastore.accessible && !datastore.maintenance && datastore.free_bytes >= needed)
      usable.push_back(datastore);
  }
  if (usable.empty() && wanted.datastore)
    return refuse(ENOENT, "no datastore '" + *wanted.datastore + "' in this datacenter",
                  "name one that is there (--restore-datastore, or user.vtpmfs.datastore on this "
                  "directory), then sync this directory");
  if (usable.empty())
    return refuse(ENOSPC, "no datastore of this datacenter is accessible and has room",
                  "make room on one, then sync this directory");
  std::stable_sort(usable.begin(), usable.end(),
                   [&](const DatastoreChoice& a, const DatastoreChoice& b) {
                     const bool a_saved = saved && a.place.name == *saved;
                     const bool b_saved = saved && b.place.name == *saved;
                     return a_saved != b_saved ? a_saved : a.free_bytes > b.free_bytes;
                   });
  return usable;
}

/// A distributed port group whose switch cannot be read cannot be named in a spec.
bool is_usable(const NetworkChoice& network) {
  return !network.portgroup_key || network.switch_uuid;
}

const NetworkChoice* find_network(const PlacementOptions& offered, const vsphere::VmDevice& nic,
                                  const std::map<std::string, std::string>& mapping) {
  for (const auto& saved : {nic.network_name, nic.portgroup_key, nic.opaque_network_id}) {
    if (!saved) continue;
    const auto mapped = mapping.find(*saved);
    if (mapped == mapping.end()) continue;
    for (const NetworkChoice& network : offered.networks)
      if (network.name == mapped->second && is_usable(network)) return &network;
    return nullptr;  // a mapping that leads nowhere is never replaced by a guess
  }
  for (const NetworkChoice& network : offered.networks) {
    if (!is_usable(network)) continue;
    if (nic.portgroup_key && network.portgroup_key == nic.portgroup_key &&
        network.switch_uuid == nic.switch_uuid)
      return &network;
    if (nic.opaque_network_id && network.opaque_id == nic.opaque_network_id) return &network;
    if (nic.network_name && !network.portgroup_key && network.name == *nic.network_name)
      return &network;
  }
  return nullptr;
}

}  // namespace

Placement merged(const Placement& options, const Placement& directory) {
  Placement out = options;
  if (!out.pool) out.pool = directory.pool;
  if (!out.host) out.host = directory.host;
  if (!out.datastore) out.datastore = directory.datastore;
  if (!out.policy) out.policy = directory.policy;
  for (const auto& [saved, here] : directory.networks) out.networks.emplace(saved, here);
  return out;
}

Result<VmPlace> choose_place(const PlacementOptions& offered, const Placement& wanted,
                             const std::optional<std::string>& saved_datastore,
                             uint64_t bytes_needed, const HostNeeds& needs) {
  const auto pools = pools_to_try(offered, wanted);
  if (!pools) return fail(pools.error());
  const auto datastores = datastores_to_try(offered, wanted, saved_datastore, bytes_needed);
  if (!datastores) return fail(datastores.error());
  if (wanted.host &&
      std::none_of(offered.hosts.begin(), offered.hosts.end(), [&](const HostChoice& h) {
        return is_named(h.path, *wanted.host) || h.name == *wanted.host;
      }))
    return refuse(ENOENT, "no host '" + *wanted.host + "' in this datacenter",
                  "name one that is there (--restore-host, or user.vtpmfs.host on this directory), "
                  "then sync this directory");
  Fit best_fit = Fit::unusable;
  for (const DatastoreChoice& datastore : *datastores) {
    for (const PoolChoice& pool : *pools) {
      const HostChoice* best = nullptr;
      for (const HostChoice& host : offered.hosts) {
        if (!contains(pool.hosts, host.host)) continue;
        if (wanted.host && !is_named(host.path, *wanted.host) && host.name != *wanted.host)
          continue;
        const Fit fit = fit_of(pool, host, needs);
        best_fit = std::max(best_fit, fit);
        if (fit != Fit::fits || !contains(datastore.hosts, host.host)) continue;
        if (best == nullptr || (needs_encryption_mode(*best) && !needs_encryption_mode(host)))
          best = &host;
      }
      if (best == nullptr) continue;
      VmPlace place{pool, std::nullopt, datastore, *best};
      // A DRS cluster chooses by itself; with one host there is nothing to choose.
      if (wanted.host || (!pool.drs && pool.hosts.size() > 1)) place.host = best->host;
      return place;
    }
  }
  return no_host(best_fit, needs);
}

bool needs_encryption_mode(const HostChoice& host) {
  // What a host is before any encrypted VM came to it; an old one, or one that cannot be read, does
  // not tell.
  return host.crypto_state == "incapable" || host.crypto_state == "prepared";
}

std::map<int, NetworkChoice> choose_networks(const PlacementOptions& offered,
                                             const vsphere::VmConfig& config,
                                             const std::map<std::string, std::string>& mapping,
                                             std::vector<std::string>& warnings) {
  std::map<int, NetworkChoice> chosen;
  for (const vsphere::VmDevice& device : config.devices) {
    if (!device.mac_address && !device.network_name && !device.portgroup_key &&
        !device.opaque_network_id)
      continue;
    if (const NetworkChoice* network = find_network(offered, device, mapping)) {
      chosen[device.key] = *network;
      continue;
    }
    const std::string saved = device.network_name.value_or(
        device.portgroup_key.value_or(device.opaque_network_id.value_or("?")));
    warnings.push_back("network '" + saved + "' of " + device.label.value_or("a network card") +
                       " is not here: the card was left out, add it by hand with its MAC address " +
                       device.mac_address.value_or("?") + " (--restore-network maps networks)");
  }
  return chosen;
}

Status check_networks(const PlacementOptions& offered,
                      const std::map<std::string, std::string>& mapping) {
  for (const auto& [saved, here] : mapping) {
    const auto is_it = [&name = here](const NetworkChoice& network) {
      return network.name == name && is_usable(network);
    };
    if (std::none_of(offered.networks.begin(), offered.networks.end(), is_it))
      return refuse(ENOENT, "no network '" + here + "' in this datacenter (for '" + saved + "')",
                    "map it to one that is there (--restore-network, or user.vtpmfs.network.* on "
                    "this directory), then sync this directory");
  }
  return {};
}

}  // namespace vtpmfs::fs
