// getattr, setattr.
#include "fs/kernel/encode.h"
#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

Status reply_with_attributes(Reply& reply, const Attributes& attributes) {
  reply.attributes(stat_of(attributes), seconds(attributes.attribute_timeout));
  return {};
}

void getattr(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* /*file*/) {
  serve_node(raw, Operation::getattr, inode,
             [](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               request->answer<Attributes>(reply_with_attributes)(node->attributes());
             });
}

AttributeChange change_of(const struct stat& wanted, int to_set) {
  const TimePoint now =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  AttributeChange change;
  if ((to_set & FUSE_SET_ATTR_MODE) != 0) change.permissions = wanted.st_mode & 07777U;
  if ((to_set & FUSE_SET_ATTR_UID) != 0) change.uid = wanted.st_uid;
  if ((to_set & FUSE_SET_ATTR_GID) != 0) change.gid = wanted.st_gid;
  if ((to_set & FUSE_SET_ATTR_SIZE) != 0) change.size = static_cast<uint64_t>(wanted.st_size);
  // The kernel sets the plain bit beside the _NOW bit.
  if ((to_set & FUSE_SET_ATTR_ATIME_NOW) != 0) {
    change.atime = now;
  } else if ((to_set & FUSE_SET_ATTR_ATIME) != 0) {
    change.atime = time_point(wanted.st_atim);
  }
  if ((to_set & FUSE_SET_ATTR_MTIME_NOW) != 0) {
    change.mtime = now;
  } else if ((to_set & FUSE_SET_ATTR_MTIME) != 0) {
    change.mtime = time_point(wanted.st_mtim);
  }
  return change;
}

void setattr(fuse_req_t raw, fuse_ino_t inode, struct stat* wanted, int to_set,
             fuse_file_info* info) {
  serve_node(raw, Operation::setattr, inode,
             [&](Border& border, const RequestPtr& request, const NodePtr& node) {
               if ((to_set & kKnownSetAttributes) == 0) {  // chown(-1, -1): nothing but a hint
                 request->answer<Attributes>(reply_with_attributes)(node->attributes());
                 return;
               }
               const OpenFilePtr file = info == nullptr ? nullptr : border.files.find(info->fh);
               // The answer keeps the file, of which the node is given a plain pointer.
               node->set_attributes(
                   change_of(*wanted, to_set), file.get(), request->caller(),
                   request->answer<Attributes>([file](Reply& reply, const Attributes& attributes) {
                     return reply_with_attributes(reply, attributes);
                   }));
             });
}

}  // namespace

void add_attribute_operations(fuse_lowlevel_ops& operations) {
  operations.getattr = getattr;
  operations.setattr = setattr;
}

}  // namespace vtpmfs::fs::kernel
