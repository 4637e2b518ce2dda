// mkdir, mknod, unlink, rmdir, rename; link and symlink, which every part of the tree refuses.
#include <fcntl.h>
#include <sys/stat.h>

#include "fs/kernel/entry_reply.h"
#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

void mkdir(fuse_req_t raw, fuse_ino_t parent, const char* name, mode_t mode) {
  serve_node(raw, Operation::mkdir, parent,
             [&](Border& border, const RequestPtr& request, const NodePtr& directory) {
               directory->make_directory(name, mode & 07777U, request->caller(),
                                         answer_with_entry(border, request, InodeNumber{parent}));
             });
}

void mknod(fuse_req_t raw, fuse_ino_t parent, const char* name, mode_t mode, dev_t /*device*/) {
  serve_node(raw, Operation::mknod, parent,
             [&](Border& border, const RequestPtr& request, const NodePtr& directory) {
               if (!S_ISREG(mode)) {
                 request->fail(directory->refuse_special());
                 return;
               }
               directory->create(
                   name, mode & 07777U, O_CREAT | O_EXCL | O_WRONLY, request->caller(),
                   request->answer<CreatedFile>(
                       [&border, parent](Reply& reply, const CreatedFile& created) {
                         return reply_with_entry(border, reply, created.node, InodeNumber{parent});
                       }));
             });
}

void unlink(fuse_req_t raw, fuse_ino_t parent, const char* name) {
  serve_node(raw, Operation::unlink, parent,
             [&](Border& /*border*/, const RequestPtr& request, const NodePtr& directory) {
               directory->unlink(name, request->caller(), request->done());
             });
}

void rmdir(fuse_req_t raw, fuse_ino_t parent, const char* name) {
  serve_node(raw, Operation::rmdir, parent,
             [&](Border& /*border*/, const RequestPtr& request, const NodePtr& directory) {
               directory->remove_directory(name, request->caller(), request->done());
             });
}

void rename(fuse_req_t raw, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags) {
  serve_node(raw, Operation::rename, parent,
             [&](Border& border, const RequestPtr& request, const NodePtr& directory) {
               const NodePtr target = border.inodes.find(InodeNumber{new_parent});
               if (!target) {
                 request->fail(Error{Errno{ESTALE}, "the kernel names an unknown directory"});
                 return;
               }
               directory->rename(name, target, new_name, flags, request->caller(), request->done());
             });
}

void refuse(fuse_req_t raw, Operation operation, fuse_ino_t parent) {
  serve_node(raw, operation, parent,
             [](Border& /*border*/, const RequestPtr& request, const NodePtr& directory) {
               request->fail(directory->refuse_special());
             });
}

void symlink(fuse_req_t raw, const char* /*target*/, fuse_ino_t parent, const char* /*name*/) {
  refuse(raw, Operation::symlink, parent);
}

void link(fuse_req_t raw, fuse_ino_t /*inode*/, fuse_ino_t new_parent, const char* /*new_name*/) {
  refuse(raw, Operation::link, new_parent);
}

}  // namespace

void add_change_operations(fuse_lowlevel_ops& operations) {
  operations.mkdir = mkdir;
  operations.mknod = mknod;
  operations.unlink = unlink;
  operations.rmdir = rmdir;
  operations.rename = rename;
  operations.symlink = symlink;
  operations.link = link;
}

}  // namespace vtpmfs::fs::kernel
