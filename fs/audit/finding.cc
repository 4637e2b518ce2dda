#include "fs/audit/finding.h"

#include <algorithm>
#include <array>

#include "fs/restore/commit_rule.h"

namespace vtpmfs::fs {
namespace {

constexpr std::array kKinds{
    FindingKind{FindingCode::unreadable, "unreadable", Severity::error},
    FindingKind{FindingCode::not_a_file, "not-a-file", Severity::error},
    FindingKind{FindingCode::too_large, "too-large", Severity::error},
    FindingKind{FindingCode::missing, "missing", Severity::error},
    FindingKind{FindingCode::hash, "hash", Severity::error},
    FindingKind{FindingCode::bad_manifest, "bad-manifest", Severity::error},
    FindingKind{FindingCode::unlisted, "unlisted", Severity::error},
    FindingKind{FindingCode::format, "format", Severity::error},
    FindingKind{FindingCode::inconsistent, "inconsistent", Severity::error},
    FindingKind{FindingCode::no_set, "no-set", Severity::error},
    FindingKind{FindingCode::no_manifest, "no-manifest", Severity::warning},
    FindingKind{FindingCode::no_config, "no-config", Severity::warning},
    FindingKind{FindingCode::bundle_form, "bundle-form", Severity::warning},
    FindingKind{FindingCode::config, "config", Severity::warning},
    FindingKind{FindingCode::unattested, "unattested", Severity::warning},
    FindingKind{FindingCode::expired, "expired", Severity::warning},
    FindingKind{FindingCode::expires, "expires", Severity::warning},
    FindingKind{FindingCode::no_key_backup, "no-key-backup", Severity::warning},
    FindingKind{FindingCode::same_identity, "same-identity", Severity::warning},
    FindingKind{FindingCode::nested, "nested", Severity::warning},
    FindingKind{FindingCode::leftover, "leftover", Severity::warning},
    FindingKind{FindingCode::restore_status, "restore-status", Severity::warning},
    FindingKind{FindingCode::dialect, "dialect", Severity::note},
    FindingKind{FindingCode::no_vtpm, "no-vtpm", Severity::note},
    FindingKind{FindingCode::empty, "empty", Severity::note},
};

}  // namespace

std::span<const FindingKind> finding_kinds() {
  return kKinds;
}

const FindingKind& kind_of(FindingCode code) {
  return kKinds[static_cast<size_t>(code)];
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "";
}

Finding finding_of(FindingCode code, std::string_view words) {
  const size_t colon = words.find(": ");
  if (colon == std::string_view::npos || !takes_part(words.substr(0, colon)))
    return {code, "", std::string(words)};
  return {code, std::string(words.substr(0, colon)), std::string(words.substr(colon + 2))};
}

}  // namespace vtpmfs::fs
