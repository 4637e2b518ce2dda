// The file behind FirstSeen: records of one size that are appended, each with a checksum.
//
// A crash leaves a cut or damaged record at most at the end; damaged records are left out when
// reading, wherever they are. One thread at a time (FirstSeen's lock).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::cache {

using TimeKey = std::array<uint8_t, 16>;  ///< of a vCenter's VM's file

struct TimeRecord {
  TimeKey key{};
  std::array<uint8_t, 16> content{};
  int64_t nanoseconds = 0;  ///< since 1970
};

class TimeLog {
 public:
  /// `name` is a file in `directory`.
  TimeLog(std::string directory, const std::string& name);

  /// All whole records of a file (none where it is absent), in their order.
  static Result<std::vector<TimeRecord>> read(const std::string& path);

  /// Appends and syncs.
  Status append(const std::vector<TimeRecord>& records);
  /// Replaces the file's contents, in one step.
  Status replace(const std::vector<TimeRecord>& records);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Records in the file, damaged ones included.
  [[nodiscard]] size_t size() const { return size_; }
  void set_size(size_t records) { size_ = records; }

 private:
  std::string directory_;
  std::string path_;
  size_t size_ = 0;
};

}  // namespace vtpmfs::cache
