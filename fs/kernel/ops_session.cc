// init: what we agree upon with the kernel.
#include <exception>

#include <spdlog/spdlog.h>

#include "fs/kernel/border.h"
#include "fs/kernel/fuse_api.h"
#include "fs/kernel/operations.h"

namespace vtpmfs::fs::kernel {
namespace {

void init(void* user_data, fuse_conn_info* connection) {
  // Attributes are at hand without asking anybody, so every listing carries them: a plain `find`
  // then needs no LOOKUP at all.
  want(*connection, FUSE_CAP_READDIRPLUS);
  refuse(*connection, FUSE_CAP_READDIRPLUS_AUTO);
  want(*connection, FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC);
  // A new mtime drops the pages of the old content.
  want(*connection, FUSE_CAP_AUTO_INVAL_DATA);
  // Written data must come in order and its errors at write and close.
  refuse(*connection, FUSE_CAP_WRITEBACK_CACHE);
  // The kernel clears set-id bits by setattr, and hands ACLs through as extended attributes.
  refuse(*connection, FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_POSIX_ACL);
  refuse(*connection, FUSE_CAP_EXPORT_SUPPORT);
  // Read-ahead is background work, of which the kernel allows 12: a dozen reads that wait for a
  // host would stop all others.
  connection->max_background = 512;
  connection->congestion_threshold = 384;
  connection->max_write = 1U << 20;

  const Border& border = *static_cast<Border*>(user_data);
  if (!border.on_ready) return;
  try {
    border.on_ready();
  } catch (const std::exception& exception) {
    spdlog::error("after INIT: {}", exception.what());
  }
}

}  // namespace

void add_session_operations(fuse_lowlevel_ops& operations) {
  operations.init = init;
}

}  // namespace vtpmfs::fs::kernel
