// Interface. One logged-in vCenter: settings in, the three interfaces of this room out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/cancel.h"
#include "vsphere/inventory_source.h"
#include "vsphere/restore_target.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

struct TlsPolicy {
  std::vector<std::string> ca_files;  ///< instead of the system's CAs
  std::optional<std::string>
      thumbprint;  ///< SHA-256 of the leaf; a pin: must match even where a CA vouches
  std::vector<std::string>
      known_hosts_files;  ///< govc's: a fallback for an untrusted chain or host name
  bool insecure = false;  ///< no verification; ignored where ca_files or thumbprint are given
};

struct ConnectionSettings {
  std::string host;  ///< name or address, IPv6 without brackets
  int port = 443;
  std::string user;
  /// Gives the password when a login needs it (read anew at each login: rotation without a
  /// remount).
  std::function<Result<std::string>()> password;
  TlsPolicy tls;
  std::chrono::milliseconds timeout{60000};  ///< of one request
  CancelToken cancel;                        ///< ends open() with EINTR
  bool read_only = false;  ///< the transport refuses PUT and every call that changes vCenter but
                           ///< datastore searches; so it does with an ESXi host in any case
  int max_connections = 12;
  std::vector<std::string> save_extra_config;  ///< globs
  std::string user_agent;
};

/// Counts of what was sent, for status files and tests.
struct Traffic {
  uint64_t soap_calls = 0;
  uint64_t downloads = 0;
  uint64_t uploads = 0;
  uint64_t logins = 0;
  struct Method {
    uint64_t calls = 0;
    uint64_t errors = 0;  ///< answered with a fault, or not at all
  };
  std::map<std::string, Method> methods;  ///< SOAP, by name: "Login"
  uint64_t download_errors = 0;
  uint64_t upload_errors = 0;
  /// Of bodies, decompressed: messages and files together.
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
};

/// How we are logged in.
struct SessionFacts {
  bool logged_in = false;
  uint64_t logins = 0;                            ///< that succeeded
  std::chrono::system_clock::time_point since{};  ///< of the last of them
  std::optional<Error> refused;                   ///< no login is tried any more before SIGHUP
};

/// A session at one vCenter over one transport (one TLS policy, one cookie, one connection pool,
/// one event loop thread). Logs in again by itself when the session is lost; after a refused login
/// only once forget_refusal() was called. The destructor logs out (bounded by 5 s), cancels what is
/// under way and joins its threads.
class Connection {
 public:
  /// Looks up, connects, checks the certificate, negotiates the API version and logs in.
  /// EHOSTUNREACH (unknown host, refused), ETIMEDOUT, EINTR (cancelled), EACCES with login_refused
  /// (so says each later call too once a new login was refused), EPROTO (untrusted
  /// certificate: the words tell its SHA-256 thumbprint and the options that would trust it),
  /// EOPNOTSUPP (no vSphere there).
  static Result<std::unique_ptr<Connection>> open(ConnectionSettings settings);
  virtual ~Connection() = default;

  virtual InventorySource& inventory() = 0;
  virtual VmSource& vms() = 0;
  virtual RestoreTarget& restore_target() = 0;
  [[nodiscard]] virtual Traffic traffic() const = 0;
  [[nodiscard]] virtual SessionFacts session() const = 0;
  /// A person says that the password may be right now. True where a login had been refused.
  virtual bool forget_refusal() = 0;
  /// Ends every wait (as at unmount); later calls fail with ECANCELED.
  virtual void shut_down() = 0;
};

}  // namespace vtpmfs::vsphere
