// What is wrong with one saved set. Pure functions: no disk, no clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cache/saved/sha256.h"
#include "fs/audit/finding.h"
#include "fs/audit/set_facts.h"

namespace vtpmfs::fs {

struct CheckTerms {
  int64_t now = 0;                       ///< seconds since 1970
  std::chrono::days expiry_warning{30};  ///< certificates that end within so long are told
};

/// All findings about one set by itself, the worst first. Errors are what a restore would refuse,
/// by its own rules (fs/restore/commit_rule.h, cache/saved/saved_set.h), and files that differ from
/// SHA256SUMS or were not read.
std::vector<Finding> examine(const SetFacts& facts, const CheckTerms& terms);

/// Which vTPM a set holds: a hash over the public halves of its endorsement keys. They are taken
/// from the signing requests, which the vTPM makes itself; from the certificates where there are
/// none. All keys count, not any: that is what a copy of a vTPM has in common with it. Empty where
/// vtpm.json tells no key.
std::optional<cache::Sha256Hash> endorsement_of(const SetFacts& facts);

}  // namespace vtpmfs::fs
