// A disk in memory that can lose its power: what was made durable is kept apart from what is only
// seen, as strictly as POSIX allows.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmfs::power_cut {

/// A file or a directory. The members that begin with `kept` are what survives.
struct Inode {
  uint64_t number = 0;
  struct stat attributes {};
  std::string bytes;
  std::string kept_bytes;  ///< as of the last fsync of this file; empty before the first one
  std::map<std::string, std::shared_ptr<Inode>> entries;
  std::map<std::string, std::shared_ptr<Inode>> kept_entries;  ///< as of its last fsync

  [[nodiscard]] bool is_directory() const { return S_ISDIR(attributes.st_mode); }
};

/// What a power cut makes of that which no fsync made durable. Both are allowed.
enum class Loss {
  everything,  ///< entries and bytes are as they were at the last fsync
  bytes_only,  ///< all names are there, and of files that were not fsync'd nothing but their length
};

/// The tree. Not thread-safe.
class Disk {
 public:
  Disk();

  /// By path from the root, "/" itself; null where there is none.
  [[nodiscard]] std::shared_ptr<Inode> find(std::string_view path) const;
  /// The directory that holds the path's last name; null where there is none.
  [[nodiscard]] std::shared_ptr<Inode> parent_of(std::string_view path) const;
  static std::string last_name(std::string_view path);

  std::shared_ptr<Inode> make(mode_t mode, uid_t uid, gid_t gid);
  /// Makes bytes or entries durable: not the name by which a file is found, that is its
  /// directory's.
  static void sync(Inode& inode);
  /// The disk as it is found when the power is back. Inodes that were open before are not part of
  /// it.
  void cut(Loss loss);

 private:
  std::shared_ptr<Inode> survivor(const Inode& inode, Loss loss);

  uint64_t last_ = 0;
  std::shared_ptr<Inode> root_;
};

}  // namespace vtpmfs::power_cut
