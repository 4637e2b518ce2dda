// The kinds of request that the kernel sends us.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace vtpmfs::fs::kernel {

enum class Operation {
  lookup,
  forget,
  getattr,
  setattr,
  readlink,
  mknod,
  mkdir,
  unlink,
  rmdir,
  symlink,
  rename,
  link,
  open,
  read,
  write,
  flush,
  release,
  fsync,
  opendir,
  readdir,
  readdirplus,
  releasedir,
  fsyncdir,
  statfs,
  setxattr,
  getxattr,
  listxattr,
  removexattr,
  create,
  ioctl,
};

inline constexpr std::array<std::string_view, 30> kOperationNames{
    "lookup",   "forget",   "getattr",     "setattr",     "readlink", "mknod",
    "mkdir",    "unlink",   "rmdir",       "symlink",     "rename",   "link",
    "open",     "read",     "write",       "flush",       "release",  "fsync",
    "opendir",  "readdir",  "readdirplus", "releasedir",  "fsyncdir", "statfs",
    "setxattr", "getxattr", "listxattr",   "removexattr", "create",   "ioctl"};
static_assert(kOperationNames.size() == static_cast<size_t>(Operation::ioctl) + 1);

inline std::string_view name_of(Operation operation) {
  return kOperationNames[static_cast<size_t>(operation)];
}

/// Whether a caller who is interrupted may be answered EINTR at once while the work goes on or is
/// given up: nothing is lost when the late answer is dropped. Where something is made or removed in
/// staging, the answer (which comes from the local disk) is waited for, so that program and tree
/// agree. flush, rename and fsync may wait for a whole restore, which goes on without its waiter.
inline bool may_let_go(Operation operation) {
  switch (operation) {
    case Operation::lookup:
    case Operation::open:
    case Operation::read:
    case Operation::flush:
    case Operation::rename:
    case Operation::fsync:
    case Operation::opendir:
    case Operation::readdir:
    case Operation::readdirplus:
    case Operation::fsyncdir:
    case Operation::getxattr:
    case Operation::setxattr:
      return true;
    default:
      return false;
  }
}

}  // namespace vtpmfs::fs::kernel
