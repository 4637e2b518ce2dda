// What .vtpmfs/ tells of a mount, as plain values: gathered by fs/daemon, written by this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/feed/feed.h"
#include "fs/kernel/request_counters.h"
#include "fs/restore/restorer.h"
#include "vsphere/connection.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

/// A VM that a person should look at, and why.
struct VmTrouble {
  vsphere::MoRef vm;
  std::string path;  ///< inventory path; empty where it has none
  Error why;
};

/// One moment of a mount. Nothing in it is secret.
struct MountFacts {
  std::chrono::system_clock::time_point now, mounted;
  bool read_only = false;
  std::string vms_shown;  ///< --vms

  struct Server {
    std::string host;
    int port = 443;
    std::string user;
    vsphere::ServerInfo info;
    bool insecure = false;  ///< the certificate is not verified
  } server;
  vsphere::SessionFacts session;
  vsphere::Traffic traffic;

  cache::FeedStatus feed;
  uint64_t shown = 0, with_vtpm = 0;  ///< of the shown ones
  std::vector<VmTrouble> incomplete;
  std::vector<std::string> crash_consistent;  ///< inventory paths

  uint64_t cache_bytes = 0, cache_limit = 0;
  kernel::RequestCounts requests;
  uint64_t known_nodes = 0, open_handles = 0;

  /// A staged set of this mount whose restore has begun or ended, or that was refused.
  struct Staged {
    std::string directory;  ///< inventory path of the datacenter's restore/ and what is below
    RestoreStatus status;
    bool running = false;
  };
  /// A record of the journal that no restore of this mount is at work on: broken off, and to be
  /// finished or taken back by a read-write mount.
  struct Waiting {
    std::string name, path;
    std::string state;   ///< how far it was
    std::string vm;      ///< MoRef where there is one
    std::string reason;  ///< what the last look at it found
  };
  struct Restores {
    std::vector<Staged> staged;
    std::vector<Waiting> waiting;
    std::vector<std::string> damaged;        ///< names of journal files that cannot be read
    std::optional<Error> journal_error;      ///< why the journal itself cannot be read
    std::map<std::string, uint64_t> by_end;  ///< "done", "failed", ...: since the mount
  } restores;
};

/// RFC 3339 in UTC, with milliseconds.
std::string time_text(std::chrono::system_clock::time_point time);

/// .vtpmfs/status.json; ends with a newline, is valid UTF-8 whatever a server sent.
std::string status_json(const MountFacts& facts);
/// .vtpmfs/metrics: Prometheus text format 0.0.4.
std::string metrics_text(const MountFacts& facts);

}  // namespace vtpmfs::fs
