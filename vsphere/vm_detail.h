// Interface. Everything about one VM that one RetrievePropertiesEx gave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/crypto_key.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"
#include "vsphere/virtual_tpm.h"
#include "vsphere/vm_config.h"

namespace vtpmfs::vsphere {

/// A property that the server did not give, and why.
struct Unreadable {
  std::string property;
  Error error;
};

enum class PowerState { unknown, off, on, suspended };

/// The five items (without nvram's bytes) and the configuration, all of one moment.
/// An unset optional means that vCenter has no value; a property that could not be read is in
/// `unreadable`. A value of a type that we do not know is in `unreadable` too, never absent
/// silently.
struct VmDetail {
  MoRef vm;
  std::optional<std::string> name;  ///< as the API gives it, escapes included
  std::optional<std::string> change_version;
  std::optional<CryptoKeyId> key_id;
  std::optional<std::string> encryption_bundle;
  std::optional<std::string> firmware;
  std::optional<VirtualTpm> vtpm;
  std::optional<bool> tpm_present;          ///< summary.config.tpmPresent, a cross-check
  std::optional<std::string> vm_path_name;  ///< config.files.vmPathName
  std::optional<std::string> nvram_extra_config;
  std::optional<std::string> nvram_layout;  ///< layoutEx name of type nvram
  std::optional<int64_t> nvram_layout_size;
  bool log_with_content = false;  ///< layoutEx shows a vmware*.log with bytes in it
  bool has_snapshot = false;
  PowerState power = PowerState::unknown;
  std::string connection_state;  ///< connected, disconnected, orphaned, inaccessible, invalid
  std::string crypto_state;      ///< unlocked, locked, or empty
  std::optional<std::string> instance_uuid;
  std::optional<std::string> modified;     ///< config.modified, RFC 3339; 1970 on real servers
  std::optional<std::string> create_date;  ///< config.createDate
  bool is_template = false;
  std::optional<std::string> managed_by;  ///< extension key, if a solution owns the VM
  std::vector<MoRef> datastores;
  VmConfig config;
  std::vector<Unreadable> unreadable;

  /// The reason why `property` (its vim25 path) could not be read; null where it could.
  [[nodiscard]] const Error* why_unreadable(std::string_view property) const;
};

}  // namespace vtpmfs::vsphere
