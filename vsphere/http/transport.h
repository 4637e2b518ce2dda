// All bytes to and from vCenter, SOAP and files alike, go through here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "vsphere/call.h"
#include "vsphere/connection.h"
#include "vsphere/error.h"
#include "vsphere/http/request.h"

namespace vtpmfs::vsphere::http {

struct TransportSettings {
  std::string host;  ///< name or address, IPv6 without brackets
  int port = 443;
  TlsPolicy tls;
  int max_connections = 12;  ///< of requests that the server answers at once
  bool read_only = false;
  std::string user_agent;
};

/// One server, one TLS policy, one connection pool, one event loop thread. Thread-safe.
///
/// Requests wait in line while max_connections are busy; those that block at the server have a line
/// of their own. The deadline and a cancel work in line, while a look-up or handshake goes on, and
/// during the transfer alike. Errors: EINVAL (settings), EROFS (read only), EINTR (cancelled),
/// ECANCELED (shut down), ETIMEDOUT, EHOSTUNREACH, EPROTO (TLS), EFBIG, EIO. An answer with any
/// HTTP status is no error here.
///
/// A request that must not be repeated goes out on a new connection: on a kept-alive one curl would
/// send it a second time by itself when the server had closed that in the meantime.
///
/// The destructor shuts down, answers everybody and joins its threads.
class Transport {
 public:
  using Done = std::function<void(Result<HttpResponse>)>;

  static Result<std::unique_ptr<Transport>> create(const TransportSettings& settings);
  virtual ~Transport() = default;

  /// `done` runs exactly once, on the completion pool (two threads): it may start further requests,
  /// but must not wait for anything.
  virtual void send(HttpRequest request, const Call& call, Done done) = 0;
  /// The same, waiting on the calling thread, which must not be one of the completion pool.
  Result<HttpResponse> send_and_wait(HttpRequest request, const Call& call);

  /// Runs `work` on the completion pool.
  virtual void post(std::function<void()> work) = 0;
  /// Runs `work` on the completion pool at `when`, or never once the transport was destroyed.
  virtual void post_at(std::chrono::steady_clock::time_point when, std::function<void()> work) = 0;

  /// From now on as with TransportSettings::read_only: for a server that turns out to be one that
  /// is only read.
  virtual void refuse_changes() = 0;
  /// Answers ECANCELED to all requests under way and to all later ones but the logout.
  virtual void shut_down() = 0;
  [[nodiscard]] virtual bool is_shut_down() const = 0;
  /// host:port, for words.
  [[nodiscard]] virtual const std::string& server_name() const = 0;
};

}  // namespace vtpmfs::vsphere::http
