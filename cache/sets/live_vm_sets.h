// The sets of all VMs, kept up to date by the feed, their nvram fetched on demand.
//
// A generation is served from the first open in a directory until nothing in it has been open or
// read for the pin time; what is newer waits for that. The files that seal (all but firmware and
// config.json) are given out only once the whole set was had: nvram read, and changeVersion as
// before. So a copy of a set that cannot be had whole ends without having touched an older copy.
//
// Sizes are promises: the kernel and tar believe them. Where nvram turns out to have another size
// than was listed, the readers of that generation get EIO, the listing is refreshed, and the next
// copy has the new size.
//
// Threads: any. One lock, never held during calls out. Own threads: some for blocking calls to
// vCenter (batched), one for hashing, one for the pin times. The destructor cancels what is under
// way and waits for its end; handles may outlive it. Clock must outlive the handles.
#pragma once

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cache/inventory.h"
#include "cache/sets/batch_looks.h"
#include "cache/sets/change_version_reader.h"
#include "cache/sets/generation.h"
#include "cache/sets/nvram_cache.h"
#include "cache/sets/nvram_listings.h"
#include "cache/sets/set_fetch.h"
#include "cache/sets/set_reader.h"
#include "cache/sets/walk.h"
#include "cache/sets/work_queue.h"
#include "cache/vm_sets.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::cache {

