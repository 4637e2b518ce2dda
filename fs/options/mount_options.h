// The comma list of -o, as mount(8), fstab and every FUSE program write it.
#pragma once

#include <string>

#include "fs/options/options.h"

namespace vtpmfs::fs {

/// Applies `a,b=c,...` (a backslash keeps a comma). Our own options by their long names; what only
/// concerns mount(8) or systemd (_netdev, nofail, x-..., user, auto, ...) is ignored; the kernel's
/// own go to the kernel. EINVAL for an option that nobody knows.
Status apply_mount_options(const std::string& list, Options& options);

}  // namespace vtpmfs::fs
