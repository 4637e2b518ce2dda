// When each content of each file was first seen: mtime and ctime of the tree, over remounts.
//
// Backup tools read a file again when its time or size changed, and skip it else. So the same
// content keeps its time, whatever the server's clock says, and another content always gets a later
// second (tools compare seconds), also when it is older by the server's word.
//
// Kept in the state directory in `times` (`times.ro` for a read-only mount, which reads the other
// file too), in records with a checksum each; what is damaged is left out. A time that is lost
// costs one more read, and never a skipped change.
//
// Thread-safe; nobody but who writes waits for the disk. Memory: about 80 bytes a file.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/clock.h"
#include "cache/state_directory.h"
#include "cache/times/time_log.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::cache {

/// Which content it is; equal for equal bytes (or, for an nvram that was not read, for equal place,
/// size and time).
using ContentId = std::array<uint8_t, 16>;

/// The content id of these bytes.
ContentId content_id(std::string_view bytes);

class FirstSeen {
 public:
  /// `vcenter`: its instance uuid; MoRefs mean something in one vCenter only. EIO, EACCES ... where
  /// the file is there and cannot be read or written.
  static Result<std::unique_ptr<FirstSeen>> open(const StateDirectory& directory,
                                                 std::string vcenter, const Clock& clock);

  /// When this content of this file was first seen. `first` is the time for a file that was never
  /// seen (now where there is none); `next` that of a content that follows another one (now where
  /// there is none), but never before the following second.
  WallTime time_of(const vsphere::MoRef& vm, std::string_view file, const ContentId& content,
                   std::optional<WallTime> first, std::optional<WallTime> next = std::nullopt);
  /// The time of the last content seen, without saying anything new.
  [[nodiscard]] std::optional<WallTime> last_time(const vsphere::MoRef& vm, std::string_view file);
  /// The content id that was seen last.
  [[nodiscard]] std::optional<ContentId> last_content(const vsphere::MoRef& vm,
                                                      std::string_view file);
  /// Another content under the same content id (an nvram whose place, size and time are the same):
  /// a later second from now on.
  WallTime changed_unseen(const vsphere::MoRef& vm, std::string_view file);

  /// Writes what is new to disk (fdatasync). An error leaves it for the next time.
  Status flush();
  /// Writes the file anew where it is mostly of the past: without what was not asked for since
  /// open(). To be called once everything that exists was asked for.
  Status compact();

 private:
  FirstSeen(std::string vcenter, const Clock& clock, TimeLog log);
  [[nodiscard]] TimeKey key_of(const vsphere::MoRef& vm, std::string_view file) const;
  WallTime remember(const TimeKey& key, const ContentId& content, WallTime time);
  /// What could not be written, before what came later.
  void put_back(std::vector<TimeRecord> records);

  struct Entry {
    ContentId content{};
    int64_t nanoseconds = 0;
    bool asked = false;
  };
  struct KeyHash {
    size_t operator()(const TimeKey& key) const noexcept;
  };

  const std::string vcenter_;
  const Clock& clock_;
  /// Held while the disk is written, which may take long; before mutex_, which is held for none.
  std::mutex log_mutex_;
  TimeLog log_;  ///< guarded by log_mutex_
  std::mutex mutex_;
  std::unordered_map<TimeKey, Entry, KeyHash> entries_;
  std::vector<TimeRecord> unwritten_;
};

}  // namespace vtpmfs::cache
