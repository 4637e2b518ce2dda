// Waiting that ends when nobody waits any more.
#pragma once

#include <chrono>

#include "vsphere/cancel.h"

namespace vtpmfs::vsphere {

/// Sleeps on the calling thread for `time`, or until `cancel` is cancelled. True for the latter.
bool pause(std::chrono::milliseconds time, const CancelToken& cancel);

}  // namespace vtpmfs::vsphere
