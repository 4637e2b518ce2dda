// Records of restores in the state directory: one small file each, replaced as a whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/restore/job/restore_record.h"

namespace vtpmfs::fs {

/// <directory>/<id>.json, 0600, with a version and a checksum; written beside, fsync'd and renamed,
/// so that a crash leaves the old or the new record. Thread-safe: a record belongs to one restore.
class JournalDirectory final : public RestoreJournal {
 public:
  /// Makes the directory (0700) if it is absent. For the one mount that may write it.
  static Result<std::unique_ptr<JournalDirectory>> open(const std::string& directory);

  Status write(const RestoreRecord& record) override;
  void remove(const RestoreRecord& record) override;
  /// What an earlier mount left. A damaged file is reported by name, never skipped in silence.
  struct Left {
    std::vector<RestoreRecord> records;
    std::vector<std::string> damaged;
  };
  [[nodiscard]] Result<Left> left() const { return left_in(directory_); }
  /// The same of a journal that another mount may be writing, without touching it. ENOENT where
  /// nobody has restored anything yet.
  static Result<Left> left_in(const std::string& directory);

 private:
  explicit JournalDirectory(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Status clear_unfinished() const;
  const std::string directory_;
};

}  // namespace vtpmfs::fs
