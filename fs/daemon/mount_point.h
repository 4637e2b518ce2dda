// The place to mount on, looked at before anything else is begun.
#pragma once

#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// The absolute path of an existing, empty directory that is ours to mount on. ENOENT, ENOTDIR,
/// ENOTEMPTY (what lies there would be hidden), EBUSY where something is mounted already, ENOTCONN
/// with the words how to clean up after a daemon that died.
Result<std::string> usable_mount_point(const std::string& path);

}  // namespace vtpmfs::fs
