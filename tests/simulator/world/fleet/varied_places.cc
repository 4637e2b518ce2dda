// The places of a site that not every datacenter has.
#include "tests/simulator/world/fleet/site_builder.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

}  // namespace

Ref SiteBuilder::make_pod(const std::string& name, const Ref& parent) {
  auto pod = std::make_shared<Folder>(world_.inventory.new_ref("StoragePod", "group-p"), name,
                                      parent, std::vector<std::string>{"Datastore"});
  const Ref ref = pod->ref();
  world_.add_entity(std::move(pod));
  return ref;
}

Datastore& SiteBuilder::make_member(const std::string& name, DatastoreKind kind, const Ref& parent,
                                    std::int64_t capacity, const std::vector<Ref>& hosts) {
  const Ref ref = make_datastore(name, kind, parent);
  mount(ref, hosts);
  auto* member = world_.inventory.get<Datastore>(ref);
  member->capacity = capacity;
  return *member;
}

std::vector<Ref> SiteBuilder::hosts_below(const Ref& pool) const {
  const auto* resources = world_.inventory.get<ResourcePool>(pool);
  return world_.inventory.get<ComputeResource>(resources->owner)->hosts;
}

void SiteBuilder::add_varied_places() {
  const std::vector<Ref> drs = hosts_below(site_.drs_pool);
  const std::vector<Ref> plain = hosts_below(site_.plain_pool);
  const auto datastore_folder = [&](const char* name) {
    return make_folder(world_, datacenter_->datastore_folder, name,
                       {"Folder", "Datastore", "StoragePod"}, "group-s");
  };
  const Ref tier = datastore_folder("Tier %2f 1");
  const Ref other_tier = datastore_folder("Tier 2");

  const Ref pod = make_pod("Pod1", tier);
  make_member("pod1-small", DatastoreKind::vmfs, pod, 100 * gibibyte, drs);
  make_member("pod1-large", DatastoreKind::vmfs, pod, 200 * gibibyte, drs);
  make_member("pod1-far", DatastoreKind::vmfs, pod, 300 * gibibyte, {plain.back()});
  make_member("pod1-quiet", DatastoreKind::vmfs, pod, 400 * gibibyte, drs).maintenance = true;
  Datastore& full = make_member("pod1-full", DatastoreKind::vmfs, pod, 500 * gibibyte, drs);
  full.occupied = full.capacity - 100000;  // less than an nvram file
  make_member("twin-a", DatastoreKind::nfs, make_pod("Twin pod", tier), gibibyte, drs);
  make_member("twin-b", DatastoreKind::nfs, make_pod("Twin pod", other_tier), gibibyte, drs);
  make_member("vvolDatastore", DatastoreKind::vvol, {}, 100 * gibibyte, drs);

  const Ref owner = world_.inventory.get<ResourcePool>(site_.plain_pool)->owner;
  make_pool("Gold", owner, site_.plain_pool);
  make_pool("Inner", owner, make_pool("Silver %2f 2", owner, site_.plain_pool));

  const Ref racks = make_folder(world_, datacenter_->host_folder, "Racks %2f 1",
                                {"Folder", "ComputeResource", "ClusterComputeResource"}, "group-h");
  const Ref one = make_compute("ClusterComputeResource", "Cluster3", 1, false, false, racks);
  const std::vector<Ref> one_host = world_.inventory.get<ComputeResource>(one)->hosts;
  mount(site_.datastore, one_host);
  for (const Ref& network : datacenter_->networks) {
    world_.inventory.get<Network>(network)->hosts.push_back(one_host.front());
  }
}

}  // namespace vtpmfs::simulator
