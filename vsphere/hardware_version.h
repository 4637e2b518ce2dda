// Versions of virtual hardware, as vCenter names them.
#pragma once

#include <string_view>

namespace vtpmfs::vsphere {

/// The first one that can have a vTPM (vSphere 6.7).
inline constexpr int kFirstVersionWithVtpm = 14;

/// 19 for "vmx-19"; 0 for a text that is no such version.
int hardware_number(std::string_view version);

}  // namespace vtpmfs::vsphere
