// The sets that are staged in restore/: what has arrived, what is being restored, what came of it.
//
// The nodes of the tree tell it what tools do; it judges by the commit rule, starts restores, and
// answers those who wait. Nothing starts by itself: not at a remount, not at release, not by time
// alone (but for
// --restore-settle, when asked for).
//
// Threads: any. One lock, never held while a file is read, a Restorer is called or an Answer is
// given.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cache/inventory.h"
#include "cache/saved/sha256.h"
#include "cache/staging_store.h"
#include "fs/node.h"
#include "fs/restore/commit_rule.h"
#include "fs/restore/restorer.h"

namespace vtpmfs::fs {

class StagedSets : public std::enable_shared_from_this<StagedSets> {
 public:
  StagedSets(cache::StagingStore& store, const cache::Inventory& inventory,
             const cache::Clock& clock, Restorer& restorer, uint64_t nvram_max,
             std::optional<std::chrono::seconds> settle);

  // -- what tools do
  /// A written handle of a file in `directory` was flushed, or a file was renamed to its final name
  /// there. Answers at once where nothing starts; else when the restore has ended.
  void arrived(cache::StagedId directory, Arrival arrival, const Caller& caller,
               Answer<void> answer);
  /// A directory got its final name: looked at like a file's rename, with all sets below it.
  void directory_arrived(cache::StagedId directory, const Caller& caller, Answer<void> answer);
  /// fsync of a directory, or the commit attribute: starts a set also without SHA256SUMS, or again
  /// after a failure, and waits. An incomplete set, or a directory that is none, answers 0.
  void start(cache::StagedId directory, const Caller& caller, Answer<void> answer);
  /// Something in the directory changed: an attempt that failed may be judged anew, settling begins
  /// again.
  void changed(cache::StagedId directory);
  /// The directory was removed.
  void forget(cache::StagedId directory);
  /// Starts what has settled; called now and then. `busy(directory)`: a handle in it is open for
  /// writing.
  void sweep(const std::function<bool(cache::StagedId)>& busy);

  // -- what it says
  /// EPERM where a finished or running restore keeps the bytes as they are.
  [[nodiscard]] Status may_write(cache::StagedId directory) const;
  /// EBUSY while the directory's restore runs.
  [[nodiscard]] Status may_remove(cache::StagedId directory) const;
  /// The error that a refused set keeps, for setattr of its directory.
  [[nodiscard]] std::optional<Error> refusal(cache::StagedId directory) const;
  /// restore.status' text; empty optional where the directory is no set.
  [[nodiscard]] std::optional<std::string> status(cache::StagedId directory);
  /// Directory names from below restore/ to this directory.
  [[nodiscard]] Result<std::vector<std::string>> path_of(cache::StagedId directory) const;

 private:
  enum class Stage { open, running, done };
  struct Set {
    Stage stage = Stage::open;
    bool was_waiting = true;  ///< a listed file was missing when it was last looked at
    RestoreStatus status;
    std::optional<Error> refused;
    std::vector<Answer<void>> waiters;
    cache::MonotonicTime last_change{};
    bool settled = false;  ///< started by settling already, until the next change
  };

  Result<StagedContents> contents(cache::StagedId directory);
  Result<cache::Sha256Hash> hash(cache::StagedId file);
  Result<std::string> whole_file(cache::StagedId file, uint64_t limit);
  Result<RestoreRequest> request(cache::StagedId directory, bool verified);
  Status check_place(cache::StagedId directory, const std::vector<std::string>& path) const;
  Placement placement_of(cache::StagedId directory);
  bool hidden(cache::StagedId directory) const;
  cache::StagedId root_above(cache::StagedId directory) const;
  void begin(cache::StagedId directory, bool verified, const Caller& caller, Answer<void> answer);
  void ended(cache::StagedId directory, Status result);
  void refuse(cache::StagedId directory, const Error& error, const std::string& what_to_do);
  bool join_running(cache::StagedId directory, Answer<void>& answer, Status& finished);
  void collect_sets(cache::StagedId directory, std::vector<cache::StagedId>& sets);

  cache::StagingStore& store_;
  const cache::Inventory& inventory_;
  const cache::Clock& clock_;
  Restorer& restorer_;
  const uint64_t nvram_max_;
  const std::optional<std::chrono::seconds> settle_;
  mutable std::mutex lock_;
  std::map<cache::StagedId, Set> sets_;
  struct KnownHash {
    uint64_t version = 0;
    cache::Sha256Hash hash{};
  };
  std::map<cache::StagedId, KnownHash> hashes_;
};

}  // namespace vtpmfs::fs
