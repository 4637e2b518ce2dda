// Finds the saved sets below directories.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fs/audit/finding.h"
#include "fs/audit/set_names.h"
#include "fs/audit/tree_directory.h"

namespace vtpmfs::fs {

/// A directory that the user named.
struct TreeRoot {
  std::string name;  ///< as it was written
  TreeDirectory directory;
};

struct FoundSet {
  const TreeRoot* root = nullptr;
  std::string path;  ///< below the root; empty: the root itself
  SetNames names;
  bool below_a_set = false;

  /// With the root's name, as the user would write it.
  [[nodiscard]] std::string full_path() const;
  [[nodiscard]] Result<TreeDirectory> open() const { return root->directory.enter(path); }
};

/// What was found that belongs to no set: directories that could not be read, leftovers.
struct FoundElsewhere {
  std::string path;  ///< with the root's name
  Finding finding;
};

struct WalkTerms {
  unsigned threads = 1;
  /// Leaves out `restore` beside `vm`, a datacenter's staging area: what lies there is not saved
  /// yet, or not there any more.
  bool skip_staging = false;
};

struct Walk {
  std::vector<FoundSet> sets;             ///< in the order of the roots, then by path
  std::vector<FoundElsewhere> elsewhere;  ///< by path
};

/// Reads all directories below the roots, each once: one that is met again (a root below another, a
/// bind mount) is passed over. Symbolic links, `lost+found`, and what is deeper than
/// kMaxTreeDepth are not entered; the last is told. Names alone decide what is a set, but for a
/// lone config.json, firmware or SHA256SUMS, which is read. A root without any set is told, for the
/// disk may not be mounted. `step` is called for each directory,
/// from several threads.
Walk walk_saved_trees(const std::vector<TreeRoot>& roots, const WalkTerms& terms,
                      const std::function<void()>& step);

/// Levels below a root. An inventory path has up to ten, the archive's path before it some more.
inline constexpr size_t kMaxTreeDepth = 100;

/// `name` and `path` put together.
std::string joined(const std::string& name, const std::string& path);

}  // namespace vtpmfs::fs
