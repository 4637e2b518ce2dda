// The one include of libfuse, and what differs between its versions.
//
// Written against the API of 3.12 and built with 3.14 (Debian 12). libfuse keeps that API behind
// FUSE_USE_VERSION: the longer fuse_session_custom_io of 3.17 and the flag functions that replace
// fuse_conn_info.want are not needed as long as 312 is asked for.
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

namespace vtpmfs::fs::kernel {

/// Asks the kernel for a capability where it has it.
inline void want(fuse_conn_info& connection, unsigned capability) {
  connection.want |= connection.capable & capability;
}

/// Takes back what libfuse asks for by itself.
inline void refuse(fuse_conn_info& connection, unsigned capability) {
  connection.want &= ~capability;
}

/// The bits of setattr's `to_set` that we act upon. Newer kernels and headers send more
/// (KILL_SUID, OPEN, TOUCH ...), all of them hints that may be left alone.
inline constexpr int kKnownSetAttributes =
    FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID | FUSE_SET_ATTR_SIZE |
    FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;

}  // namespace vtpmfs::fs::kernel
