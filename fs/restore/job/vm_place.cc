#include "fs/restore/job/vm_place.h"

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "fs/restore/job/place_candidates.h"

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

/// Hosts and datastores can be used, but none of the ones with any of the others.
Error does_not_fit(const Placement& wanted) {
  if (!wanted.pool && !wanted.host && !wanted.datastore)
    return Error{Errno{EHOSTUNREACH},
                 "no usable host of this datacenter mounts a datastore that has room"};
  const std::string datastore =
      wanted.datastore ? "datastore '" + *wanted.datastore + "'" : "a datastore that has room";
  if (wanted.host)
    return Error{Errno{EINVAL}, hosts_in_words(wanted) + " does not mount " + datastore};
  return Error{Errno{EINVAL}, hosts_in_words(wanted) + " that can be used mounts " + datastore};
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
                      network.name, network.network);
  };
  std::sort(networks.begin(), networks.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return networks;
}

const NetworkChoice* find_network(const std::vector<NetworkChoice>& networks,
                                  const vsphere::VmDevice& nic,
                                  const std::map<std::string, std::string>& mapping) {
  for (const auto& saved : {nic.network_name, nic.portgroup_key, nic.opaque_network_id}) {
    if (!saved) continue;
    const auto mapped = mapping.find(*saved);
    if (mapped == mapping.end()) continue;
    for (const NetworkChoice& network : networks)
      if (network.name == mapped->second) return &network;
    return nullptr;  // a mapping that leads nowhere is never replaced by a guess
  }
  for (const NetworkChoice& network : networks) {
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
                             uint64_t bytes_needed) {
  const auto hosts = hosts_to_try(offered, wanted);
  if (!hosts) return fail(hosts.error());
  const auto pools = pools_to_try(offered, wanted, *hosts);
  if (!pools) return fail(pools.error());
  const auto datastores = datastores_to_try(offered, wanted, saved_datastore, bytes_needed);
  if (!datastores) return fail(datastores.error());
  bool any_usable = false;
  bool any_capable = false;
  for (const DatastoreChoice& datastore : *datastores) {
    for (const PoolChoice& pool : *pools) {
      for (const HostChoice& host : *hosts) {
        if (!contains(pool.hosts, host.host)) continue;
        if (!host.usable) continue;
        any_usable = true;
        if (host.crypto_state == "incapable") continue;
        any_capable = true;
        if (!contains(datastore.hosts, host.host)) continue;
        VmPlace place{pool, std::nullopt, datastore};
        if (wanted.host || wants_a_host(pool)) place.host = host.host;
        return place;
      }
    }
  }
  if (!any_usable)
    return fail(EHOSTUNREACH, hosts_in_words(wanted) + " is " + (wanted.host ? "not " : "") +
                                  "connected, powered on and out of maintenance");
  if (!any_capable)
    return fail(EHOSTUNREACH,
                hosts_in_words(wanted) + (wanted.host ? " cannot" : " can") + " encrypt VMs");
  return fail(does_not_fit(wanted));
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
    if (const NetworkChoice* network = find_network(networks, device, mapping)) {
      chosen[device.key] = *network;
      continue;
    }
    const std::string saved = device.network_name.value_or(
        device.portgroup_key.value_or(device.opaque_network_id.value_or("?")));
    const std::string what = "network '" + saved + "' of " +
                             device.label.value_or("a network card") + " is not here: the card " +
                             device.mac_address.value_or("(no address)");
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

Status check_networks(const PlacementOptions& offered,
                      const std::map<std::string, std::string>& mapping) {
  for (const auto& [saved, here] : mapping) {
    const auto is_it = [&name = here](const NetworkChoice& network) {
      return network.name == name && is_usable(network);
    };
    if (std::none_of(offered.networks.begin(), offered.networks.end(), is_it))
      return fail(ENOENT, "no network '" + here + "' in this datacenter (for '" + saved + "')");
  }
  return {};
}

}  // namespace vtpmfs::fs
