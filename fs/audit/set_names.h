// What a directory's names tell before any file is read.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::fs {

/// The names in one directory, as far as they concern a saved set.
struct SetNames {
  std::set<std::string, std::less<>> known;  ///< of the six files and SHA256SUMS
  bool restore_status = false;               ///< a copy of what a staging area says
  std::vector<std::string> leftovers;        ///< the first few
  size_t leftover_count = 0;

  /// Takes one name of the listing.
  void add(std::string_view name, bool is_directory);
};

/// How sure the names are that a directory is a saved set.
enum class Likeness {
  none,
  content_tells,  ///< one of config.json, firmware, SHA256SUMS alone, which others have as well
  set
};
Likeness likeness(const SetNames& names);

/// True for what a copying tool leaves where it was broken off, or while it still runs: a temporary
/// name of one of the set's files (rsync's .nvram.Xy12Ab, rclone's nvram.1a2b3c4d.partial, .part,
/// .filepart, .tmp), rsync's .~tmp~ and .rsync-partial, and files that are deleted and still open
/// (.fuse_hidden..., .nfs...).
bool is_leftover(std::string_view name);

}  // namespace vtpmfs::fs
