// readlink, statfs, ioctl.
#include <sys/statvfs.h>

#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

void readlink(fuse_req_t raw, fuse_ino_t inode) {
  serve_node(raw, Operation::readlink, inode,
             [](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               request->answer<std::string>([](Reply& reply, const std::string& target) -> Status {
                 reply.link_target(target);
                 return {};
               })(node->read_link());
             });
}

/// How much room there is cannot be known beforehand: it is a datastore that a restore chooses. A
/// generous number keeps file managers from refusing; ENOSPC comes from the write or the close.
void statfs(fuse_req_t raw, fuse_ino_t inode) {
  serve(raw, Operation::statfs, inode, [](Border& border, const RequestPtr& request) {
    constexpr fsblkcnt_t kOneTebibyte = (1ULL << 40) / 4096;
    constexpr fsfilcnt_t kFiles = 1'000'000'000;
    struct statvfs status {};
    status.f_bsize = 4096;
    status.f_frsize = 4096;
    status.f_blocks = kOneTebibyte;
    status.f_bfree = kOneTebibyte;
    status.f_bavail = kOneTebibyte;
    status.f_files = kFiles;
    status.f_ffree = kFiles - border.inodes.size();
    status.f_favail = status.f_ffree;
    status.f_namemax = 255;
    request->finish([&](Reply& reply) -> Status {
      reply.file_system(status);
      return {};
    });
  });
}

/// Programs ask whether a file is a terminal (TCGETS); ENOTTY is the answer that they understand.
void ioctl(fuse_req_t raw, fuse_ino_t inode, unsigned /*command*/, void* /*argument*/,
           fuse_file_info* /*info*/, unsigned /*flags*/, const void* /*in*/, size_t /*in_size*/,
           size_t /*out_size*/) {
  serve(raw, Operation::ioctl, inode, [](Border& /*border*/, const RequestPtr& request) {
    request->fail(Error{Errno{ENOTTY}, "no ioctl here"});
  });
}

}  // namespace

void add_other_operations(fuse_lowlevel_ops& operations) {
  operations.readlink = readlink;
  operations.statfs = statfs;
  operations.ioctl = ioctl;
}

}  // namespace vtpmfs::fs::kernel
