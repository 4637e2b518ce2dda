#include "tests/simulator/world/world.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "tests/simulator/service/singleton.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/control/world_switches.h"
#include "tests/simulator/world/control/world_verbs.h"
#include "tests/simulator/world/fleet/fleet.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

void add_singletons(World& world) {
  world.search_index = {"SearchIndex", "SearchIndex"};
  world.file_manager = {"FileManager", "FileManager"};
  world.namespace_manager = {"DatastoreNamespaceManager", "DatastoreNamespaceManager"};
  for (const Ref& ref : {world.search_index, world.file_manager, world.namespace_manager}) {
    world.inventory.add(std::make_shared<Singleton>(ref));
  }
}

void register_all(World& world) {
  register_machine_operations(world);
  register_folder_operations(world);
  register_search_operations(world);
  register_environment_operations(world);
  register_datastore_operations(world);
  register_crypto_operations(world);
  register_policy_operations(world);
  register_file_service(world);
  register_key_verbs(world);
  register_list_verbs(world);
  register_place_verbs(world);
  register_tree_verbs(world);
}

/// Types of which there may be no object yet, and those that others derive from: what a path means
/// does not depend on the objects that there are.
void declare_types(World& world) {
  static const PropertyTable entity = entity_properties();
  Inventory& inventory = world.inventory;
  inventory.declare_type("ManagedEntity", entity);
  inventory.declare_type("VirtualMachine",
                         VirtualMachine({}, {}, {}, inventory, world.endorsements).properties());
  const auto same = [&](const char* type, const char* as) {
    if (const auto* table = inventory.properties_of(as)) inventory.declare_type(type, *table);
  };
  same("StoragePod", "Folder");
  same("VirtualApp", "ResourcePool");
  same("ClusterComputeResource", "ComputeResource");
  for (const char* type : {"OpaqueNetwork", "DistributedVirtualPortgroup"}) same(type, "Network");
}

}  // namespace

void add_options(CLI::App& app, FleetOptions& options) {
  app.add_option("--vms", options.vms, "how many ordinary machines")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--plain", options.plain, "how many machines besides, without encryption and vTPM")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--datacenters", options.datacenters, "how many datacenters")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  app.add_option("--folders", options.folders, "how deep VM folders are nested")
      ->check(CLI::Range(0, 20))
      ->capture_default_str();
  app.add_flag("--specials,!--no-specials", options.specials,
               "also one each of the machines that are not ordinary");
  app.add_flag("--case-twins", options.case_twins,
               "two machines in one folder whose names differ in case only");
  app.add_flag("--varied-places", options.varied_places,
               "also datastore clusters, vVol, nested pools, and datacenters of one name and of "
               "awkward ones");
  app.add_option("--seed", options.seed, "another seed is another fleet")->capture_default_str();
  app.add_option("--kms-seed", options.kms_seed, "simulators with one KMS seed share keys")
      ->capture_default_str();
  app.add_option("--default-provider", options.default_provider, "KMS, NKP1 or none")
      ->check(CLI::IsMember({"KMS", "NKP1", "none"}))
      ->capture_default_str();
}

void build_world(Simulator& simulator, const FleetOptions& options) {
  auto world = std::make_shared<World>(simulator, options.seed);
  simulator.keep(world);
  declare_switches(simulator.switches());
  const auto lock = simulator.inventory().write();
  add_singletons(*world);
  register_all(*world);
  register_machine_verbs(*world, build_fleet(*world, options));
  declare_types(*world);
  auto& content = simulator.service_content();
  content["rootFolder"] = world->root;
  content["searchIndex"] = world->search_index;
  content["fileManager"] = world->file_manager;
  content["datastoreNamespaceManager"] = world->namespace_manager;
  content["cryptoManager"] = world->crypto_manager;
}

}  // namespace vtpmfs::simulator
