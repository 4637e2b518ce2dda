// What a device stands on: a network that is there, a disk file that is there or is made.
#pragma once

#include <cstddef>

#include "tests/simulator/world/rules/draft.h"

namespace vtpmfs::simulator {

/// Checks (and completes) the backing of a device that is added or edited. New disks' files go into
/// the draft. InvalidDeviceBacking, FileNotFound and their like where it cannot be.
Outcome<void> check_backing(World& world, Draft& draft, const DeviceChange& change,
                            std::size_t index);

/// Has the files of a disk removed with the change.
void remove_disk_files(Draft& draft, const vim25__VirtualDevice& disk, const World& world);

}  // namespace vtpmfs::simulator
