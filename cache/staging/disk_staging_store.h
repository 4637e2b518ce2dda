// StagingStore on a local disk: <directory>/index and <directory>/data/<number>.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "cache/staging/index_log.h"
#include "cache/staging/staged_namespace.h"
#include "cache/staging_store.h"

namespace vtpmfs::cache {

/// A file descriptor that is closed.
class DataFile {
 public:
  explicit DataFile(int fd, bool read_only = false) : fd_(fd), read_only_(read_only) {}
  DataFile(DataFile&& other) noexcept : fd_(other.fd_), read_only_(other.read_only_) {
    other.fd_ = -1;
  }
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  DataFile& operator=(DataFile&&) = delete;
  ~DataFile();
  [[nodiscard]] int fd() const { return fd_; }
  /// The disk was read-only when it was opened.
  [[nodiscard]] bool read_only() const { return read_only_; }

 private:
  int fd_;
  const bool read_only_;
};

/// Names live in an append-only log (see index_log.h), bytes in one file a number. After a crash
/// the log says what there is: data files that it does not know are removed, and a file whose data
/// is missing is empty; neither can become a VM, since SHA256SUMS decides. What was not fsync'd may
/// be lost, as on any disk. Thread-safe by one lock, which is never held while bytes are read,
/// written or synced.
class DiskStagingStore final : public StagingStore {
 public:
  DiskStagingStore(std::string directory, const Clock& clock, StagingLimits limits)
      : directory_(std::move(directory)), clock_(clock), limits_(limits) {}
  /// Reads what is there, writes it anew without its history, removes what belongs to nobody.
  Status load();

  Result<StagedId> root(const std::string& datacenter) override;
  Result<StagedAttributes> attributes(StagedId id) override;
  Result<StagedId> lookup(StagedId directory, const std::string& name) override;
  Result<std::vector<StagedEntry>> list(StagedId directory) override;
  Result<StagedId> parent(StagedId id) override;
  Result<std::string> name(StagedId id) override;
  Result<StagedId> create(StagedId directory, const std::string& name, bool is_directory,
                          uint32_t permissions, uint32_t uid, uint32_t gid) override;
  Status unlink(StagedId directory, const std::string& name) override;
  Status remove_directory(StagedId directory, const std::string& name) override;
  Status rename(StagedId from, const std::string& name, StagedId to, const std::string& new_name,
                unsigned flags) override;
  Result<std::string> read(StagedId file, uint64_t offset, size_t size) override;
  Result<size_t> write(StagedId file, uint64_t offset, std::string_view bytes) override;
  Status truncate(StagedId file, uint64_t size) override;
  Status set_attributes(StagedId id, std::optional<uint32_t> permissions,
                        std::optional<uint32_t> uid, std::optional<uint32_t> gid,
                        std::optional<WallTime> atime, std::optional<WallTime> mtime) override;
  Result<std::string> get_xattr(StagedId id, const std::string& name) override;
  Result<std::vector<std::string>> list_xattr(StagedId id) override;
  Status set_xattr(StagedId id, const std::string& name, const std::string& value,
                   int flags) override;
  Status end_with_mount(StagedId directory) override;
  Status remove_xattr(StagedId id, const std::string& name) override;
  Status fsync(StagedId id) override;
  Status set_incomplete(StagedId file, int code) override;
  int incomplete(StagedId file) override;
  Result<uint64_t> content_version(StagedId file) override;
  void hold(StagedId file) override;
  void let_go(StagedId file) override;

 private:
  [[nodiscard]] std::string data_path(StagedId id) const;
  /// Opened for reading alone where the disk is read-only.
  Result<std::shared_ptr<DataFile>> data(StagedId id);
  /// EROFS where it is.
  Result<std::shared_ptr<DataFile>> data_to_change(StagedId id);
  Status record(const IndexRecord& change);
  Status compact();
  Status record_attributes(StagedId id, const StagedNode& node);
  Status sync_names();
  void drop(StagedId id);
  void drop_all(const std::vector<StagedId>& ids);
  Status remove_orphans();
  Result<StagedNode*> node(StagedId id);
  Status begin_change(StagedId file, uint64_t end, uint64_t& reserved);
  void end_change(StagedId file, const DataFile& bytes, uint64_t reserved);

  const std::string directory_;
  const Clock& clock_;
  const StagingLimits limits_;
  std::mutex lock_;
  StagedNamespace names_;
  std::shared_ptr<IndexLog> log_;
  uint64_t compact_at_ = 0;  ///< size of the log at which it is written anew
  std::unordered_map<StagedId, uint64_t> sizes_;
  std::unordered_map<StagedId, std::shared_ptr<DataFile>> held_;
  uint64_t total_bytes_ = 0;  ///< of all files, and what running writes may add
};

}  // namespace vtpmfs::cache
