// Interface. From a complete staged set to a checked VM, or to none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/cancel.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

/// How far a restore is. What restore.status and status.json show.
struct RestoreStatus {
  enum class State {
    waiting,
    checking,
    creating,
    uploading,
    verifying,
    finishing,
    done,
    checked,  ///< all checks passed, and nothing was to be made
    failed,
    left_behind
  };
  State state = State::waiting;
  std::string step;  ///< in the present tense: "creating the VM"
  int percent = 0;
  bool unanswered = false;  ///< the vCenter has been silent for `--timeout`; the restore goes on
  std::string vm_name;
  std::string vm_path;  ///< inventory path of the new VM
  std::string vm_moref;
  std::string reason;  ///< why it failed, for a person
  std::string what_to_do;
  std::optional<Errno> error;
  std::vector<std::string> warnings;
  std::string started, ended;  ///< RFC 3339, UTC
};

/// Where a user wants the VM: mount options, then xattrs of the staged directory. Names or
/// inventory paths.
struct Placement {
  std::optional<std::string> pool, host, datastore, policy;
  std::map<std::string, std::string> networks;  ///< saved name -> name here
};

/// Mount options that change how restores are done.
struct RestoreOptions {
  Placement placement;
  bool never_create_policy = false;
  bool accept_rewrapped = false;
  bool connect_nics = false;
  bool templates = false;
  bool degraded = false;
  bool dry_run = false;  ///< every restore ends after its checks, with ECANCELED
  uint64_t nvram_max = 16ULL << 20;
  /// Globs of extraConfig keys that a backup may bring along; the same as for saving.
  std::vector<std::string> save_extra_config;
};

/// One set, its bytes frozen, with the place that its staged path names.
struct RestoreRequest {
  uint64_t staged_directory = 0;  ///< identity of the attempt's origin
  std::map<std::string, std::string>
      files;                ///< the plain names keyId ... SHA256SUMS with their bytes; nvram too
  bool check_only = false;  ///< somebody asks whether it could be restored
  bool manifest_verified = false;  ///< false: started without SHA256SUMS, by explicit wish
  vsphere::MoRef datacenter;
  vsphere::MoRef vm_folder;          ///< the datacenter's vmFolder
  std::vector<std::string> folders;  ///< below vmFolder, raw API names; missing ones are made
  std::string vm_name;               ///< raw API name (escaped)
  Placement placement;               ///< of this directory (xattrs); mount options come first
};

using StatusListener = std::function<void(const RestoreStatus&)>;
using RestoreDone = std::function<void(Status)>;

/// Runs restores on threads of its own (bounded; never a thread that serves the kernel).
/// Thread-safe.
class Restorer {
 public:
  virtual ~Restorer() = default;
  /// Starts; `changed` is called at every step, `done` once at the end with the errno of the table.
  /// Cancelling `interrupted` (Ctrl-C of cp) before the VM's creation was sent ends it with nothing
  /// made; after that the restore goes on and is finished or rolled back, and only the waiter is
  /// let go (by the caller).
  virtual void start(RestoreRequest request, vsphere::CancelToken interrupted,
                     StatusListener changed, RestoreDone done) = 0;
  /// Waits until running restores ended or the time is over.
  virtual void shut_down() = 0;
};

}  // namespace vtpmfs::fs
