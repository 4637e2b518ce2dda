// vtpmfs keys: which saved machines need a key, and may it be deleted?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cache/saved/saved_origin.h"
#include "fs/audit/audit_options.h"
#include "fs/audit/progress_bar.h"
#include "fs/audit/saved_walk.h"
#include "vsphere/crypto_key.h"

namespace vtpmfs::fs {

/// A machine that needs a key, with all sets (generations) that do.
struct KeyUser {
  std::string name;
  std::optional<cache::SavedOrigin> origin;
  std::vector<std::string> paths;  ///< the last is the latest
};

/// The same instanceUuid is one machine; without one, each set is.
using KeyUsers = std::map<std::string, KeyUser>;

struct KeysReport {
  size_t sets = 0;
  /// What was asked for, else all.
  std::map<vsphere::CryptoKeyId, KeyUsers> keys;
  /// Sets of which nobody can say which keys they need, and places that could not be read.
  std::vector<FoundElsewhere> unknown;
};

enum class KeyAnswer { needed, not_needed, unknown };

/// Reads keyId, the bundle, config.json and SHA256SUMS of all sets. Never fails. Where `options`
/// asks for a provider, a set whose key names none counts as unknown.
KeysReport collect_keys(const AuditOptions& options, ProgressBar& progress);

/// Needed where any set needs it, whatever else is unknown.
KeyAnswer answer_of(const KeysReport& report);
/// The answer as 1, 0, 2 where one was asked for; else 0, or 2 where something is unknown.
int status_of(const KeysReport& report, const AuditOptions& options);
std::string text_of(const KeysReport& report, const AuditOptions& options);
std::string json_of(const KeysReport& report, const AuditOptions& options);

}  // namespace vtpmfs::fs
