// Devices of the allow-list, and disks as a record, in the VI JSON of hardware.device.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cache/saved/object_reader.h"
#include "vsphere/vm_config.h"

namespace vtpmfs::cache {

/// The device as the server shows it, with the members that its type has. `device.type` must be of
/// the allow-list.
nlohmann::ordered_json device_to_json(const vsphere::VmDevice& device);

nlohmann::ordered_json disk_to_json(const vsphere::VmDiskRecord& disk);

/// Reads a device whose type (of the allow-list) is known; errors go to the Reading.
vsphere::VmDevice read_device(const ObjectReader& device, const std::string& type);

vsphere::VmDiskRecord read_disk(const ObjectReader& disk);

}  // namespace vtpmfs::cache
