#include "vsphere/restore/placement_reading.h"

#include <set>
#include <utility>

#include "vsphere/property/object_properties.h"
#include "vsphere/property/references.h"
#include "vsphere/restore/placement_query.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

template <class T>
std::optional<T> if_readable(Result<std::optional<T>> value) {
  return value ? std::move(*value) : std::nullopt;
}

std::vector<MoRef> writing_hosts(const ObjectProperties& datastore) {
  std::vector<MoRef> hosts;
  const auto* mounts = value_as<vim25__ArrayOfDatastoreHostMount>(datastore.value("host"));
  if (mounts == nullptr) return hosts;
  for (const auto& mount : mounts->DatastoreHostMount) {
    const auto& info = mount.mountInfo;
    if (info.accessMode == "readWrite" && info.mounted.value_or(true) &&
        info.accessible.value_or(true)) {
      hosts.push_back(from_soap(mount.key));
    }
  }
  return hosts;
}

}  // namespace

PlacementReading::PlacementReading(const MoRef& root, MoRef datacenter)
    : datacenter_(std::move(datacenter)), paths_(root) {}

void PlacementReading::add(const ObjectProperties& object) {
  const MoRef id = object.id();
  const auto name = if_readable(object.text("name"));
  if (!name) return;
  paths_.add(id, *name, if_readable(object.reference("parent")));
  if (id.type == "ComputeResource" || id.type == "ClusterComputeResource") {
    Compute& compute = computes_[id];
    if (auto hosts = object.references("host")) compute.hosts = std::move(*hosts);
    compute.drs = if_readable(object.boolean(kDrsEnabled)).value_or(false);
    compute.environment = if_readable(object.reference("environmentBrowser"));
  } else if (id.type == "ResourcePool") {
    // A vApp is a resource pool as well, but takes no VM by CreateVM_Task.
    if (const auto owner = if_readable(object.reference("owner"))) pools_.push_back({id, *owner});
  } else if (id.type == "HostSystem") {
    add_host(object, *name);
  } else if (id.type == "Datastore") {
    add_datastore(object, *name);
  } else if (id.type == "Network" || id.type == "DistributedVirtualPortgroup" ||
             id.type == "OpaqueNetwork") {
    add_network(object, *name);
  }
}

void PlacementReading::add_host(const ObjectProperties& object, const std::string& name) {
  HostChoice host;
  host.host = object.id();
  host.name = name;
  host.usable = if_readable(object.text("runtime.connectionState")) == "connected" &&
                if_readable(object.text("runtime.powerState")) == "poweredOn" &&
                !if_readable(object.boolean("runtime.inMaintenanceMode")).value_or(false);
  host.crypto_state = if_readable(object.text("runtime.cryptoState")).value_or("");
  // The version names the one that counts; without any TPM there is no version.
  const auto version = if_readable(object.text(kTpmVersion));
  const auto supported = if_readable(object.boolean(kTpmSupported));
  if (version)
    host.has_tpm = version->rfind("2", 0) == 0;
  else if (supported == false)
    host.has_tpm = false;
  hosts_.push_back(std::move(host));
}

void PlacementReading::add_datastore(const ObjectProperties& object, const std::string& name) {
  const auto browser = if_readable(object.reference("browser"));
  const auto* summary = value_as<vim25__DatastoreSummary>(object.value("summary"));
  if (!browser || summary == nullptr) return;
  DatastoreChoice choice;
  choice.place.datastore = object.id();
  choice.place.name = name;
  choice.place.datacenter = datacenter_;
  choice.place.browser = *browser;
  if (summary->freeSpace > 0) choice.free_bytes = static_cast<uint64_t>(summary->freeSpace);
  choice.accessible = summary->accessible;
  choice.maintenance = summary->maintenanceMode.value_or("normal") != "normal";
  choice.type = summary->type;
  choice.hosts = writing_hosts(object);
  const auto parent = if_readable(object.reference("parent"));
  if (parent && parent->type == "StoragePod") pods_[choice.place.datastore] = *parent;
  datastores_.push_back(std::move(choice));
}

void PlacementReading::add_network(const ObjectProperties& object, const std::string& name) {
  Network network;
  network.choice.network = object.id();
  network.choice.name = name;
  network.choice.portgroup_key = if_readable(object.text("key"));
  if (auto hosts = object.references("host")) network.choice.hosts = std::move(*hosts);
  network.on_switch = if_readable(object.reference("config.distributedVirtualSwitch"));
  if (const auto* opaque = value_as<vim25__OpaqueNetworkSummary>(object.value("summary"))) {
    network.choice.opaque_id = opaque->opaqueNetworkId;
    network.choice.opaque_type = opaque->opaqueNetworkType;
  }
  networks_.push_back(std::move(network));
}

std::vector<MoRef> PlacementReading::switches() const {
  std::set<MoRef> switches;
  for (const Network& network : networks_) {
    if (network.on_switch) switches.insert(*network.on_switch);
  }
  return {switches.begin(), switches.end()};
}

PlacementOptions PlacementReading::choices(const std::map<MoRef, std::string>& switch_uuids) const {
  PlacementOptions options;
  for (const Pool& pool : pools_) {
    PoolChoice choice{pool.id, paths_.path(pool.id), pool.owner, false, {}, {}};
    if (const auto compute = computes_.find(pool.owner); compute != computes_.end()) {
      choice.drs = compute->second.drs;
      choice.hosts = compute->second.hosts;
      choice.environment = compute->second.environment;
    }
    options.pools.push_back(std::move(choice));
  }
  options.hosts = hosts_;
  for (HostChoice& host : options.hosts) host.path = paths_.path(host.host);
  options.datastores = datastores_;
  for (DatastoreChoice& datastore : options.datastores) {
    datastore.place.datacenter_path = paths_.path(datacenter_);
    datastore.path = paths_.path(datastore.place.datastore);
    const auto pod = pods_.find(datastore.place.datastore);
    if (pod != pods_.end()) datastore.pod = paths_.path(pod->second);
  }
  for (const Network& network : networks_) {
    options.networks.push_back(network.choice);
    options.networks.back().path = paths_.path(network.choice.network);
    if (!network.on_switch) continue;
    const auto uuid = switch_uuids.find(*network.on_switch);
    if (uuid != switch_uuids.end()) options.networks.back().switch_uuid = uuid->second;
  }
  return options;
}

}  // namespace vtpmfs::vsphere
