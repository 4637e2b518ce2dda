// What an account needs for what a spec asks: VSPHERE's privileges by changed field.
#pragma once

#include "tests/simulator/soap/call.h"
#include "tests/simulator/world/operations/machine_work.h"

namespace vtpmfs::simulator {

/// NoPermission with the object and the first privilege that is lacking.
Outcome<void> require_for_create(const Call& call, const World& world, const CreateOrder& order);
Outcome<void> require_for_reconfigure(const Call& call, const World& world, const Ref& machine,
                                      const MachineSpec& spec);

}  // namespace vtpmfs::simulator
