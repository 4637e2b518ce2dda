// From what a person typed to the name that the API wants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/saved/saved_origin.h"

namespace vtpmfs::fs {

/// The API's form of a directory's name. vCenter writes '%', '/' and '\' inside names as %25, %2f
/// and %5c. A name in which every '%' begins one of these was copied from the mount and is taken as
/// it is; in any other one '%' and '\' are escaped (a '/' cannot be in a directory's name).
std::string api_name(std::string_view directory_name);

/// The longest name that vSphere takes: 80 characters, counted before escaping. UTF-8 counted by
/// character.
bool fits_vsphere(std::string_view api_name);

/// Components of an inventory path as the API writes it (/DC0/vm/Finance/pay01).
std::vector<std::string> path_components(std::string_view inventory_path);

/// Where a staged set belongs: folders below the datacenter's vmFolder, and the VM's name, all API
/// names.
struct SetPlace {
  std::vector<std::string> folders;
  std::string vm_name;
  /// The saved parent folder's name where this looks like `cp -r pay01 restore/Finance` with
  /// Finance absent, which makes Finance the copy: a slip. Empty otherwise.
  std::string slip_of;
};

/// From the staged path (directory names below restore/, the set's last) and what config.json says.
/// Tools that recreate the whole path (restic, borg, absolute tar) end with the saved inventory
/// path: what precedes that path's part after /vm/ is dropped. `existing_folders`: how many leading
/// components are folders of the vCenter.
SetPlace place_of_set(const std::vector<std::string>& staged_path, const cache::SavedOrigin* origin,
                      size_t existing_folders);

}  // namespace vtpmfs::fs
