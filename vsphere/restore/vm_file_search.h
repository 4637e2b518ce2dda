// Whose directory is this? Told by the VMs' own files in it.
#pragma once

#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// The names of the .vmx and .vmtx files in one directory of a datastore, by SearchDatastore_Task:
/// those of registered VMs and of others. Empty where the directory is not there. ETIMEDOUT where
/// the search takes longer than call.timeout. Blocking, thread-safe.
Result<std::vector<std::string>> find_vm_files(SoapCaller& caller, const DatastorePlace& place,
                                               const std::string& directory, const Call& call);

}  // namespace vtpmfs::vsphere
