// Restores that were broken off, looked after in the background until each of them is settled.
//
// First all records are looked at once; a restore into the same place waits for that, so that it
// does not find its name taken by a VM that is about to go. Whatever could not be seen or done then
// is tried again with growing pauses for as long as the mount lives, and is left to the journal
// after that. Never blocks who starts the mount: a vCenter that does not answer costs nothing but
// this thread. Thread-safe; one thread of its own, joined by the destructor.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fs/restore/job/recovery.h"
#include "fs/restore/restorer.h"

namespace vtpmfs::fs {

class EarlierRestores {
 public:
  struct Pauses {
    std::chrono::milliseconds first{2'000};
    std::chrono::milliseconds longest{60'000};
  };
  /// Told what came of a look at a restore, for the directory that it came from.
  using Told = std::function<void(const RestoreRecord& record, const RestoreStatus& status)>;
  /// Told of a VM that was finished, so that it can be shown.
  using Finished = std::function<void(const vsphere::MoRef&)>;

  /// `surroundings` outlives this.
  EarlierRestores(const RestoreSurroundings& surroundings, Finished finished, Pauses pauses);
  EarlierRestores(const EarlierRestores&) = delete;
  EarlierRestores& operator=(const EarlierRestores&) = delete;
  ~EarlierRestores();

  /// Begins with what an earlier mount left. Called once.
  void begin(std::vector<RestoreRecord> records, Told told);
  /// One more, of a restore of this mount.
  void add(RestoreRecord record);
  /// Waits until no restore into this place (place_key) is left that was not looked at; less where
  /// nobody waits any more or the mount ends. `late` is called once, when that takes longer than
  /// `patience`: a task of the vCenter's may be at work for any time.
  void wait_for(const std::string& place, const vsphere::CancelToken& interrupted,
                std::chrono::milliseconds patience, const std::function<void()>& late);
  [[nodiscard]] bool has(const std::string& place) const;
  /// What the last look at this record found, for a person; empty before, and once it is settled.
  [[nodiscard]] std::string found(const std::string& record_id) const;
  /// Ends what is asked just now; the journal keeps the rest.
  void end();

 private:
  struct Entry {
    RestoreRecord record;
    std::string last_words;  ///< said once, however often it is found so
  };
  void work();
  bool look(Entry& entry);
  bool look_and_tell(Entry& entry);

  const RestoreSurroundings& surroundings_;
  const Finished finished_;
  const Pauses pauses_;
  const vsphere::CancelToken ending_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::vector<RestoreRecord> added_;          ///< for the thread
  std::multiset<std::string> unseen_;         ///< places
  std::map<std::string, std::string> found_;  ///< by record
  Told told_;
  std::thread thread_;
};

}  // namespace vtpmfs::fs
