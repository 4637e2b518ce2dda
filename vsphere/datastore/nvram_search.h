// Listing the nvram files of a datastore.
#pragma once

#include <optional>
#include <string>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/vm_source.h"

class xsd__anyType;

namespace vtpmfs::vsphere {

class SoapCaller;

/// Searches the whole datastore, or one directory of it, with a task of the datastore's browser:
/// two calls and the looks at the task. Blocking, thread-safe, bounded by call.timeout. ENOENT
/// where the directory is not there.
Result<NvramListing> search_nvram(SoapCaller& caller, const DatastorePlace& place,
                                  const std::optional<std::string>& directory, const Call& call);

/// What the search's task answered: one search result or an array of them. Where one `directory`
/// was searched, they are of it, whatever the server calls it. EIO where there is no result, where
/// a folder is not of this datastore (it may have got another name), and for anything else.
Result<NvramListing> read_search_results(const xsd__anyType* result, const std::string& datastore,
                                         const std::optional<std::string>& directory);

}  // namespace vtpmfs::vsphere
