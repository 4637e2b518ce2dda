// The time of a file that was never seen before.
#pragma once

#include <optional>

#include "cache/clock.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::cache {

/// When a VM's configuration became what it is, as far as the server tells: changeVersion where
/// that is a time, else config.modified, else createDate. Times before 1990 (real servers report
/// 1970 for `modified`) and more than a day in the future are none. Empty where nothing is left.
std::optional<WallTime> first_value(const vsphere::VmDetail& detail, WallTime now);

/// A datastore's time under the same limits.
std::optional<WallTime> sane_time(std::chrono::system_clock::time_point time, WallTime now);

}  // namespace vtpmfs::cache
