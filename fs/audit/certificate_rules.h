// The endorsement keys of a vTPM, as its certificates and signing requests tell them.
#pragma once

#include <optional>
#include <vector>

#include "cache/saved/vtpm_file.h"
#include "fs/audit/finding.h"

namespace vtpmfs::fs {

struct CheckTerms;

/// Certificates that have ended or will soon, and those that belong to no signing request of the
/// vTPM, or the other way round. They are matched by public key, never by place: the indices of the
/// two arrays do not match (vim25's own words).
void examine_certificates(const cache::SavedVtpm& tpm, const CheckTerms& terms,
                          std::vector<Finding>& findings);

/// See endorsement_of().
std::optional<cache::Sha256Hash> endorsement_keys_hash(const cache::SavedVtpm& tpm);

}  // namespace vtpmfs::fs
