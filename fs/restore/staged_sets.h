// The sets that are staged in restore/: what has arrived, what is being restored, what came of it.
//
// The nodes of the tree tell it what tools do; it judges by the commit rule, starts restores, and
// answers those who wait. Nothing starts by itself: not at a remount, not at release, not by time
// alone (but for --restore-settle, when asked for).
//
// Threads: any. One lock, never held while a file is read, a Restorer is called or an Answer is
// given. What begins a restore waits until changes that were let through have ended: they touch the
// local disk only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "cache/inventory.h"
#include "cache/saved/sha256.h"
#include "cache/staging_store.h"
#include "fs/node.h"
#include "fs/restore/commit_rule.h"
#include "fs/restore/restorer.h"

namespace vtpmfs::fs {

class StagedSets;

/// While it lives, a directory's entries and bytes may be changed: a restore of that directory
/// freezes them only after it. Give it back before anything that may begin a restore.
class DirectoryChange {
 public:
  DirectoryChange(std::shared_ptr<StagedSets> sets, cache::StagedId directory)
      : sets_(std::move(sets)), directory_(directory) {}
  DirectoryChange(DirectoryChange&&) noexcept = default;
  DirectoryChange(const DirectoryChange&) = delete;
  DirectoryChange& operator=(const DirectoryChange&) = delete;
  DirectoryChange& operator=(DirectoryChange&&) = delete;
  ~DirectoryChange();

 private:
  std::shared_ptr<StagedSets> sets_;
  const cache::StagedId directory_;
};

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
  /// after a failure, and waits. Where nothing can be started (an incomplete set, no set, a hidden
  /// one) fsync answers 0, for programs send it everywhere; the attribute, which only a person who
  /// means it sets, answers EINVAL.
  enum class Wish { fsync, commit };
  void start(cache::StagedId directory, Wish wish, const Caller& caller, Answer<void> answer);
  /// The check attribute: runs all checks of a restore beside everything else, makes nothing and
  /// freezes nothing, and answers as the restore would before it makes its VM. restore.status shows
  /// what was found until something new happens to the set. EBUSY while its restore runs; 0 for a
  /// set that has become its VM.
  void check(cache::StagedId directory, const Caller& caller, Answer<void> answer);
  /// Lets a change of the directory's entries or bytes through. EPERM where a finished or running
  /// restore keeps them as they are.
  Result<DirectoryChange> change(cache::StagedId directory);
  /// The same for removing: EBUSY while the directory's restore runs. What has become a VM may be
  /// removed, which only forgets the staging.
  Result<DirectoryChange> removal(cache::StagedId directory);
  /// A name that takes part is new in the directory: what completes it now brings the last piece.
  void appeared(cache::StagedId directory);
  /// Somebody begins to write this file.
  void writing(cache::StagedId file);
  /// It was flushed or renamed as a whole.
  void finished(cache::StagedId file);
  /// A write found no room or a broken disk: bytes are missing of this file, whatever its size is.
  void failed(cache::StagedId file, const Error& why);
  /// It was emptied, or written as a whole since.
  void mended(cache::StagedId file);
  /// A handle for writing was closed: settling begins again.
  void closed(cache::StagedId directory);
  /// A directory or file was removed.
  void forget(cache::StagedId id);
  /// Starts what has settled; called now and then. `busy(directory)`: a handle in it is open for
  /// writing.
  void sweep(const std::function<bool(cache::StagedId)>& busy);

  /// News of a restore of this directory that was broken off, by an earlier mount or in this one.
  /// Shown until something new happens to the set. One that turned out finished has become its VM,
  /// where it still is what was restored: `files` are the names, and SHA-256 in hex.
  void broken_off(cache::StagedId directory, const std::map<std::string, std::string>& files,
                  const RestoreStatus& status);

  // -- what it says
  /// EPERM where a finished or running restore keeps the bytes as they are.
  [[nodiscard]] Status may_write(cache::StagedId directory) const;
  /// EBUSY where a restore runs of this directory or of one below it.
  [[nodiscard]] Status may_move(cache::StagedId directory);
  /// The error that a refused set keeps, for setattr of its directory; from then on it counts as
  /// told.
  std::optional<Error> refusal(cache::StagedId directory);
  /// restore.status' text; empty optional where the directory is no set. What has all that it
  /// lists and cannot be restored waits while something in it is open for writing, and has failed
  /// when nothing is, whether anybody was told (a sparse file's copy is written in parts, as
  /// restic's is, and is not).
  [[nodiscard]] std::optional<std::string> status(cache::StagedId directory, bool being_written);
  /// Sets of this mount whose restore has begun or ended, or was refused, or of which there are
  /// news of an earlier one.
  struct Told {
    vsphere::MoRef datacenter;
    std::vector<std::string> path;  ///< as path_of()
    RestoreStatus status;
    bool running = false;
  };
  [[nodiscard]] std::vector<Told> told_sets() const;
  /// Directory names from below restore/ to this directory.
  [[nodiscard]] Result<std::vector<std::string>> path_of(cache::StagedId directory) const;

