// The files of a VM's directory out of what vCenter said about it.
#pragma once

#include <optional>
#include <string>

#include "cache/saved/saved_origin.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::cache {

/// The bytes of a VM's files but nvram and SHA256SUMS. Unset where vCenter has no value, or where
/// it could not be read: VmDetail::unreadable tells which of the two.
struct VmFiles {
  std::optional<std::string> key_id;
  std::optional<std::string> bundle;  ///< byte for byte, no newline added
  std::optional<std::string> firmware;
  std::optional<std::string> vtpm;
  std::string config;
};

/// `origin` as far as it does not come from `detail`: the vCenter, the inventory path, no_nvram,
/// policy and provider. What the detail holds (name, MoRef, uuid, change version, template, path,
/// key) is taken from it; a key of `origin` stands where the detail has none (a locked VM). The
/// same detail and origin give the same bytes.
VmFiles render_vm_files(const vsphere::VmDetail& detail, SavedOrigin origin);

}  // namespace vtpmfs::cache
