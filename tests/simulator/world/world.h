// The world inside the simulated vCenter: what main() and the tests call.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace vtpmfs::simulator {

class Simulator;

/// What a fleet is made of. The same options and seed make the same fleet, byte for byte.
struct FleetOptions {
  /// Ordinary machines: encrypted, with a vTPM and an nvram file, powered off.
  int vms = 20;
  int plain = 0;         ///< ordinary machines besides, neither encrypted nor with a vTPM
  int datacenters = 2;   ///< the second lies in folders
  int folders = 2;       ///< how deep the VM folders are nested
  bool specials = true;  ///< one each of the machines that are not ordinary, awkward names included
  bool case_twins = false;  ///< two machines in one folder whose names differ in case only
  /// Datastore clusters, vVol, nested pools, and datacenters of one name and of awkward ones.
  bool varied_places = false;
  std::string seed = "vtpmfs";
  /// Two simulators with one KMS seed share the fleet's keys, as sites with a replicated KMS do.
  std::string kms_seed = "kms";
  /// The default key provider: "KMS", "NKP1", or "none".
  std::string default_provider = "KMS";
};

void add_options(CLI::App& app, FleetOptions& options);

/// Fills the simulator: objects, operations, routes, switches and verbs. Before Simulator::start().
void build_world(Simulator& simulator, const FleetOptions& options = {});

}  // namespace vtpmfs::simulator
