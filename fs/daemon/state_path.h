// Where this mount's state lies.
#pragma once

#include <string>

#include "fs/options/govc_environment.h"
#include "fs/options/options.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// --state-dir, else /var/lib/vtpmfs/<vCenter's instanceUuid> for root and
/// $XDG_STATE_HOME/vtpmfs/<…> (or
/// ~/.local/state/vtpmfs/<…>) for others; its parents are made, 0700. ENOENT where there is no
/// home.
Result<std::string> state_path(const Options& options, const std::string& vcenter_uuid,
                               const Environment& environment);

}  // namespace vtpmfs::fs
