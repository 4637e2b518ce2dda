// Looks at changeVersion of many VMs with few calls.
//
// One call is under way at most. Whoever asks meanwhile is in the next one, which so covers all
// downloads that ended before it was sent. Thread-safe. Kept alive by the calls under way; the
// source must outlive those, see shut_down().
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vsphere/vm_source.h"

namespace vtpmfs::cache {

class ChangeVersionReader : public std::enable_shared_from_this<ChangeVersionReader> {
 public:
  using Done = std::function<void(Result<std::string>)>;

  struct Asker {
    vsphere::MoRef vm;
    std::chrono::milliseconds timeout;
    Done done;
  };

  explicit ChangeVersionReader(vsphere::VmSource& source) : source_(source) {}

  /// `done` exactly once, on any thread. ENOENT where the VM has gone. The call's cancellation is
  /// the asker's business: the answer comes all the same.
  void read(const vsphere::MoRef& vm, const vsphere::Call& call, Done done);

  /// The same for many, who so are in one call where a page holds them.
  void read(std::vector<Asker> askers);

  /// Cancels what is under way.
  void shut_down();

 private:
  void send();
  void answer(const std::vector<Asker>& askers,
              const Result<std::map<vsphere::MoRef, std::string>>& versions);

  vsphere::VmSource& source_;
  const vsphere::CancelToken cancel_;
  std::mutex mutex_;
  bool under_way_ = false;
  std::vector<Asker> waiting_;
};

}  // namespace vtpmfs::cache
