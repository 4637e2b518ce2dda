// What a user asked for, from the command line, -o, the environment and later a file, in one value.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/inventory.h"
#include "fs/options/setting.h"
#include "fs/restore/restorer.h"
#include "vsphere/connection.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

enum class LogTarget { standard_error, syslog, journald };

/// Settings of one mount. Nothing in it is secret: passwords come through fs/daemon/credentials.
struct Options {
  std::string host;
  int port = 443;
  std::string user;
  std::string mount_point;

  std::optional<std::string> password_file;
  vsphere::TlsPolicy tls;
  std::chrono::seconds timeout{60};
  std::optional<std::string> state_directory;

  cache::VmFilter vms = cache::VmFilter::vtpm;
  std::vector<std::string> save_extra_config;
  std::chrono::seconds pin{60};
  std::chrono::seconds nvram_poll{60};
  uint64_t cache_bytes = 256ULL << 20;
  RestoreOptions restore;
  std::optional<std::chrono::seconds> restore_settle;
  std::vector<std::string> restore_users;

  bool read_only = false;
  bool foreground = false;
  bool debug = false;
  std::optional<LogTarget> log;
  bool allow_other = false;
  std::optional<uint32_t> uid, gid;
  std::optional<uint32_t> umask;

  /// Of files and directories: as for every FUSE program, all bits but those of the umask; private
  /// where none was given.
  [[nodiscard]] uint32_t file_permissions() const { return umask ? 0666U & ~*umask : 0600U; }
  [[nodiscard]] uint32_t directory_permissions() const { return umask ? 0777U & ~*umask : 0700U; }

  /// What goes to the kernel as it is (e.g. noexec, max_read=…).
  std::vector<std::string> fuse_options;

  /// The options above as they were given.
  Settings settings;
  std::optional<std::string> config_file;  ///< empty: none is read

  bool show_help = false;
  bool show_version = false;
  bool show_config = false;
  std::optional<std::string> completion_for;  ///< a shell
};

}  // namespace vtpmfs::fs
