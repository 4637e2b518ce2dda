// user.vtpmfs.*: what a VM's directory and files tell beside their bytes.
#pragma once

#include <string>

#include "cache/vm_sets.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

class InventoryTree;

/// Whether a name is one of user.vtpmfs.*, known or not.
bool is_our_attribute(const std::string& name);

/// They can be read and are never listed: cp -a, rsync -X, borg and restic would copy them, and a
/// copy's would be believed. All are of the generation that the directory shows. `name` is one of
/// ours.
///
/// Of a VM's directory: user.vtpmfs.moref, .changeVersion, .key, .provider, .generation. ENODATA
/// for what this VM has not, and for any other name.
Result<std::string> vm_attribute(const InventoryTree& tree, const vsphere::MoRef& vm,
                                 const std::string& name);
/// Of a file: user.vtpmfs.sha256 in hex; ENODATA for an nvram that was not fetched, for SHA256SUMS,
/// which lists its hash, until then, and for what cannot be had.
Result<std::string> file_attribute(const InventoryTree& tree, const vsphere::MoRef& vm,
                                   cache::FileRole role, const std::string& name);

/// A word for what a listing shows: another one when a file comes, goes or changes, the same one
/// after a remount.
std::string generation_of(const cache::SetListing& listing);

}  // namespace vtpmfs::fs
