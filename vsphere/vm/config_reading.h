// The scalar part of config.json's allow-list.
#pragma once

#include <vector>

#include "vsphere/vm_config.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::vsphere {

class ObjectProperties;

/// Fills all of `config` but devices, disks and extraConfig. Returns what could not be read.
std::vector<Unreadable> read_config(const ObjectProperties& object, VmConfig& config);

}  // namespace vtpmfs::vsphere
