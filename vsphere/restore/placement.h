// Where a new VM can go.
#pragma once

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// Everything that the datacenter offers, in one paged call, and one more where it has distributed
/// switches. ENOENT where the datacenter has gone. Blocking, thread-safe.
Result<PlacementOptions> read_placement_options(SoapCaller& caller, const MoRef& datacenter,
                                                const Call& call);

}  // namespace vtpmfs::vsphere
