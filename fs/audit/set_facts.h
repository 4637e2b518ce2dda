// One saved set as it lies on disk: read, hashed and parsed, nothing judged yet.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "cache/saved/saved_set.h"
#include "fs/audit/set_names.h"
#include "fs/audit/tree_directory.h"

namespace vtpmfs::fs {

/// How much of a set is read.
struct ReadTerms {
  uint64_t nvram_max = 16UL << 20;  ///< as the mount's --nvram-max
  bool device = true;               ///< nvram and vtpm.json, else they are not opened
};

struct SetFacts {
  SetNames names;
  /// The seven names, as far as they are listed. nvram's bytes are never kept.
  std::map<std::string, FileContent, std::less<>> files;
  /// Of those that were read whole.
  cache::ParsedFiles parsed;

  /// The file's text where it was read whole, else null.
  [[nodiscard]] const std::string* text(std::string_view name) const;
  /// config.json's record of where the set came from; null where there is none.
  [[nodiscard]] const cache::SavedOrigin* origin() const;
};

/// Never fails: what could not be read or parsed says so itself.
SetFacts read_set(const TreeDirectory& directory, SetNames names, const ReadTerms& terms);

/// The size limit of one of the seven files.
uint64_t max_bytes_of(std::string_view name, uint64_t nvram_max);

}  // namespace vtpmfs::fs
