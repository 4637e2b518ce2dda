// The thread that keeps the model up to date with vCenter.
//
//   inventory updates -> Inventory -> details and nvram listings of what changed, in bulk
//     -> LiveVmSets -> shown or hidden -> listeners (after all of it can be read)
//
// What nobody can be told about at the moment (vCenter away, a page refused) stays as it is known,
// and is tried again with growing pauses and jitter. nvram sizes and times, which the guest changes
// without a trace in the inventory, are compared every `nvram_poll`, in bulk per datastore; and so
// are some VMs' changeVersions, since there are servers whose news leave changes out. With
// each of these polls one VM whose config.json waits for an answer (storage policy, key provider)
// is read again, and where that is answered, all others are.
//
// Threads: two of its own, for news and for these polls. start(), stop() once each; everything else
// from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "cache/feed/retry_pauses.h"
#include "cache/inventory.h"
#include "cache/sets/live_vm_sets.h"
#include "cache/times/first_seen.h"
#include "vsphere/inventory_source.h"

namespace vtpmfs::cache {

struct FeedSettings {
  std::chrono::milliseconds wait{30'000};     ///< for news, in one call
  std::chrono::milliseconds timeout{60'000};  ///< of a call that reads something
  std::chrono::milliseconds nvram_poll{60'000};
  std::chrono::milliseconds first_pause{500};  ///< after a failure; doubles
  std::chrono::milliseconds longest_pause{60'000};
};

struct FeedStatus {
  bool alive = false;               ///< the last call was answered
  std::optional<Error> last_error;  ///< where it is not
  WallTime last_answer;
  size_t vms = 0;     ///< in the inventory
  size_t unread = 0;  ///< whose details wait to be read (again)
  /// That the filter may show, but whose folder cannot be seen: they are in no directory.
  std::vector<vsphere::MoRef> unplaced;
  uint64_t updates = 0;
  std::optional<Error> times_error;  ///< why first-seen times cannot be written at the moment
};

class Feed {
 public:
  using Listener = std::function<void(const InventoryChange&)>;

  Feed(vsphere::InventorySource& source, Inventory& inventory, LiveVmSets& sets, FirstSeen& times,
       const Clock& clock, FeedSettings settings);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  ~Feed();  ///< stop()

  /// Before start(). Told of every change, from the feed's thread or another, without a lock.
  void add_listener(Listener listener);
  void start();
  /// Interrupts what is under way and joins.
  void stop();

  /// Waits until the whole inventory, all details and all listings were read once. An error is why
  /// that did not come about: a refused login at once, anything else after a few tries in a row
  /// that got nowhere, and what is known of it at the end of `call.timeout`; EINTR when cancelled.
  Status ready(const vsphere::Call& call);
  /// Ends the pause after a failure: the next try is now, also after a refused login, which is
  /// otherwise never tried again.
  void retry();
  /// False while vCenter does not answer: what is shown may be old.
  [[nodiscard]] bool alive() const;
  /// Waits until the inventory knows this VM, and reads its details anew: so that a restore's new
  /// VM is there when the restore ends. Blocks.
  Status refresh(const vsphere::MoRef& vm, const vsphere::Call& call);
  [[nodiscard]] FeedStatus status() const;

 private:
  void run();
  Status one_round();
  /// Reads what waits to be read, and publishes it. The caller holds writing_.
  Status read_waiting(InventoryChange& change, const vsphere::Call& call);
  void publish_read(ReadSets& read, InventoryChange& change);
  void note_unanswered(const ReadSets& read);
  [[nodiscard]] std::vector<vsphere::MoRef> pending_origins() const;
  void forget(const vsphere::MoRef& vm);
  void look_at_paths();
  void look_for_unplaced();
  void begin_poll();
  void run_polls();
  void poll();
  void poll_nvrams(const vsphere::Call& call);
  // compare.cc
  [[nodiscard]] std::vector<vsphere::MoRef> next_to_compare() const;
  /// Takes over what the news left out. The caller holds writing_.
  void compare_versions(const std::vector<vsphere::MoRef>& asked,
                        const std::map<vsphere::MoRef, std::string>& versions,
                        InventoryChange& change);
  void tell(const InventoryChange& change) const;
  void write_times();
  void note_answer();
  void note_failure(const Error& error);
  /// False at the end of the feed.
  bool pause_after_failure();
  [[nodiscard]] vsphere::Call call_of(std::chrono::milliseconds timeout) const;

  vsphere::InventorySource& source_;
  Inventory& inventory_;
  LiveVmSets& sets_;
  FirstSeen& times_;
  const Clock& clock_;
  const FeedSettings settings_;
  /// Shared with what LiveVmSets tells, which may outlive the feed.
  const std::shared_ptr<std::vector<Listener>> listeners_;
  const vsphere::CancelToken stop_;

  /// Held by whoever changes the model: the feed's thread, or a refresh(). Before mutex_.
  std::mutex writing_;
  std::set<vsphere::MoRef> to_read_;   ///< guarded by writing_
  std::set<vsphere::MoRef> hopeless_;  ///< refused last time: with the next poll; by writing_
  /// In the inventory, and yet without an answer last time; guarded by writing_.
  std::set<vsphere::MoRef> unanswered_;
  bool places_outdated_ = false;  ///< of datastores; guarded by writing_
  bool in_update_ = false;        ///< more batches of it are to come; guarded by writing_
  InventoryChange collected_;     ///< of batches of an update; guarded by writing_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false;
  bool stopped_ = false;
  bool refused_ = false;  ///< the login: no more tries before retry()
  bool retry_ = false;
  int failures_ = 0;  ///< rounds in a row
  FeedStatus status_;
  RetryPauses pauses_;

  bool poll_wanted_ = false;   ///< guarded by mutex_
  MonotonicTime last_poll_{};  ///< the feed's thread only
  size_t next_pending_ = 0;    ///< of the VMs with a pending origin; the poller's only
  size_t next_directory_ = 0;  ///< of datastores that cannot be listed whole; the poller's only
  std::atomic<bool> no_versions_{false};  ///< the server gives no VM a changeVersion
  vsphere::MoRef compared_last_;          ///< the poller's only
  std::thread thread_;
  std::thread poller_;
};

}  // namespace vtpmfs::cache
