// vtpmfs check: is each saved set whole and consistent?
#pragma once

#include <string>
#include <vector>

#include "fs/audit/audit_options.h"
#include "fs/audit/progress_bar.h"
#include "fs/audit/saved_walk.h"
#include "fs/audit/set_rules.h"

namespace vtpmfs::fs {

struct CheckedSet {
  std::string path;
  std::optional<cache::SavedOrigin> origin;
  std::optional<vsphere::CryptoKeyId> key;
  std::vector<Finding> findings;
};

struct CheckReport {
  std::vector<CheckedSet> sets;
  std::vector<FoundElsewhere> elsewhere;
};

/// Reads and examines all sets below the directories that `options` names. Never fails.
CheckReport check_trees(const AuditOptions& options, const CheckTerms& terms,
                        ProgressBar& progress);

/// 0, 1 or 2, by the worst finding.
int status_of(const CheckReport& report);
/// A table of the findings (with `verbose` of the notes and of the sets without any, too), and the
/// summary unless `quiet`.
std::string text_of(const CheckReport& report, const AuditOptions& options);
/// The document of vtpmfs-check(1).
std::string json_of(const CheckReport& report);

}  // namespace vtpmfs::fs
