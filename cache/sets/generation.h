// A set that is being read: one version, and its nvram once it is there.
//
// Guarded by the lock of LiveVmSets, but for the two counters that a handle needs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/clock.h"
#include "cache/sets/set_fetch.h"
#include "cache/sets/set_version.h"

namespace vtpmfs::cache {

using FileBytes = std::shared_ptr<const std::string>;
using ReadDone = std::function<void(Result<FileBytes>)>;

/// Somebody who waits for the set to be whole.
struct Waiter {
  FileRole role = FileRole::nvram;
  ReadDone done;
  vsphere::CancelToken::Registration on_cancel;
};

struct VmSlot;

struct Generation {
  enum class State { idle, fetching, whole };

  Generation(std::shared_ptr<VmSlot> of, VersionPtr with, const Clock& with_clock)
      : slot(std::move(of)), clock(with_clock), version(std::move(with)) {
    touch();
  }

  void touch() { last_use = clock.monotonic().time_since_epoch().count(); }
  [[nodiscard]] MonotonicTime used_last() const {
    return MonotonicTime(MonotonicTime::duration(last_use.load()));
  }

  const std::shared_ptr<VmSlot> slot;
  const Clock& clock;
  std::atomic<int> handles{0};
  std::atomic<MonotonicTime::rep> last_use{0};

  VersionPtr version;
  State state = State::idle;
  FileBytes nvram, sums;  ///< once it is whole
  Sha256Hash nvram_hash{};
  PerFile<bool> given{};         ///< somebody has bytes of it already
  std::optional<Error> spoiled;  ///< it cannot become whole any more

  uint64_t fetch_number = 0;  ///< of the fetch that it waits for; 0: none
  MonotonicTime fetch_deadline;
  std::vector<std::shared_ptr<Waiter>> waiters;
};

using GenerationPtr = std::shared_ptr<Generation>;

/// What is known of one VM.
struct VmSlot {
  struct Failure {
    Error error;
    MonotonicTime retry_at;
    std::chrono::milliseconds pause;
  };
  vsphere::MoRef vm;
  VersionPtr latest;
  GenerationPtr pinned;            ///< what is served, where it is not the latest
  std::optional<Failure> failure;  ///< of the last fetch
  /// Of a fetch that nobody waited for: told when the VM is read.
  std::optional<Failure> ahead_failure;
  bool crash_consistent = false;   ///< how nvram was read last
  PerFile<uint64_t> given_tags{};  ///< which content the kernel got last; 0: none
};

/// An open file of a generation.
class PinnedSet {
 public:
  PinnedSet(GenerationPtr of, FileRole opened, bool kept)
      : generation(std::move(of)), role(opened), same_as_before(kept) {
    ++generation->handles;
    generation->touch();
  }
  PinnedSet(const PinnedSet&) = delete;
  PinnedSet& operator=(const PinnedSet&) = delete;
  ~PinnedSet() {
    generation->touch();
    --generation->handles;
  }

  const GenerationPtr generation;
  const FileRole role;
  const bool same_as_before;
};

}  // namespace vtpmfs::cache
