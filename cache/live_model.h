// All of this room, put together for a mount: what main() makes of a connection.
#pragma once

#include <memory>
#include <string>

#include "cache/feed/feed.h"
#include "cache/inventory.h"
#include "cache/sets/live_vm_sets.h"
#include "cache/state_directory.h"
#include "cache/times/first_seen.h"

namespace vtpmfs::cache {

/// The live model of one vCenter. The connection's sources, the state directory and the clock must
/// outlive it; listeners of the feed must, too. The destructor stops all of its threads.
class LiveModel {
 public:
  /// Reads the times of earlier mounts; nothing of vCenter until feed().start(). EIO, EACCES where
  /// the file of times cannot be read.
  static Result<std::unique_ptr<LiveModel>> open(vsphere::InventorySource& inventory_source,
                                                 vsphere::VmSource& vm_source,
                                                 const StateDirectory& directory,
                                                 const Clock& clock, SetsSettings sets,
                                                 FeedSettings feed);

  Inventory& inventory() { return inventory_; }
  LiveVmSets& sets() { return sets_; }
  Feed& feed() { return feed_; }

 private:
  LiveModel(vsphere::InventorySource& inventory_source, vsphere::VmSource& vm_source,
            std::unique_ptr<FirstSeen> times, const Clock& clock, SetsSettings sets,
            FeedSettings feed);

  std::unique_ptr<FirstSeen> times_;
  Inventory inventory_;
  LiveVmSets sets_;
  Feed feed_;
};

}  // namespace vtpmfs::cache
