// open, create, read, write, flush, fsync, release.
#include <fcntl.h>

#include "fs/kernel/encode.h"
#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

/// What the kernel may do with the pages of this open.
void set_open_flags(fuse_file_info& info, const OpenFile& file) {
  info.keep_cache = file.keep_cache() ? 1 : 0;
  info.direct_io = file.direct_io() ? 1 : 0;
  // A writer's close must reach us: there the result of a restore is told.
  info.noflush = file.no_flush() && (info.flags & O_ACCMODE) == O_RDONLY ? 1 : 0;
}

void open(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  serve_node(raw, Operation::open, inode,
             [&](Border& border, const RequestPtr& request, const NodePtr& node) {
               node->open(
                   info->flags, request->caller(),
                   request->answer<OpenFilePtr>(
                       [&border, node, opened = *info](Reply& reply, OpenFilePtr file) -> Status {
                         fuse_file_info reply_info = opened;
                         set_open_flags(reply_info, *file);
                         Handover handover(border);
                         reply_info.fh = handover.open_file(std::move(file));
                         handover.sent(reply.open_file(reply_info));
                         return {};
                       }));
             });
}

void create(fuse_req_t raw, fuse_ino_t parent, const char* name, mode_t mode,
            fuse_file_info* info) {
  serve_node(raw, Operation::create, parent,
             [&](Border& border, const RequestPtr& request, const NodePtr& directory) {
               directory->create(
                   name, mode & 07777U, info->flags, request->caller(),
                   request->answer<CreatedFile>([&border, parent, opened = *info](
                                                    Reply& reply, CreatedFile created) -> Status {
                     fuse_file_info reply_info = opened;
                     set_open_flags(reply_info, *created.file);
                     Handover handover(border);
                     const auto entry = handover.entry(created.node, InodeNumber{parent});
                     if (!entry) return fail(entry.error());
                     reply_info.fh = handover.open_file(std::move(created.file));
                     handover.sent(reply.create(*entry, reply_info));
                     return {};
                   }));
             });
}

void read(fuse_req_t raw, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* info) {
  serve_file(raw, Operation::read, inode, info,
             [&](Border& /*border*/, const RequestPtr& request, const OpenFilePtr& file) {
               file->read(
                   static_cast<uint64_t>(offset), size, request->caller(),
                   request->answer<Bytes>([file, size](Reply& reply, const Bytes& bytes) -> Status {
                     reply.bytes(bytes.view().substr(0, size));
                     return {};
                   }));
             });
}

void write(fuse_req_t raw, fuse_ino_t inode, const char* bytes, size_t size, off_t offset,
           fuse_file_info* info) {
  serve_file(raw, Operation::write, inode, info,
             [&](Border& /*border*/, const RequestPtr& request, const OpenFilePtr& file) {
               file->write(static_cast<uint64_t>(offset), std::string_view(bytes, size),
                           request->caller(),
                           request->answer<size_t>([file](Reply& reply, size_t written) -> Status {
                             reply.written(written);
                             return {};
                           }));
             });
}

/// done(), with the file kept until then.
Answer<void> done_with(const RequestPtr& request, const OpenFilePtr& file) {
  return request->answer<void>([file](Reply& reply) -> Status {
    reply.ok();
    return {};
  });
}

void flush(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  serve_file(raw, Operation::flush, inode, info,
             [](Border& /*border*/, const RequestPtr& request, const OpenFilePtr& file) {
               file->flush(request->caller(), done_with(request, file));
             });
}

void fsync(fuse_req_t raw, fuse_ino_t inode, int /*data_only*/, fuse_file_info* info) {
  serve_file(raw, Operation::fsync, inode, info,
             [](Border& /*border*/, const RequestPtr& request, const OpenFilePtr& file) {
               file->fsync(request->caller(), done_with(request, file));
             });
}

void release(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  serve(raw, Operation::release, inode, [&](Border& border, const RequestPtr& request) {
    border.files.remove(info->fh);
    request->done()({});
  });
}

}  // namespace

void add_file_operations(fuse_lowlevel_ops& operations) {
  operations.open = open;
  operations.create = create;
  operations.read = read;
  operations.write = write;
  operations.flush = flush;
  operations.fsync = fsync;
  operations.release = release;
}

}  // namespace vtpmfs::fs::kernel
