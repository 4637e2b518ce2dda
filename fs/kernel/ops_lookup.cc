// lookup, forget, forget_multi.
#include "fs/kernel/entry_reply.h"
#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

Status no_answer(Reply& reply) {
  reply.none();
  return {};
}

void lookup(fuse_req_t raw, fuse_ino_t parent, const char* name) {
  serve_node(raw, Operation::lookup, parent,
             [&](Border& border, const RequestPtr& request, const NodePtr& directory) {
               directory->lookup(name, request->caller(),
                                 answer_with_entry(border, request, InodeNumber{parent}));
             });
}

void forget(fuse_req_t raw, fuse_ino_t inode, uint64_t count) {
  serve(raw, Operation::forget, inode, [&](Border& border, const RequestPtr& request) {
    border.inodes.forget(InodeNumber{inode}, count);
    request->finish(no_answer);
  });
}

void forget_multi(fuse_req_t raw, size_t count, fuse_forget_data* forgets) {
  serve(raw, Operation::forget, 0, [&](Border& border, const RequestPtr& request) {
    for (size_t i = 0; i < count; ++i) {
      border.inodes.forget(InodeNumber{forgets[i].ino}, forgets[i].nlookup);
    }
    request->finish(no_answer);
  });
}

}  // namespace

void add_lookup_operations(fuse_lowlevel_ops& operations) {
  operations.lookup = lookup;
  operations.forget = forget;
  operations.forget_multi = forget_multi;
}

}  // namespace vtpmfs::fs::kernel
