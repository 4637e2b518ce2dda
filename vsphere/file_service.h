// Interface. Files on datastores, by vCenter's HTTP file service (/folder).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

/// Whole files in, whole files out: nvram is small. Thread-safe. Logs in anew once on 401. Errors:
/// ENOENT (404), EACCES (401 after a new login, 403), EFBIG, EIO (500, short or inconsistent body),
/// EHOSTUNREACH (502, 503, no connection), ETIMEDOUT, EINTR, EROFS for a put on a read-only
/// connection.
class FileService {
 public:
  virtual ~FileService() = default;

  /// GET; `done` runs exactly once, on a thread of the transport's completion pool, and must not
  /// block.
  virtual void fetch(const DatastorePlace& place, const std::string& path, uint64_t max_bytes,
                     const Call& call, std::function<void(Result<std::string>)> done) = 0;
  /// The same, waiting on the calling thread.
  virtual Result<std::string> fetch_and_wait(const DatastorePlace& place, const std::string& path,
                                             uint64_t max_bytes, const Call& call) = 0;
  /// PUT of a whole file; any 2xx is success. Not atomic at the server, and never sent twice by
  /// itself: where the answer was lost the Error has maybe_done set.
  virtual Status put(const DatastorePlace& place, const std::string& path, const std::string& bytes,
                     const Call& call) = 0;
};

}  // namespace vtpmfs::vsphere
