// What goes wrong with the disk that staging lies on, as whoever writes into restore/ is told.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "vsphere/error.h"

namespace vtpmfs::cache {

/// The errno of a full, read-only or broken disk is told as it is. Anything else (its directory was
/// removed or unmounted, a right is missing, too many files are open) would be taken for something
/// that the user did in restore/: EIO, with the disk's own words.
inline tl::unexpected<Error> disk_error(const std::string& what) {
  const int code = errno;
  const bool told = code == ENOSPC || code == EDQUOT || code == EROFS || code == EFBIG;
  return fail(told ? code : EIO, what + ": " + std::generic_category().message(code));
}

}  // namespace vtpmfs::cache
