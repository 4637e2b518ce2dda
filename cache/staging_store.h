// Interface. Staged files on local disk: what users copy into restore/, kept until they remove it.
//
// A plain store of directories and files with attributes; it knows nothing of sets or VMs. Lies in
// the state directory (0700), survives a crash and a remount. uid, gid, permissions, times and
// extended attributes are recorded, not applied to the backing files (an ordinary user's daemon
// could not). Failure cases: ENOSPC, EROFS, EIO, EDQUOT of the disk reach the caller; limits give
// EFBIG (file), ENOSPC (number of entries), ELOOP (nesting), ENAMETOOLONG. Thread-safe; calls touch
// the local disk only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/clock.h"
#include "vsphere/error.h"

namespace vtpmfs::cache {

/// Number of a staged file or directory; never used twice, also not after a remount. 0: none.
using StagedId = uint64_t;

struct StagedAttributes {
  StagedId id = 0;
  bool directory = false;
  uint32_t permissions = 0;
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;
  WallTime atime, mtime, ctime;
  uint32_t subdirectories = 0;
};

struct StagedEntry {
  std::string name;
  StagedId id = 0;
  bool directory = false;
};

struct StagingLimits {
  uint64_t file_bytes = 64ULL << 20;
  uint64_t total_bytes = 4ULL << 30;
  uint32_t entries = 1'000'000;
  uint32_t depth = 64;
};

class StagingStore {
 public:
  /// Opens `directory` (made if absent) and reads what an earlier mount left there.
  static Result<std::unique_ptr<StagingStore>> open(const std::string& directory,
                                                    const Clock& clock, StagingLimits limits = {});
  virtual ~StagingStore() = default;

  /// The staging root of a datacenter (by its MoRef value), made on first use.
  virtual Result<StagedId> root(const std::string& datacenter) = 0;
  virtual Result<StagedAttributes> attributes(StagedId id) = 0;
  virtual Result<StagedId> lookup(StagedId directory, const std::string& name) = 0;
  virtual Result<std::vector<StagedEntry>> list(StagedId directory) = 0;
  virtual Result<StagedId> parent(StagedId id) = 0;   ///< 0 for a root, ENOENT where it is unlinked
  virtual Result<std::string> name(StagedId id) = 0;  ///< its present name in its parent
  virtual Result<StagedId> create(StagedId directory, const std::string& name, bool is_directory,
                                  uint32_t permissions, uint32_t uid, uint32_t gid) = 0;
  virtual Status unlink(StagedId directory, const std::string& name) = 0;
  virtual Status remove_directory(StagedId directory, const std::string& name) = 0;
  /// POSIX rename; flags RENAME_NOREPLACE (1) and RENAME_EXCHANGE (2).
  virtual Status rename(StagedId from, const std::string& name, StagedId to,
                        const std::string& new_name, unsigned flags) = 0;
  virtual Result<std::string> read(StagedId file, uint64_t offset, size_t size) = 0;
  virtual Result<size_t> write(StagedId file, uint64_t offset, std::string_view bytes) = 0;
  virtual Status truncate(StagedId file, uint64_t size) = 0;
  virtual Status set_attributes(StagedId id, std::optional<uint32_t> permissions,
                                std::optional<uint32_t> uid, std::optional<uint32_t> gid,
                                std::optional<WallTime> atime, std::optional<WallTime> mtime) = 0;
  virtual Result<std::string> get_xattr(StagedId id, const std::string& name) = 0;
  virtual Result<std::vector<std::string>> list_xattr(StagedId id) = 0;
  virtual Status set_xattr(StagedId id, const std::string& name, const std::string& value,
                           int flags) = 0;
  virtual Status remove_xattr(StagedId id, const std::string& name) = 0;
  /// This directory and all below it stay only as long as the store is open: the next open() finds
  /// them gone. Durable when it returns.
  virtual Status end_with_mount(StagedId directory) = 0;
  /// Makes a file's bytes and name durable; of a directory, its names and the bytes of the files in
  /// it: `sync DIRECTORY` means the whole set.
  virtual Status fsync(StagedId id) = 0;
  /// Remembers, also for later mounts, that a write failed with this errno, so that bytes of the
  /// file are missing; 0: it was emptied or written as a whole since.
  virtual Status set_incomplete(StagedId file, int code) = 0;
  /// That errno; 0 for a file of which no write is known to have failed.
  virtual int incomplete(StagedId file) = 0;
  /// Counts the changes of a file's content, so that a hash is computed once a content.
  virtual Result<uint64_t> content_version(StagedId file) = 0;
  /// An unlinked file stays readable and writable while somebody holds it.
  virtual void hold(StagedId file) = 0;
  virtual void let_go(StagedId file) = 0;
};

}  // namespace vtpmfs::cache
