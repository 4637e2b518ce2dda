#include "tests/simulator/world/fleet/site.h"

#include "tests/simulator/world/environment/host_support.h"
#include "tests/simulator/world/fleet/site_builder.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {

SiteBuilder::SiteBuilder(World& world, const Ref& parent, const std::string& name) : world_(world) {
  auto datacenter = std::make_shared<Datacenter>(
      world.inventory.new_ref("Datacenter", "datacenter"), name, parent);
  datacenter_ = datacenter.get();
  site_.datacenter = datacenter->ref();
  world.add_entity(std::move(datacenter));
}

Ref SiteBuilder::folder(const char* name, const std::vector<std::string>& types,
                        const char* prefix) {
  return make_folder(world_, site_.datacenter, name, types, prefix);
}

Ref SiteBuilder::make_network(const char* type, const char* prefix, const char* name) {
  auto network = std::make_shared<Network>(world_.inventory.new_ref(type, prefix), name,
                                           datacenter_->network_folder);
  const Ref ref = network->ref();
  world_.add_entity(std::move(network));
  datacenter_->networks.push_back(ref);
  return ref;
}

Ref SiteBuilder::make_datastore(const std::string& name, DatastoreKind kind, const Ref& parent) {
  const Ref ref = world_.inventory.new_ref("Datastore", "datastore");
  auto datastore = std::make_shared<Datastore>(
      ref, name, parent.empty() ? datacenter_->datastore_folder : parent);
  datastore->kind = kind;
  datastore->datacenter = site_.datacenter;
  datastore->browser = {"HostDatastoreBrowser", "datastoreBrowser-" + ref.id};
  world_.inventory.add(std::make_shared<DatastoreBrowser>(datastore->browser, ref));
  world_.add_entity(std::move(datastore));
  datacenter_->datastores.push_back(ref);
  return ref;
}

Ref SiteBuilder::make_host(const std::string& name, const Ref& owner, bool has_tpm) {
  auto host =
      std::make_shared<HostSystem>(world_.inventory.new_ref("HostSystem", "host"), name, owner);
  host->has_tpm = has_tpm;
  host->networks = datacenter_->networks;
  const Ref ref = host->ref();
  world_.add_entity(std::move(host));
  return ref;
}

Ref SiteBuilder::make_pool(const std::string& name, const Ref& owner, const Ref& parent) {
  auto pool = std::make_shared<ResourcePool>(world_.inventory.new_ref("ResourcePool", "resgroup"),
                                             name, parent);
  pool->owner = owner;
  const Ref ref = pool->ref();
  world_.add_entity(std::move(pool));
  if (auto* above = world_.inventory.get<ResourcePool>(parent)) above->pools.push_back(ref);
  return ref;
}

Ref SiteBuilder::make_compute(const char* type, const std::string& name, int hosts, bool drs,
                              bool has_tpm, const Ref& parent) {
  auto made = std::make_shared<ComputeResource>(world_.inventory.new_ref(type, "domain-c"), name,
                                                parent.empty() ? datacenter_->host_folder : parent);
  ComputeResource* compute = made.get();
  world_.add_entity(std::move(made));
  compute->drs = drs;
  compute->environment = {"EnvironmentBrowser", "envbrowser-" + compute->ref().id};
  world_.inventory.add(std::make_shared<EnvironmentBrowser>(compute->environment, compute->ref()));
  compute->pool = make_pool("Resources", compute->ref(), compute->ref());
  compute->networks = datacenter_->networks;
  for (int i = 1; i <= hosts; ++i) {
    const std::string host =
        !compute->is_cluster() ? name : name + "-esx" + std::to_string(i) + ".example.test";
    compute->hosts.push_back(make_host(host, compute->ref(), has_tpm));
  }
  return compute->ref();
}

void SiteBuilder::mount(const Ref& datastore, const std::vector<Ref>& hosts) {
  auto* place = world_.inventory.get<Datastore>(datastore);
  for (const Ref& ref : hosts) {
    place->mounts.push_back({ref, true, true});
    auto* host = world_.inventory.get<HostSystem>(ref);
    host->datastores.push_back(datastore);
    auto* compute = world_.inventory.get<ComputeResource>(host->parent());
    if (compute->datastores.empty() || compute->datastores.back() != datastore) {
      compute->datastores.push_back(datastore);
    }
  }
}

