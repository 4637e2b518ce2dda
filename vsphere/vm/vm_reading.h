// From one object of a PropertyCollector's answer to a VmDetail.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/moref.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::vsphere {

class ObjectProperties;

/// A VM as read: what backups see, and what only a restore asks.
struct VmRecord {
  VmDetail detail;
  std::optional<MoRef> parent;
  std::optional<MoRef> parent_vapp;
  std::map<std::string, std::string> marks;  ///< extraConfig vtpmfs.*, where the whole was read
  bool files_listed = false;                 ///< layoutEx.file was there
  bool may_hold_data = false;  ///< see DeviceList; true also where the device list is unreadable
};

/// What could not be read is in VmDetail::unreadable under the names of vm_property.h. A VM whose
/// whole configuration is absent (locked, or on a host that never came up) has all of it there
/// (ENODATA): absent is not the same as "is not encrypted and has no vTPM".
VmRecord read_vm(const ObjectProperties& object, const std::vector<std::string>& save_extra_config);

}  // namespace vtpmfs::vsphere
