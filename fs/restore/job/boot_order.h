// The boot order of a VM that boots from its network cards.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "vsphere/error.h"
#include "vsphere/vm_config.h"

namespace vtpmfs::fs {

/// The saved boot order by the keys that the cards got in the VM that was `made`. Empty where it
/// names no card (the creation has set it then), or one that was left out: half an order is another
/// order. `cards` are the saved keys of those that were asked for, which a vCenter makes in this
/// order; EIO where the VM has others.
Result<std::optional<std::vector<vsphere::BootDevice>>> boot_order_of_made(
    const vsphere::VmConfig& saved, const std::set<int>& cards, const vsphere::VmConfig& made);

}  // namespace vtpmfs::fs
