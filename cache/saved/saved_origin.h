// Where a saved directory came from, and what the next vCenter needs to know about it.
#pragma once

#include <optional>
#include <string>

#include "vsphere/crypto_key.h"
#include "vsphere/moref.h"

namespace vtpmfs::cache {

/// What config.json records besides the machine's configuration. All of it is for the reader and
/// for hints: a backup may have been tampered with, so nothing in it is trusted. What is not known
/// is unset. Nothing in it may be a thing that changes while the VM does not.
struct SavedOrigin {
  std::optional<std::string> vcenter_instance_uuid;
  std::optional<std::string> vcenter_name;
  std::optional<std::string> inventory_path;  ///< /DC0/vm/Finance/pay01, raw names
  std::optional<std::string> raw_name;        ///< as the API gives it, escapes included
  std::optional<vsphere::MoRef> vm;           ///< means something in that vCenter only
  std::optional<std::string> instance_uuid;
  std::optional<std::string> change_version;
  bool is_template = false;
  /// The VM had no nvram, and that is how it was: a set without one is whole.
  bool no_nvram = false;
  std::optional<std::string> vm_path_name;  ///< [datastore1] dir/vm.vmx
  /// The key by name, for who has nothing but this file (a locked VM's key is named here too).
  std::optional<vsphere::CryptoKeyId> key;
  std::optional<std::string> policy_id;
  std::optional<std::string> policy_name;
  // the key's provider
  std::optional<std::string> provider_management;  ///< vCenter, nativeProvider, trustAuthority
  std::optional<std::string> provider_own_key_id;  ///< native providers
  std::optional<bool> provider_has_backup;         ///< native providers
  std::optional<bool> provider_tpm_required;       ///< native providers

  bool operator==(const SavedOrigin&) const = default;
};

}  // namespace vtpmfs::cache
