// Interface. What the model asks about VMs and their nvram files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/datastore_path.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::vsphere {

struct ServerInfo {
  std::string instance_uuid;  ///< of the vCenter: what makes MoRefs and inode numbers unique
  std::string name;           ///< about.name
  std::string full_name;
  std::string api_version;
  bool is_vcenter = true;  ///< false: an ESXi host directly (read-only mount)
};

/// Size and time of a file as the datastore lists it.
struct DatastoreFile {
  uint64_t size = 0;
  std::optional<std::chrono::system_clock::time_point> modified;
};

/// The nvram files of one datastore, by path ("dir/x.nvram").
using NvramListing = std::map<std::string, DatastoreFile>;

/// A datastore as one datacenter sees it: what a /folder URL needs.
struct DatastorePlace {
  MoRef datastore;
  std::string name;
  MoRef datacenter;
  std::string
      datacenter_path;  ///< dcPath: inventory path with parent folders, e.g. /F0/DC1, escapes kept
  MoRef browser;
};

/// Reads of VM state. Blocking calls are for the room's own threads (feed, restore jobs); the two
/// asynchronous ones serve the kernel's requests and call `done` exactly once, on a thread of
/// vsphere's, also after a cancel. All are thread-safe.
class VmSource {
 public:
  virtual ~VmSource() = default;
  [[nodiscard]] virtual const ServerInfo& server() const = 0;

  /// Details of these VMs, in one paged bulk call (250 objects a page), in any order. A VM that has
  /// gone is simply not in the answer. `save_extra_config`: globs of further extraConfig keys to
  /// keep.
  virtual Result<std::vector<VmDetail>> read_details(const std::vector<MoRef>& vms,
                                                     const Call& call) = 0;

  /// config.changeVersion of these VMs now; one SOAP call (a page of 250 each).
  virtual void read_change_versions(
      const std::vector<MoRef>& vms, const Call& call,
      std::function<void(Result<std::map<MoRef, std::string>>)> done) = 0;

  /// All datastores that VMs may lie on, with their datacenters. One or two calls.
  virtual Result<std::vector<DatastorePlace>> datastores(const Call& call) = 0;

  /// Sizes and times of all nvram files of one datastore (SearchDatastoreSubFolders_Task), or of
  /// one directory of it (SearchDatastore_Task) where `directory` is given.
  virtual Result<NvramListing> list_nvram(const DatastorePlace& place,
                                          const std::optional<std::string>& directory,
                                          const Call& call) = 0;

  /// The bytes of one file, whole. EFBIG above `max_bytes`, ENOENT on 404, EACCES on 401 after a
  /// new login and on 403, EIO for a short or inconsistent body, ETIMEDOUT, EHOSTUNREACH, EINTR.
  virtual void fetch(const DatastorePlace& place, const std::string& path, uint64_t max_bytes,
                     const Call& call, std::function<void(Result<std::string>)> done) = 0;
};

}  // namespace vtpmfs::vsphere
