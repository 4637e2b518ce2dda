// The append-only log of the staging namespace on disk.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cache/staging/index_record.h"
#include "vsphere/error.h"

namespace vtpmfs::cache {

/// A file of records, each with its length and CRC-32. What a crash tore off at the end is dropped
/// when it is opened; a record is either there whole or not at all. Appending that fails (full
/// disk) leaves the file as it was. Room for removals is kept behind its end, where the file system
/// can do that: a full disk is emptied by removing. Not thread-safe, but for sync(): the store's
/// lock guards it.
class IndexLog {
 public:
  /// Opens `path` (made if absent), gives each whole record to `replay` in order and cuts off the
  /// torn rest. EIO for a file of another version.
  static Result<std::unique_ptr<IndexLog>> open(
      const std::string& path, const std::function<void(const IndexRecord&)>& replay);
  /// Writes `records` as a new log, durable before it takes the place of the old one. On
  /// success the old one has no name any more, and the new one is to be opened.
  static Status rewrite(
      const std::string& path,
      const std::function<Status(const std::function<Status(const IndexRecord&)>&)>& records);
  /// Makes durable which file has the log's name.
  static Status sync_name(const std::string& path);
  IndexLog(const IndexLog&) = delete;
  IndexLog& operator=(const IndexLog&) = delete;
  ~IndexLog();

  /// ENOSPC where the disk is full, for records that remove nothing already when only the room for
  /// removals is left.
  Status append(const IndexRecord& record);
  /// Everything that was appended is on disk. Any thread, also while another one appends.
  [[nodiscard]] Status sync() const;
  /// Bytes in the log.
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  IndexLog(int fd, uint64_t size) : fd_(fd), size_(size) {}
  /// Takes off what lies behind the last whole record.
  [[nodiscard]] Status cut();
  /// Keeps room behind the end for removals, `bytes` more being about to be written.
  [[nodiscard]] Status keep_room(uint64_t bytes);

  const int fd_;
  uint64_t size_;
  uint64_t kept_ = 0;  ///< where the room that is kept ends
  bool torn_ = false;  ///< a part of a record lies at the end and could not be taken off yet
};

}  // namespace vtpmfs::cache
