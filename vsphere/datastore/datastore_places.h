// Which datastores there are, and through which datacenter their files are reached.
#pragma once

#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// All datastores, once for each datacenter that sees them, in one paged call that walks the
/// folders of datacenters. A datacenter or datastore that may not be read is left out. Blocking,
/// thread-safe.
Result<std::vector<DatastorePlace>> find_datastores(SoapCaller& caller, const Call& call);

}  // namespace vtpmfs::vsphere
