// What every operation works with: the tables that the kernel's numbers point into.
#pragma once

#include "fs/kernel/error_log.h"
#include "fs/kernel/handle_table.h"
#include "fs/kernel/inode_table.h"
#include "fs/kernel/open_listing.h"
#include "fs/kernel/request_counters.h"
#include "fs/kernel/waiting_requests.h"

namespace vtpmfs::fs::kernel {

/// Owned by the session, handed to libfuse as its user data; outlives every unanswered request.
struct Border {
  explicit Border(NodePtr root) : inodes(std::move(root)) {}

  InodeTable inodes;
  HandleTable<OpenFilePtr> files;
  HandleTable<OpenListingPtr> listings;
  RequestCounters counters;
  ErrorLog errors;
  std::function<void()> on_ready;  ///< called once, when INIT was negotiated
  WaitingRequests waiting;         ///< last: its thread ends first
};

}  // namespace vtpmfs::fs::kernel