Site SiteBuilder::build() {
  Datacenter& dc = *datacenter_;
  dc.vm_folder = folder("vm", {"Folder", "VirtualMachine", "VirtualApp"}, "group-v");
  dc.host_folder =
      folder("host", {"Folder", "ComputeResource", "ClusterComputeResource"}, "group-h");
  dc.datastore_folder = folder("datastore", {"Folder", "Datastore", "StoragePod"}, "group-s");
  dc.network_folder =
      folder("network",
             {"Folder", "Network", "DistributedVirtualSwitch", "DistributedVirtualPortgroup",
              "OpaqueNetwork", "VmwareDistributedVirtualSwitch"},
             "group-n");
  site_.vm_folder = dc.vm_folder;

  site_.network = make_network("Network", "network", "VM Network");
  auto distributed = std::make_shared<DistributedSwitch>(
      world_.inventory.new_ref("VmwareDistributedVirtualSwitch", "dvs"), "DSwitch",
      dc.network_folder);
  distributed->uuid = derive_uuid(world_.seed, "dvs" + distributed->ref().id);
  site_.portgroup = make_network("DistributedVirtualPortgroup", "dvportgroup", "DPG-prod");
  auto* portgroup = world_.inventory.get<Network>(site_.portgroup);
  portgroup->distributed_switch = distributed->ref();
  portgroup->switch_uuid = distributed->uuid;
  distributed->portgroups.push_back(site_.portgroup);
  world_.add_entity(std::move(distributed));
  site_.opaque = make_network("OpaqueNetwork", "network-o", "nsx-segment");
  auto* opaque = world_.inventory.get<Network>(site_.opaque);
  opaque->opaque_id = derive_uuid(world_.seed, "segment" + site_.opaque.id);
  opaque->opaque_type = "nsx.LogicalSwitch";

  site_.datastore = make_datastore("datastore1", DatastoreKind::vmfs);
  site_.nfs = make_datastore("nfs & share", DatastoreKind::nfs);
  site_.vsan = make_datastore("vsanDatastore", DatastoreKind::vsan);
  site_.full = make_datastore("full", DatastoreKind::vmfs);
  site_.dead = make_datastore("dead", DatastoreKind::vmfs);

  const auto* drs = world_.inventory.get<ComputeResource>(
      make_compute("ClusterComputeResource", "Cluster1", 3, true, true));
  const auto* plain = world_.inventory.get<ComputeResource>(
      make_compute("ClusterComputeResource", "Cluster2", 2, false, false));
  const auto* alone = world_.inventory.get<ComputeResource>(
      make_compute("ComputeResource", "esx-alone.example.test", 1, false, false));
  site_.drs_pool = drs->pool;
  site_.plain_pool = plain->pool;
  site_.standalone_pool = alone->pool;
  site_.sub_pool = make_pool("Gold", drs->ref(), drs->pool);
  site_.host = drs->hosts.front();
  site_.lost_host = drs->hosts.back();

  std::vector<Ref> all = drs->hosts;
  all.insert(all.end(), plain->hosts.begin(), plain->hosts.end());
  mount(site_.vsan, drs->hosts);
  mount(site_.nfs, drs->hosts);
  all.insert(all.end(), alone->hosts.begin(), alone->hosts.end());
  mount(site_.datastore, all);
  mount(site_.full, all);
  mount(site_.dead, all);
  for (const Ref& host : all) {
    for (const Ref& network : dc.networks) {
      world_.inventory.get<Network>(network)->hosts.push_back(host);
    }
  }
  auto* full = world_.inventory.get<Datastore>(site_.full);
  full->capacity = std::int64_t{1} << 40;
  full->occupied = full->capacity - 100000;  // less than an nvram file
  world_.inventory.get<HostSystem>(site_.lost_host)->connection = "disconnected";
  return site_;
}

Ref make_folder(World& world, const Ref& parent, const std::string& name,
                const std::vector<std::string>& child_types, const char* prefix) {
  auto folder = std::make_shared<Folder>(world.inventory.new_ref("Folder", prefix), name, parent,
                                         child_types);
  const Ref ref = folder->ref();
  world.add_entity(std::move(folder));
  return ref;
}

Ref make_vm_folder(World& world, const Ref& parent, const std::string& name) {
  return make_folder(world, parent, name, {"Folder", "VirtualMachine", "VirtualApp"}, "group-v");
}

Site make_site(World& world, const Ref& parent, const std::string& name, bool varied) {
  SiteBuilder builder(world, parent, name);
  const Site site = builder.build();
  if (varied) builder.add_varied_places();
  return site;
}

}  // namespace vtpmfs::simulator
