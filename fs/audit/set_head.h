// As much of a set as is needed to find its counterpart and to see whether anything has changed.
#pragma once

#include <optional>
#include <string>

#include "cache/saved/saved_origin.h"
#include "cache/saved/sha256sums.h"
#include "fs/audit/saved_walk.h"
#include "fs/audit/set_pairs.h"

namespace vtpmfs::fs {

struct SetHead {
  std::string path;  ///< with the root's name
  SetMark mark;
  std::optional<cache::SavedOrigin> origin;
  cache::Sha256Sums sums;              ///< of the six files
  std::optional<std::string> trouble;  ///< why the sums are not known
};

/// Reads SHA256SUMS and config.json, and believes the first: whether the files are as it says is
/// for `vtpmfs check`. The files themselves are hashed only where there is no SHA256SUMS. A set
/// that cannot be had whole (a mount's, where that is so), that has none of what SHA256SUMS lists,
/// or whose SHA256SUMS does not parse, has trouble.
SetHead read_head(const FoundSet& found, uint64_t nvram_max);

}  // namespace vtpmfs::fs
