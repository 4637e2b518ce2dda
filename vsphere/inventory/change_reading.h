// From WaitForUpdatesEx's answer to the feed's changes.
#pragma once

#include <vector>

#include "vsphere/inventory_source.h"

class vim25__UpdateSet;

namespace vtpmfs::vsphere {

/// All changes of the answer, in its order. A property that became unset is there as such, one that
/// may not be read as an Error; one that the server does not know is left out.
std::vector<EntityChange> read_changes(const vim25__UpdateSet& updates);

/// True where the answer says that the session was lost.
bool says_not_authenticated(const vim25__UpdateSet& updates);

}  // namespace vtpmfs::vsphere
