// Finding VMs and folders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// The child of a folder by its exact name, escapes included. Empty where there is none.
Result<std::optional<MoRef>> find_child_of(SoapCaller& caller, const MoRef& folder,
                                           const std::string& name, const Call& call);

/// Every VM with this BIOS uuid or instanceUuid; a server without FindAllByUuid gives one at most.
Result<std::vector<MoRef>> find_vms_by_uuid(SoapCaller& caller, const std::string& uuid,
                                            bool instance, const Call& call);

}  // namespace vtpmfs::vsphere
