// The property table of virtual machines, in parts. Only virtual_machine's own files use it.
#pragma once

#include "tests/simulator/model/property_table.h"
#include "tests/simulator/world/machine/virtual_machine.h"

namespace vtpmfs::simulator {

/// Adds config and all below it. Of a locked machine none of it can be read: unset.
void declare_config(Declare<VirtualMachine>& declare);
/// Adds runtime and summary.
void declare_state(Declare<VirtualMachine>& declare);
/// Adds layoutEx, snapshots and where the machine is placed.
void declare_places(Declare<VirtualMachine>& declare);

}  // namespace vtpmfs::simulator
