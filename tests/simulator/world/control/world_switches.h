// The ways in which real vCenters may differ, as far as nobody could tell (or as they are known
// to).
#pragma once

namespace vtpmfs::simulator {

class Switches;

void declare_switches(Switches& switches);

}  // namespace vtpmfs::simulator