 private:
  friend class DirectoryChange;
  enum class Stage { open, running, done };
  struct Set {
    Stage stage = Stage::open;
    bool was_waiting = false;  ///< a listed file was missing when it was last looked at
    RestoreStatus status;
    std::optional<Error> refused;
    bool told = false;  ///< somebody was told why; before that restore.status shows what is there
    std::vector<Answer<void>> waiters;
    int changes = 0;  ///< let through and not ended yet
    cache::MonotonicTime last_change{};
    bool settled = false;  ///< started by settling already, until the next change
    /// What became of an earlier restore that was broken off, or what a check found; shown instead
    /// of `status` until something new happens to the set.
    std::optional<RestoreStatus> news;
    uint64_t check = 0;  ///< whose news are taken: the number of the last check
    void forget_news() {
      news.reset();
      check = 0;
    }
  };

  Result<StagedContents> contents(cache::StagedId directory);
  Result<cache::Sha256Hash> hash(cache::StagedId file);
  bool holds(cache::StagedId directory, const std::map<std::string, std::string>& files);
  Result<std::string> whole_file(cache::StagedId file, uint64_t limit);
  Arrival with_history(cache::StagedId directory, Arrival arrival, const Judgement& judgement);
  Result<DirectoryChange> let_through(cache::StagedId directory, Set& set);
  void ended_change(cache::StagedId directory);
  /// The files that take part; `only_listed`: SHA256SUMS and what it lists.
  Result<std::map<std::string, std::string>> bytes_of(cache::StagedId directory, bool only_listed);
  Result<RestoreRequest> request(cache::StagedId directory, bool verified);
  Result<RestoreRequest> whole_request(cache::StagedId directory, bool verified);
  uint64_t begin_check(cache::StagedId directory);
  void check_told(cache::StagedId directory, uint64_t number, const RestoreStatus& status);
  void check_failed(cache::StagedId directory, uint64_t number, const Error& error);
  Status check_place(cache::StagedId directory, const std::vector<std::string>& path) const;
  Placement placement_of(cache::StagedId directory);
  bool hidden(cache::StagedId directory) const;
  bool is_set(cache::StagedId directory) const;
  cache::StagedId root_above(cache::StagedId directory) const;
  void begin(cache::StagedId directory, bool verified, const Caller& caller, Answer<void> answer);
  void told(cache::StagedId directory, const RestoreStatus& status);
  void ended(cache::StagedId directory, Status result);
  void refuse(cache::StagedId directory, const Refusal& refusal, bool told);
  /// Why a file that takes part is known to be incomplete.
  std::optional<Error> broken(cache::StagedId directory);
  /// The judgement, and in its words what is known of why.
  Judgement judgement_of(cache::StagedId directory, const StagedContents& present);
  /// What was refused is not whole any more.
  void not_refused(cache::StagedId directory);
  bool join_running(cache::StagedId directory, Answer<void>& answer, Status& finished);
  void collect_sets(cache::StagedId directory, std::vector<cache::StagedId>& sets);

  cache::StagingStore& store_;
  const cache::Inventory& inventory_;
  const cache::Clock& clock_;
  Restorer& restorer_;
  const uint64_t nvram_max_;
  const std::optional<std::chrono::seconds> settle_;
  mutable std::mutex lock_;
  std::condition_variable unchanging_;
  std::map<cache::StagedId, Set> sets_;
  struct KnownHash {
    uint64_t version = 0;
    cache::Sha256Hash hash{};
  };
  std::map<cache::StagedId, KnownHash> hashes_;
  uint64_t checks_ = 0;                             ///< begun so far
  std::unordered_set<cache::StagedId> unfinished_;  ///< files in writing, or written in part
  std::map<cache::StagedId, Error> broken_;         ///< files of which a write failed
};

}  // namespace vtpmfs::fs
