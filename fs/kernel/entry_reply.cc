#include "fs/kernel/entry_reply.h"

#include "fs/kernel/encode.h"

namespace vtpmfs::fs::kernel {

Status reply_with_entry(Border& border, Reply& reply, const NodePtr& node, InodeNumber parent) {
  Handover handover(border);
  const Result<fuse_entry_param> entry = handover.entry(node, parent);
  if (!entry) return fail(entry.error());
  handover.sent(reply.entry(*entry));
  return {};
}

Answer<NodePtr> answer_with_entry(Border& border, const RequestPtr& request, InodeNumber parent) {
  return request->answer<NodePtr>([&border, parent](Reply& reply, const NodePtr& node) {
    return reply_with_entry(border, reply, node, parent);
  });
}

}  // namespace vtpmfs::fs::kernel
