// Why a VM's set cannot be had whole, as far as its details and the datastore's listing tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/sets/set_version.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::cache {

/// What is missing of a set. ENODATA: vCenter has no value. A property that could not be read: as
/// it was answered. ENOKEY: the VM is locked. EHOSTUNREACH: its host is disconnected.
struct Shortfall {
  std::optional<Error> set;  ///< the first reason; empty where nothing is missing
  std::vector<std::pair<FileRole, Error>> files;

  void add(FileRole role, Error error);
  void add(Error error);
};

/// Whether the VM's home is encrypted, so that a key and a bundle belong to its set.
bool is_encrypted(const vsphere::VmDetail& detail);

/// Whether vCenter told anything of the VM's configuration; it has none of a VM that its host could
/// not load.
bool has_configuration(const vsphere::VmDetail& detail);

/// The reason why `property` or a part of it could not be read; null where it could.
const Error* why_unreadable(const vsphere::VmDetail& detail, std::string_view property);

/// Whether the device list could not be read, so that nobody knows whether there is a vTPM.
bool device_list_unknown(const vsphere::VmDetail& detail);

/// Whether a bundle of a known form names only other keys than keyId.
bool bundle_is_for_other_keys(const vsphere::VmDetail& detail);

/// What the details lack. `names_key`: the key of the VM's home is known, from here or from the
/// inventory, so that config.json can name it.
Shortfall shortfall_of_details(const vsphere::VmDetail& detail, bool has_tpm, bool names_key);

/// Traces of having run: on or suspended, snapshots, a log with content. What cannot be read counts
/// as a trace.
bool has_run(const vsphere::VmDetail& detail);

/// Why nvram cannot be had, or is missing where it must not be.
std::optional<Error> nvram_shortfall(const NvramPlace& place, const NvramFound& found, bool ran,
                                     uint64_t nvram_max);

}  // namespace vtpmfs::cache
