// The machines of the fleet that are not ordinary, and the awkward names.
#pragma once

#include <string>

namespace vtpmfs::simulator {

class MachineMaker;
class World;
struct Site;

void make_specials(World& world, const Site& site, MachineMaker& maker,
                   const std::string& kms_seed);

}  // namespace vtpmfs::simulator
