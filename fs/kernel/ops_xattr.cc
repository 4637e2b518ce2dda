// getxattr, listxattr, setxattr, removexattr.
#include <linux/limits.h>

#include <string>
#include <vector>

#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

/// The size protocol of both readers: 0 asks for the size, too small a buffer is ERANGE.
Status reply_with_value(Reply& reply, const std::string& value, size_t room, size_t limit) {
  if (value.size() > limit) return fail(E2BIG, "attribute too long");
  if (room == 0) {
    reply.xattr_size(value.size());
  } else if (value.size() > room) {
    return fail(ERANGE, "buffer too small");
  } else {
    reply.bytes(value);
  }
  return {};
}

void getxattr(fuse_req_t raw, fuse_ino_t inode, const char* name, size_t room) {
  serve_node(raw, Operation::getxattr, inode,
             [&](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               node->get_attribute(
                   name, request->caller(),
                   request->answer<std::string>([room](Reply& reply, const std::string& value) {
                     return reply_with_value(reply, value, room, XATTR_SIZE_MAX);
                   }));
             });
}

void listxattr(fuse_req_t raw, fuse_ino_t inode, size_t room) {
  serve_node(raw, Operation::listxattr, inode,
             [&](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               request->answer<std::vector<std::string>>(
                   [room](Reply& reply, const std::vector<std::string>& names) {
                     std::string list;
                     for (const std::string& name : names) list.append(name).push_back('\0');
                     return reply_with_value(reply, list, room, XATTR_LIST_MAX);
                   })(node->list_attributes());
             });
}

void setxattr(fuse_req_t raw, fuse_ino_t inode, const char* name, const char* value, size_t size,
              int flags) {
  serve_node(raw, Operation::setxattr, inode,
             [&](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               if (size > XATTR_SIZE_MAX) {
                 request->fail(Error{Errno{E2BIG}, "attribute too long"});
                 return;
               }
               node->set_attribute(name, std::string(value, size), flags, request->caller(),
                                   request->done());
             });
}

void removexattr(fuse_req_t raw, fuse_ino_t inode, const char* name) {
  serve_node(raw, Operation::removexattr, inode,
             [&](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               node->remove_attribute(name, request->caller(), request->done());
             });
}

}  // namespace

void add_xattr_operations(fuse_lowlevel_ops& operations) {
  operations.getxattr = getxattr;
  operations.listxattr = listxattr;
  operations.setxattr = setxattr;
  operations.removexattr = removexattr;
}

}  // namespace vtpmfs::fs::kernel
