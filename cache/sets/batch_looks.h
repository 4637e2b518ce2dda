// One look at changeVersion for VMs that were fetched ahead together, 32 at most.
//
// The questions of a batch wait until all its downloads ended, or for a second: then one VM that
// stalls does not hold up the others. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "cache/clock.h"
#include "cache/sets/change_version_reader.h"

namespace vtpmfs::cache {

class BatchLooks {
 public:
  explicit BatchLooks(std::shared_ptr<ChangeVersionReader> reader) : reader_(std::move(reader)) {}

  /// The downloads of these VMs are about to begin, in this order.
  void begin(const std::vector<vsphere::MoRef>& vms, MonotonicTime now);
  /// As ChangeVersionReader::read(); at once for a VM that is in no batch.
  void read(const vsphere::MoRef& vm, const vsphere::Call& call, ChangeVersionReader::Done done);
  /// A download ended, perhaps without a question.
  void ended(const vsphere::MoRef& vm);
  /// Sends what waits in batches that began more than a second ago.
  void release(MonotonicTime now);

 private:
  struct Batch {
    MonotonicTime began;
    size_t under_way = 0;
    std::vector<ChangeVersionReader::Asker> waiting;
  };
  using Questions = std::vector<ChangeVersionReader::Asker>;

  Questions leave_locked(const vsphere::MoRef& vm, Questions question);

  const std::shared_ptr<ChangeVersionReader> reader_;
  std::mutex mutex_;
  std::unordered_map<vsphere::MoRef, std::shared_ptr<Batch>> batches_;  ///< of what is under way
};

}  // namespace vtpmfs::cache
