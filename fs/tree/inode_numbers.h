// Inode numbers that are the same after a remount.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "cache/staging_store.h"
#include "cache/vm_sets.h"
#include "fs/node.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

/// Numbers of the inventory are the first 63 bits of a SHA-256 over the vCenter's instanceUuid, the
/// object and its part: borg, restic and `tar -g` take a new number for a new file. Staged files
/// have the upper half of the range, by their own number. Never 0, 1 (the root) or 2^64-1.
/// Immutable, thread-safe.
class InodeNumbers {
 public:
  explicit InodeNumbers(std::string instance_uuid);

  /// Of a folder, datacenter, vApp or VM as a directory.
  [[nodiscard]] InodeNumber directory(const vsphere::MoRef& id) const { return part(id, "/"); }
  [[nodiscard]] InodeNumber file(const vsphere::MoRef& vm, cache::FileRole role) const {
    return part(vm, cache::file_name(role));
  }
  /// Of something else that belongs to an object: a datacenter's "restore". `name` has no slash.
  [[nodiscard]] InodeNumber part(const vsphere::MoRef& id, std::string_view name) const;

  [[nodiscard]] static InodeNumber staged(cache::StagedId id) {
    return InodeNumber{id | 1ULL << 63};
  }
  [[nodiscard]] static bool is_staged(InodeNumber inode) { return inode.value >> 63 != 0; }

 private:
  const std::string instance_uuid_;
  const std::shared_ptr<EVP_MD> sha256_;  ///< fetched once: a lookup by name costs more than a hash
};

}  // namespace vtpmfs::fs
