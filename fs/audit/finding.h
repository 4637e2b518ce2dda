// What vtpmfs check can find, declared once: the code in JSON, how bad it is, and what it means.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vtpmfs::fs {

enum class Severity {
  note,     ///< how it is; nothing to do
  warning,  ///< a restore gives the saved machine; a person should know this before or after
  error     ///< a restore would refuse it, or it is not what was saved
};

enum class FindingCode {
  // errors
  unreadable,
  not_a_file,
  too_large,
  missing,
  hash,
  bad_manifest,
  unlisted,
  format,
  inconsistent,
  no_set,
  // warnings
  no_manifest,
  no_config,
  bundle_form,
  config,
  unattested,
  expired,
  expires,
  no_key_backup,
  same_identity,
  nested,
  leftover,
  restore_status,
  // notes
  dialect,
  no_vtpm,
  empty,
};

struct FindingKind {
  FindingCode code;
  std::string_view name;  ///< stable: scripts look for it
  Severity severity;
};

/// In the order of FindingCode.
std::span<const FindingKind> finding_kinds();
const FindingKind& kind_of(FindingCode code);
std::string_view name_of(Severity severity);

struct Finding {
  FindingCode code;
  std::string file;   ///< which it is about; empty: the directory
  std::string words;  ///< for a person; may hold names that others chose, so it is shown()

  [[nodiscard]] Severity severity() const { return kind_of(code).severity; }
  bool operator==(const Finding&) const = default;
};

/// Out of an error of the parsers, whose words begin with the file's name and a colon.
Finding finding_of(FindingCode code, std::string_view words);

}  // namespace vtpmfs::fs
