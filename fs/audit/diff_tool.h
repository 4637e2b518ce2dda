// vtpmfs diff: what has changed at the vCenter since sets were saved?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/saved/saved_origin.h"
#include "fs/audit/audit_options.h"
#include "fs/audit/changes.h"
#include "fs/audit/progress_bar.h"
#include "fs/audit/saved_walk.h"

namespace vtpmfs::fs {

struct ComparedSet {
  enum class State { same, changed, added, gone, trouble };
  State state = State::same;
  std::optional<std::string> saved_path;
  std::optional<std::string> mount_path;
  std::optional<cache::SavedOrigin> origin;  ///< of the mount's set where there is one
  std::vector<Change> changes;
  std::string trouble;
};

struct DiffReport {
  std::vector<ComparedSet> sets;  ///< pairs and new ones as the mount has them, then those gone
  size_t older = 0;               ///< saved sets that were passed over: SetPairs::older
  std::vector<FoundElsewhere> elsewhere;  ///< places that could not be read
};

/// Compares all sets below the first directory with those below the second; where SHA256SUMS is the
/// same, no other file but config.json is read, and nvram never is. Never fails.
DiffReport compare_trees(const AuditOptions& options, ProgressBar& progress);

/// 0, 1 or 2 as diff(1).
int status_of(const DiffReport& report);
std::string text_of(const DiffReport& report, const AuditOptions& options);
std::string json_of(const DiffReport& report);

}  // namespace vtpmfs::fs
