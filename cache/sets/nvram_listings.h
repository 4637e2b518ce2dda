// What the datastores say about nvram files: sizes and times, listed in bulk.
//
// A datastore is listed as a whole (one search for all its VMs); where that fails, or takes too
// long to be repeated for a few VMs, directory by directory. A datastore that does not answer holds
// up nobody but the VMs that lie on it. The blocking calls are for the rooms' own threads; looking
// up never waits. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cache/clock.h"
#include "cache/sets/set_version.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::cache {

class NvramListings {
 public:
  using DatastorePlacePtr = std::shared_ptr<const vsphere::DatastorePlace>;

  NvramListings(vsphere::VmSource& source, const Clock& clock);

  /// Which datastores there are. Blocks.
  Status read_places(const vsphere::Call& call);
  /// The datastore of this name as the VM's datacenter sees it; null where there is none. A name
  /// means something in one datacenter only; where the datacenter is not known, the VM's own
  /// datastores decide.
  [[nodiscard]] DatastorePlacePtr place(const std::string& name,
                                        const std::optional<vsphere::MoRef>& datacenter,
                                        const std::vector<vsphere::MoRef>& datastores) const;

  /// A number that grows with each listing.
  [[nodiscard]] uint64_t stamp() const;
  /// Directories of one datastore.
  struct Wanted {
    DatastorePlacePtr place;
    std::set<std::string> directories;
  };
  /// Lists anew what was not listed after that stamp, so that afterwards these directories are
  /// known. Blocks, several datastores at a time. The whole datastore, where it was not listed yet
  /// or many directories are wanted. Errors of the connection are returned; others are kept, and
  /// found. A datastore that does not answer is one of those, and is not asked again before a
  /// poll() found it answering.
  Status list(const std::vector<Wanted>& wanted, uint64_t after, const vsphere::Call& call);
  /// Lists the whole datastores where that works in reasonable time, else these directories.
  Status poll(const std::vector<Wanted>& wanted, const vsphere::Call& call);

  /// Whether poll() would try the whole datastore.
  [[nodiscard]] bool lists_whole(const vsphere::DatastorePlace& place) const;
  [[nodiscard]] NvramFound find(const NvramPlace& place) const;

 private:
  struct Datastore {
    vsphere::NvramListing files;
    bool whole = false;                       ///< `files` is of all directories
    uint64_t whole_stamp = 0;                 ///< when all of it was listed last
    MonotonicTime no_bulk_before{};           ///< the search of the whole fails or is too slow
    std::map<std::string, Error> unlistable;  ///< directories
    std::set<std::string> listed;             ///< directories, while it is not `whole`
    std::chrono::milliseconds bulk_time{0};
    std::optional<Error> sick;  ///< it did not answer in time when it was asked last
  };
  using ListOne = std::function<Status(const Wanted&)>;

  Status list_each(const std::vector<Wanted>& wanted, const vsphere::Call& call,
                   const ListOne& list_one);
  Status list_one(const Wanted& wanted, uint64_t after, const vsphere::Call& call);
  Status poll_one(const Wanted& wanted, const vsphere::Call& call);
  Status list_all(const Wanted& wanted, const vsphere::Call& call);
  Status list_whole(const vsphere::DatastorePlace& place, const vsphere::Call& call);
  Status list_directories(const Wanted& wanted, const vsphere::Call& call);
  Status list_directory(const vsphere::DatastorePlace& place, const std::string& directory,
                        const vsphere::Call& call);
  [[nodiscard]] bool is_sick(const vsphere::DatastorePlace& place) const;
  void note_sick(const Wanted& wanted, const Error& error);

  vsphere::VmSource& source_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  uint64_t stamp_ = 0;
  std::vector<DatastorePlacePtr> places_;
  std::map<vsphere::MoRef, Datastore> datastores_;
};

/// Errors that say nothing about the thing asked for: vCenter is away, or nobody waits any more.
bool is_of_connection(const Error& error);

}  // namespace vtpmfs::cache
