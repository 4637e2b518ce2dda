#include "fs/restore/job/vm_place.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>

#include "fs/restore/job/place_candidates.h"
#include "fs/restore/job/refusal.h"

namespace vtpmfs::fs {
namespace {

using vsphere::DatastoreChoice;
using vsphere::HostChoice;
using vsphere::MoRef;
using vsphere::NetworkChoice;
using vsphere::PlacementOptions;
using vsphere::PoolChoice;

bool contains(const std::vector<MoRef>& refs, const MoRef& ref) {
  return std::find(refs.begin(), refs.end(), ref) != refs.end();
}

/// Only a host that stands alone and DRS go without a name; a cluster without DRS wants one even
/// where it has but one host.
bool wants_a_host(const PoolChoice& pool) {
  return !pool.drs && (pool.owner.type == "ClusterComputeResource" || pool.hosts.size() > 1);
}

/// "host 'esx1'", or whatever hosts there are to choose from.
std::string hosts_in_words(const Placement& wanted) {
  if (wanted.host) return "host '" + *wanted.host + "'";
  if (wanted.pool) return "no host of resource pool '" + *wanted.pool + "'";
  return "no host of this datacenter";
}

/// "host 'esx1' has none", or "no host of this datacenter that can be used has one".
std::string hosts_in_words(const Placement& wanted, const std::string& of_the_named,
                           const std::string& of_none) {
  return hosts_in_words(wanted) +
         (wanted.host ? " " + of_the_named : " that can be used " + of_none);
}

/// Hosts and datastores can be used, but none of the ones with any of the others.
tl::unexpected<Error> does_not_fit(const Placement& wanted) {
  if (!wanted.pool && !wanted.host && !wanted.datastore)
    return refuse(EHOSTUNREACH,
                  "no usable host of this datacenter mounts a datastore that has room",
                  "mount one on a host, then sync this directory");
  const std::string datastore =
      wanted.datastore ? "datastore '" + *wanted.datastore + "'" : "a datastore that has room";
  return refuse(EINVAL,
                hosts_in_words(wanted, "does not mount " + datastore, "mounts " + datastore),
                "choose a pool, a host and a datastore that go together (--restore-pool, "
                "--restore-host, --restore-datastore, or user.vtpmfs.* on this directory), then "
                "sync this directory");
}

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
tl::unexpected<Error> no_host(Fit best, const Placement& wanted, const HostNeeds& needs) {
  const std::string another =
      wanted.host ? "choose another host (--restore-host, or user.vtpmfs.host on this directory), "
                    "then sync this directory"
                  : "choose another pool (--restore-pool, or user.vtpmfs.pool on this directory), "
                    "then sync this directory";
  const std::string provider = "the native key provider '" + needs.provider + "' works only ";
  switch (best) {
    case Fit::unusable:
      return refuse(EHOSTUNREACH,
                    hosts_in_words(wanted) + " is " + (wanted.host ? "not " : "") +
                        "connected, powered on and out of maintenance",
                    "connect a host, or " + another);
    case Fit::outside_a_cluster:
      return refuse(ENOKEY,
                    provider + "for hosts in a cluster, and " +
                        hosts_in_words(wanted, "is in none", "is in one"),
                    "add the host to a cluster (one of a single host will do), or " + another);
    case Fit::without_tpm:
      return refuse(ENOKEY,
                    provider + "on hosts with a TPM 2.0, and " +
                        hosts_in_words(wanted, "has none", "has one"),
                    "switch a host's TPM on, or " + another);
    case Fit::leaving_encryption:
      return refuse(EHOSTUNREACH,
                    hosts_in_words(wanted, "cannot", "can") +
                        " encrypt VMs: what left encryption mode has to be started anew first",
                    "restart a host, or " + another);
    case Fit::fits:
      break;
  }
  return does_not_fit(wanted);
}

/// A distributed port group whose switch cannot be read cannot be named in a spec.
bool is_usable(const NetworkChoice& network) {
  return !network.portgroup_key || network.switch_uuid;
}

/// On how many of the hosts that the VM may run on the network is.
size_t reach(const NetworkChoice& network, const std::vector<MoRef>& hosts) {
  if (!network.hosts) return hosts.size();
  return static_cast<size_t>(std::count_if(hosts.begin(), hosts.end(), [&](const MoRef& host) {
    return contains(*network.hosts, host);
  }));
}

/// The usable networks that the VM may be put on: those that most of its hosts have come first, and
/// what most people know before what has to be looked up.
std::vector<NetworkChoice> within_reach(const PlacementOptions& offered, const VmPlace& place) {
  const std::vector<MoRef> hosts = place.host ? std::vector<MoRef>{*place.host} : place.pool.hosts;
  std::vector<NetworkChoice> networks;
  for (const NetworkChoice& network : offered.networks)
    if (is_usable(network) && reach(network, hosts) > 0) networks.push_back(network);
  const auto rank = [&](const NetworkChoice& network) {
    return std::tuple(hosts.size() - reach(network, hosts), network.network.type != "Network",
                      network.opaque_id.has_value(), network.name, network.network);
  };
  std::sort(networks.begin(), networks.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return networks;
}

/// Whether somebody who writes `wanted` means this network: its name or inventory path.
bool is_named(const NetworkChoice& network, const std::string& wanted) {
  return network.name == wanted || is_meant(network.path, wanted);
}

template <class Is>
std::vector<const NetworkChoice*> those(const std::vector<NetworkChoice>& networks, Is is_one) {
  std::vector<const NetworkChoice*> found;
  for (const NetworkChoice& network : networks)
    if (is_one(network)) found.push_back(&network);
  return found;
}

/// The networks that a saved card may mean: one where it is clear. A port group's key and an opaque
/// network's id settle it; the name of a standard network, which has neither, need not.
std::vector<const NetworkChoice*> networks_of(const std::vector<NetworkChoice>& networks,
                                              const vsphere::VmDevice& nic,
                                              const std::map<std::string, std::string>& mapping) {
  for (const auto& saved : {nic.network_name, nic.portgroup_key, nic.opaque_network_id}) {
    if (!saved) continue;
    const auto mapped = mapping.find(*saved);
    if (mapped == mapping.end()) continue;
    // A mapping that leads nowhere is never replaced by a guess.
    return those(networks,
                 [&](const NetworkChoice& network) { return is_named(network, mapped->second); });
  }
  for (const NetworkChoice& network : networks) {
    if (nic.portgroup_key && network.portgroup_key == nic.portgroup_key &&
        network.switch_uuid == nic.switch_uuid)
      return {&network};
    if (nic.opaque_network_id && network.opaque_id == nic.opaque_network_id) return {&network};
  }
  return those(networks, [&](const NetworkChoice& network) {
    return nic.network_name && !network.portgroup_key && network.name == *nic.network_name;
  });
}

/// "/DC0/network/A/VM Network, /DC0/network/B/VM Network"
std::string paths_of(const std::vector<const NetworkChoice*>& networks) {
  std::set<std::string> paths;
  for (const NetworkChoice* network : networks)
    paths.insert(network->path.empty() ? network->network.value : network->path);
  std::string words;
  for (const std::string& path : paths) words += (words.empty() ? "" : ", ") + path;
  return words;
}

/// Why a card does not lie in the network that it had.
std::string why_not(const std::vector<const NetworkChoice*>& candidates) {
  if (candidates.empty()) return "is not here";
  return "is not clear, for several are called so (" + paths_of(candidates) + ")";
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
  const auto hosts = hosts_to_try(offered, wanted);
  if (!hosts) return fail(hosts.error());
  const auto pools = pools_to_try(offered, wanted, *hosts);
  if (!pools) return fail(pools.error());
  const auto datastores = datastores_to_try(offered, wanted, saved_datastore, bytes_needed);
  if (!datastores) return fail(datastores.error());
  Fit best_fit = Fit::unusable;
  for (const DatastoreChoice& datastore : *datastores) {
    for (const PoolChoice& pool : *pools) {
      const HostChoice* best = nullptr;
      for (const HostChoice& host : *hosts) {
        if (!contains(pool.hosts, host.host)) continue;
        const Fit fit = fit_of(pool, host, needs);
        best_fit = std::max(best_fit, fit);
        if (fit != Fit::fits || !contains(datastore.hosts, host.host)) continue;
        if (best == nullptr || (needs_encryption_mode(*best) && !needs_encryption_mode(host)))
          best = &host;
      }
      if (best == nullptr) continue;
      VmPlace place{pool, std::nullopt, datastore, *best};
      if (wanted.host || wants_a_host(pool)) place.host = best->host;
      return place;
    }
  }
  return no_host(best_fit, wanted, needs);
}

bool needs_encryption_mode(const HostChoice& host) {
  // What a host is before any encrypted VM came to it; an old one, or one that cannot be read, does
  // not tell.
  return host.crypto_state == "incapable" || host.crypto_state == "prepared";
}

std::map<int, NetworkChoice> choose_networks(const PlacementOptions& offered, const VmPlace& place,
                                             const vsphere::VmConfig& config,
                                             const std::map<std::string, std::string>& mapping,
                                             std::vector<std::string>& warnings) {
  const std::vector<NetworkChoice> networks = within_reach(offered, place);
  std::map<int, NetworkChoice> chosen;
  for (const vsphere::VmDevice& device : config.devices) {
    if (!device.mac_address && !device.network_name && !device.portgroup_key &&
        !device.opaque_network_id)
      continue;
    const auto found = networks_of(networks, device, mapping);
    if (found.size() == 1) {
      chosen[device.key] = *found.front();
      continue;
    }
    const std::string saved = device.network_name.value_or(
        device.portgroup_key.value_or(device.opaque_network_id.value_or("?")));
    const std::string what = "network '" + saved + "' of " +
                             device.label.value_or("a network card") + " " + why_not(found) +
                             ": the card " + device.mac_address.value_or("(no address)");
    if (networks.empty()) {
      warnings.push_back(what + " was left out, for there is no other network");
      continue;
    }
    chosen[device.key] = networks.front();
    chosen[device.key].stand_in = true;
    warnings.push_back(what + " lies in '" + networks.front().name +
                       "', disconnected: move it to its network before you connect it "
                       "(--restore-network maps networks)");
  }
  return chosen;
}

Status check_networks(const PlacementOptions& offered, const VmPlace& place,
                      const std::map<std::string, std::string>& mapping) {
  const std::vector<NetworkChoice> near = within_reach(offered, place);
  for (const auto& [saved, here] : mapping) {
    const auto is_it = [&name = here](const NetworkChoice& network) {
      return is_named(network, name) && is_usable(network);
    };
    if (those(offered.networks, is_it).empty())
      return refuse(ENOENT, "no network '" + here + "' in this datacenter (for '" + saved + "')",
                    "map it to one that is there (--restore-network, or user.vtpmfs.network on "
                    "this directory), then sync this directory");
    const auto candidates = those(near, is_it);
    if (candidates.size() > 1)
      return refuse(EINVAL,
                    "network '" + here + "' (for '" + saved +
                        "') is not clear; name one by its path: " + paths_of(candidates),
                    "name the network by its path (--restore-network, or user.vtpmfs.network on "
                    "this directory), then sync this directory");
  }
  return {};
}

}  // namespace vtpmfs::fs
