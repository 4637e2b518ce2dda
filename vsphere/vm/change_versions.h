// config.changeVersion of VMs, asynchronously.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// Reads the versions of `vms`, a page of kObjectsPerPage in a call, one call after the other, all
/// within `call.timeout`. VMs that have gone, or whose configuration is not known now, are not in
/// the answer. `done` runs exactly once, on the transport's completion pool (for an empty list on
/// the calling thread). `caller` must live until then.
void read_change_versions(SoapCaller& caller, const std::vector<MoRef>& vms, const Call& call,
                          std::function<void(Result<std::map<MoRef, std::string>>)> done);

}  // namespace vtpmfs::vsphere
