// The Restorer: a few threads that run restore jobs, one name at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fs/restore/job/earlier_restores.h"
#include "fs/restore/job/restore_job.h"
#include "fs/restore/restorer.h"

namespace vtpmfs::fs {

/// How long shut_down() waits for what runs: to be finished, and then to be taken away. Together
/// they stay below a minute.
struct EndPatience {
  std::chrono::milliseconds finish{30'000};
  std::chrono::milliseconds take_away{25'000};
};

/// At most `kThreads` restores at a time, so that a vCenter is not run over; the others wait in
/// order. Two restores of one name in one folder never run side by side: the second gets EEXIST.
/// Restores that were broken off, by an earlier mount or by a silent vCenter in this one, are
/// looked after until they are settled. Threads: its own, joined by the destructor.
class JobRestorer final : public Restorer {
 public:
  static constexpr int kThreads = 8;
  /// `restored` is told of each finished VM before anybody is answered or told that it is done, so
  /// that it can be shown at once.
  JobRestorer(RestoreSurroundings surroundings, std::function<void(const vsphere::MoRef&)> restored,
              EndPatience patience = {}, EarlierRestores::Pauses pauses = {});
  JobRestorer(const JobRestorer&) = delete;
  JobRestorer& operator=(const JobRestorer&) = delete;
  ~JobRestorer() override;

  void start(RestoreRequest request, vsphere::CancelToken interrupted, StatusListener changed,
             RestoreDone done) override;
  void shut_down() override;
  /// Begins to look after what an earlier mount left in the journal. `told`: their news, by the
  /// directory of the staging store. Called once, before anything is restored.
  void settle_earlier(std::vector<RestoreRecord> records, EarlierRestores::Told told);

  // -- status
  /// Restores (no checks) that ended since the mount, by their end: "done", "failed", "checked",
  /// "left-behind".
  [[nodiscard]] std::map<std::string, uint64_t> ends() const;
  /// A restore into this place (place_key) runs now.
  [[nodiscard]] bool runs(const std::string& place) const;
  /// What the last look at a restore that was broken off found; empty before.
  [[nodiscard]] std::string found(const std::string& record_id) const {
    return earlier_.found(record_id);
  }

 private:
  struct Waiting {
    RestoreRequest request;
    vsphere::CancelToken interrupted;
    StatusListener changed;
    RestoreDone done;
  };
  void work();
  void run(Waiting waiting);
  Status restore(Waiting& waiting, std::optional<RestoreJob>& job);

  const RestoreSurroundings surroundings_;
  const std::function<void(const vsphere::MoRef&)> restored_;
  const EndPatience patience_;
  const vsphere::CancelToken stop_;
  const vsphere::CancelToken abandon_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::map<std::string, uint64_t> ends_;
  std::deque<Waiting> queue_;
  std::set<std::string> names_;  ///< being restored now
  int running_ = 0;
  bool ending_ = false;
  EarlierRestores earlier_;
  std::vector<std::thread> threads_;
};

}  // namespace vtpmfs::fs
