// An open directory of a tree that somebody else may have made.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cache/saved/sha256.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// What became of reading one file.
struct FileContent {
  enum class State {
    absent,
    whole,
    unreadable,  ///< `trouble` says why
    too_large,   ///< more bytes than allowed; none was read
    not_regular  ///< a directory, link, FIFO, socket or device; it was not opened
  };
  State state = State::absent;
  uint64_t size = 0;        ///< bytes read; of a file that is too large, what it has
  int64_t modified_ns = 0;  ///< since 1970; of a regular file
  std::string bytes;        ///< where they were asked for
  cache::Sha256Hash hash;   ///< of the bytes, where the state is whole
  std::string trouble;
};

/// What a directory lists.
enum class EntryKind { directory, regular, other };

/// Which directory it is, whatever its name.
struct DirectoryId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const DirectoryId&) const = default;
};

/// Owns a descriptor. Several threads may use it, except for list().
class TreeDirectory {
 public:
  /// A directory that the user named; links in that name are followed. The error has errno's words.
  static Result<TreeDirectory> open(const std::string& path);

  TreeDirectory(TreeDirectory&& other) noexcept;
  TreeDirectory& operator=(TreeDirectory&& other) noexcept;
  ~TreeDirectory();

  /// The directory at a path of names below this one ("" is this one). No symbolic link is
  /// followed: ELOOP or ENOTDIR.
  [[nodiscard]] Result<TreeDirectory> enter(std::string_view path) const;

  /// Calls `entry` with each name but `.` and `..`. An error may come after some of them.
  Status list(const std::function<void(std::string_view, EntryKind)>& entry) const;

  [[nodiscard]] DirectoryId id() const { return id_; }

  /// Reads a regular file to its end and hashes it; the bytes are kept where `keep` is. Access
  /// times stay as they are where we may leave them.
  [[nodiscard]] FileContent read(const std::string& name, uint64_t max_bytes, bool keep) const;

 private:
  TreeDirectory(int descriptor, DirectoryId id) : descriptor_(descriptor), id_(id) {}
  static Result<TreeDirectory> of(int descriptor);

  int descriptor_ = -1;
  DirectoryId id_;
};

}  // namespace vtpmfs::fs
