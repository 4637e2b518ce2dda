// How every operation begins.
#pragma once

#include <cerrno>
#include <memory>

#include "fs/kernel/border.h"
#include "fs/kernel/request.h"

namespace vtpmfs::fs::kernel {

inline Border& border_of(fuse_req_t raw) {
  return *static_cast<Border*>(fuse_req_userdata(raw));
}

/// Makes the request and runs `operation(border, request)`.
template <class Operate>
void serve(fuse_req_t raw, Operation operation, fuse_ino_t inode, Operate operate) {
  Border& border = border_of(raw);
  const auto request = std::make_shared<Request>(border, raw, operation, InodeNumber{inode});
  request->run([&] { operate(border, request); });
}

/// The same for what concerns one node: `operation(border, request, node)`.
template <class Operate>
void serve_node(fuse_req_t raw, Operation operation, fuse_ino_t inode, Operate operate) {
  serve(raw, operation, inode, [&](Border& border, const RequestPtr& request) {
    if (const NodePtr node = border.inodes.find(InodeNumber{inode})) {
      operate(border, request, node);
    } else {
      request->fail(Error{Errno{ESTALE}, "the kernel names an inode that it does not know"});
    }
  });
}

/// The same for what concerns an open file: `operation(border, request, file)`. The file is kept
/// until the answer, also when the kernel releases it meanwhile (an interrupted read).
template <class Operate>
void serve_file(fuse_req_t raw, Operation operation, fuse_ino_t inode, const fuse_file_info* info,
                Operate operate) {
  serve(raw, operation, inode, [&](Border& border, const RequestPtr& request) {
    if (const OpenFilePtr file = border.files.find(info->fh)) {
      operate(border, request, file);
    } else {
      request->fail(Error{Errno{EBADF}, "not an open file"});
    }
  });
}

}  // namespace vtpmfs::fs::kernel
