// The answer of every operation that finds or makes a node.
#pragma once

#include "fs/kernel/border.h"
#include "fs/kernel/request.h"

namespace vtpmfs::fs::kernel {

/// Tells the kernel of the node and counts its reference; where the kernel does not take the reply,
/// the reference is counted back.
Answer<NodePtr> answer_with_entry(Border& border, const RequestPtr& request, InodeNumber parent);

/// The same for a node at hand.
Status reply_with_entry(Border& border, Reply& reply, const NodePtr& node, InodeNumber parent);

}  // namespace vtpmfs::fs::kernel