struct SetsSettings {
  VmFilter filter = VmFilter::vtpm;
  std::chrono::milliseconds pin{60'000};        ///< --pin
  size_t cache_bytes = size_t{256} << 20;       ///< --cache-size
  uint64_t nvram_max = uint64_t{16} << 20;      ///< --nvram-max
  std::chrono::milliseconds timeout{60'000};    ///< of calls that nobody in particular asked for
  std::chrono::milliseconds first_pause{1000};  ///< after a failed fetch of a VM's nvram
  std::chrono::milliseconds longest_pause{60'000};
  OriginHook origin_hook;
  /// The number by which cp sorts a directory's entries before it reads them: their inode's.
  std::function<uint64_t(const vsphere::MoRef&)> inode_order;
};

class LiveVmSets final : public VmSets, private FetchSteps {
 public:
  LiveVmSets(vsphere::VmSource& source, const Inventory& inventory, FirstSeen& times,
             const Clock& clock, SetsSettings settings);
  ~LiveVmSets() override;

  // -- reading
  Result<SetListing> listing(const vsphere::MoRef& vm) override;
  Result<ShownSet> shown(const vsphere::MoRef& vm) override;
  Result<PinnedSetPtr> open(const vsphere::MoRef& vm, FileRole role) override;
  SetFile file_of(const PinnedSetPtr& set, FileRole role) override;
  void read(const PinnedSetPtr& set, FileRole role, const vsphere::Call& call,
            ReadDone done) override;
  bool same_content_as_before(const PinnedSetPtr& set, FileRole role) override;

  // -- keeping up to date (the feed)
  /// Told what the kernel sees otherwise now, where it was not store() that said so: a pin ended, a
  /// fetch found out or went over to another version. To be set before anybody reads; called
  /// without a lock, from any thread.
  void on_change(std::function<void(const std::vector<vsphere::MoRef>&)> listener);
  SetReader& reader() { return reader_; }
  NvramListings& listings() { return listings_; }
  /// Takes a version over, unless a later reading was there before. True where the listing that is
  /// shown changed by it.
  bool store(const VersionPtr& version);
  void remove(const vsphere::MoRef& vm);
  /// Puts new nvram sizes and times into the versions that they concern. Adds the VMs whose shown
  /// listing changed to `changed`; returns those whose details must be read again.
  std::vector<vsphere::MoRef> take_listings(std::vector<vsphere::MoRef>& changed);
  /// Ends pins and overdue fetches. The own thread does so each second.
  void sweep();

  // -- status
  [[nodiscard]] VersionPtr latest(const vsphere::MoRef& vm) const;
  [[nodiscard]] std::vector<VersionPtr> all_latest() const;
  struct Incomplete {
    vsphere::MoRef vm;
    Error why;
  };
  [[nodiscard]] std::vector<Incomplete> incomplete() const;
  /// Why this VM's set cannot be had whole, as incomplete() says.
  [[nodiscard]] std::optional<Error> incomplete(const vsphere::MoRef& vm) const;
  /// VMs whose nvram was read last while they ran.
  [[nodiscard]] std::vector<vsphere::MoRef> crash_consistent() const;
  [[nodiscard]] size_t cached_bytes() const;

 private:
  using SlotPtr = std::shared_ptr<VmSlot>;
  /// A download that was given up before it began, since nobody waited for it.
  static constexpr int kNotWanted = EAGAIN;
  struct Reread {
    vsphere::MoRef vm;
    Done<VersionPtr> done;
  };
  struct Relist {
    VersionPtr version;
    Done<NvramFound> done;
  };

  struct Download {
    VersionPtr version;
    vsphere::Call call;
    MonotonicTime queued;
    Done<std::string> done;
    uint64_t number = 0;
  };
  struct UnderWay {
    vsphere::MoRef datastore;
    MonotonicTime began;
    bool ahead = false;
  };

  // live_downloads.cc
  void admit_downloads();
  std::optional<Download> next_download_locked();
  [[nodiscard]] bool is_waited_for_locked(const vsphere::MoRef& vm) const;
  [[nodiscard]] bool is_slow_locked(const vsphere::MoRef& datastore) const;
  void note_download_ended(uint64_t number, const Error* error);

  // FetchSteps: live_steps.cc, and live_downloads.cc
  void download(const VersionPtr& version, const vsphere::Call& call,
                Done<std::string> done) override;
  void read_change_version(const vsphere::MoRef& vm, const vsphere::Call& call,
                           Done<std::string> done) override;
  void list_again(const VersionPtr& version, const vsphere::Call& call,
                  Done<NvramFound> done) override;
  void read_again(const vsphere::MoRef& vm, const vsphere::Call& call,
                  Done<VersionPtr> done) override;
  void compute(std::function<void()> work) override;
  bool is_running(const vsphere::MoRef& vm) override;
  void do_rereads();
  void do_relists(const vsphere::MoRef& datastore);
  [[nodiscard]] vsphere::Call own_call(std::chrono::milliseconds timeout) const;

  // live_reads.cc; `_locked`: the caller holds the lock
  Result<PinnedSetPtr> open_locked(const SlotPtr& slot, FileRole role);
  Result<VersionPtr> adopt_locked(Generation& generation, uint64_t number,
                                  const VersionPtr& version, bool& changed);
  std::optional<Result<FileBytes>> answer_locked(Generation& generation, FileRole role);
  Result<FileBytes> give_locked(Generation& generation, FileRole role);
  [[nodiscard]] std::optional<Error> held_back_locked(VmSlot& slot) const;
  std::shared_ptr<SetFetch> begin_fetch_locked(const GenerationPtr& generation,
                                               std::chrono::milliseconds timeout);
  [[nodiscard]] NvramBytes* cached_locked(const SetVersion& version);
  bool become_whole_from_cache_locked(Generation& generation);
  void become_whole_locked(Generation& generation, FileBytes nvram, const Sha256Hash& hash);
  void give_up_waiting(const GenerationPtr& generation, const std::shared_ptr<Waiter>& waiter);
  Result<VersionPtr> adopt(const GenerationPtr& generation, uint64_t number,
                           const VersionPtr& version);
  void finished(const GenerationPtr& generation, uint64_t number, Result<FetchedSet> result);
  void end_fetch(const GenerationPtr& generation, uint64_t number, Result<FetchedSet> result);
  using Answers = std::vector<std::pair<std::shared_ptr<Waiter>, Result<FileBytes>>>;
  void end_fetch_locked(const GenerationPtr& generation, Result<FetchedSet>& result,
                        Answers& answers, std::vector<vsphere::MoRef>& changed);
  void remember_fetched_locked(VmSlot& slot, const FetchedSet& fetched, bool ahead);
  void remember_failure_locked(std::optional<VmSlot::Failure>& failure, const Error& error);
  [[nodiscard]] std::chrono::milliseconds next_pause(
      const std::optional<VmSlot::Failure>& former) const;
  /// What vCenter's own service answered; null: it did. A file that cannot be had says nothing of
  /// the others.
  void note_reachability(const Error* error);
  [[nodiscard]] uint64_t tag_locked(const Generation& generation, FileRole role) const;

  // live_ahead.cc
  void fetch_ahead(const vsphere::MoRef& vm);
  [[nodiscard]] const Walk& longer_walk() const;
  /// Takes out of the line what nobody waits for. What is under way comes to its end.
  void give_up_what_is_ahead();
  void look_for_stopped_walks();
  [[nodiscard]] static bool may_fetch_ahead_locked(const VmSlot& slot);
  void let_go_of_unread_locked(const GenerationPtr& generation);

  [[nodiscard]] static const VersionPtr& shown_locked(const VmSlot& slot);
  [[nodiscard]] bool may_unpin_locked(const VmSlot& slot, MonotonicTime now) const;
  /// True where another listing is shown after it.
  bool drop_untouched_locked(const SlotPtr& slot);
  void tell(const std::vector<vsphere::MoRef>& vms) const;
  void watch_pins();

  vsphere::VmSource& source_;
  const Inventory& inventory_;
  FirstSeen& times_;
  const Clock& clock_;
  const SetsSettings settings_;
  NvramListings listings_;
  SetReader reader_;
  const std::shared_ptr<ChangeVersionReader> change_versions_;
  BatchLooks looks_;
  Walk walk_by_name_;
  Walk walk_by_inode_;
  std::function<void(const std::vector<vsphere::MoRef>&)> listener_;
  const vsphere::CancelToken shut_down_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  ///< the end of a fetch; stopping
  bool stopping_ = false;
  uint64_t last_fetch_ = 0;
  /// By number, also those that nobody waits for any more.
  std::unordered_map<uint64_t, std::shared_ptr<SetFetch>> fetches_;
  std::unordered_map<vsphere::MoRef, SlotPtr> slots_;
  std::unordered_set<SlotPtr> pinned_;
  NvramCache cache_;
  /// vCenter itself is away: no VM's nvram is asked for before this time.
  std::optional<VmSlot::Failure> away_;
  std::deque<Download> downloads_;  ///< that wait
  std::map<uint64_t, UnderWay> under_way_;
  uint64_t last_download_ = 0;
  std::map<vsphere::MoRef, MonotonicTime> slow_until_;  ///< datastores
  std::vector<Reread> rereads_;
  std::map<vsphere::MoRef, std::vector<Relist>> relists_;  ///< by datastore

  /// One for each datastore that running VMs lie on: one that hangs holds up no other.
  std::map<vsphere::MoRef, std::unique_ptr<WorkQueue>> listers_;
  WorkQueue blocking_;
  WorkQueue hashing_;
  std::thread watcher_;
};

}  // namespace vtpmfs::cache
