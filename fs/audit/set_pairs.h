// Which saved set belongs to which set of a mount. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vtpmfs::fs {

/// What tells one set from others.
struct SetMark {
  std::string path;                          ///< below its root
  std::optional<std::string> instance_uuid;  ///< config.json's
  int64_t modified_ns = 0;                   ///< of its SHA256SUMS, for the latest of generations
};

struct SetPairs {
  struct Pair {
    size_t saved;
    size_t mounted;
  };
  std::vector<Pair> pairs;
  std::vector<size_t> gone;   ///< saved sets of machines that the mount does not have
  std::vector<size_t> added;  ///< sets of the mount that were not saved
  size_t older = 0;           ///< saved sets passed over: another of the same machine is compared
};

/// By instanceUuid, wherever the machine has moved to; by path where one of the two has none. Of
/// several saved sets of one machine (generations) the one at the mount's path counts, else the
/// latest. A machine that was made again under the path of another is new, and that one is gone.
SetPairs pair_sets(const std::vector<SetMark>& saved, const std::vector<SetMark>& mounted);

}  // namespace vtpmfs::fs
