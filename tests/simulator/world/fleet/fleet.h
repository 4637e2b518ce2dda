// Draws up the fleet: sites, folders and machines.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulator/world/fleet/machine_maker.h"
#include "tests/simulator/world/fleet/site.h"

namespace vtpmfs::simulator {

class World;
struct FleetOptions;

/// What is left of building the fleet: the sites, and the means to make more machines.
struct Fleet {
  std::vector<Site> sites;
  MachineMaker maker;
};

/// Wants the inventory's lock held exclusively, on a world that is empty yet.
std::shared_ptr<Fleet> build_fleet(World& world, const FleetOptions& options);

}  // namespace vtpmfs::simulator
