// The session at vCenter: one login for everybody, made anew when the server forgot it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/http/transport.h"
#include "vsphere/moref.h"
#include "vsphere/soap_post.h"
#include "vsphere/traffic_counts.h"

namespace vtpmfs::vsphere {

struct SessionSettings {
  std::string user;
  std::function<Result<std::string>()> password;  ///< asked anew at each login
  std::chrono::milliseconds timeout{60000};       ///< of a login
  MoRef session_manager;
  SoapEndpoint endpoint;
  std::string first_cookie;  ///< what the server set before the first login, or empty
};

/// Logs in and out and knows the cookie. However many callers find the session lost, one login is
/// under way at a time and they all wait for it. A refused login (InvalidLogin, NoPermission) is
/// remembered (Error::login_refused) and not tried again before forget_refusal(): five wrong
/// passwords lock an SSO account.
///
/// The session before a new login is logged out, as far as it was still alive: who asks for a new
/// one may have been mistaken, and each that is left behind lives for half an hour.
///
/// Thread-safe; waiters and listeners are called on the transport's completion pool without a lock
/// held. Borrows the transport and must outlive it, since the transport's destructor still answers.
class Session {
 public:
  /// What a request needs of the session, taken together.
  struct Ticket {
    uint64_t generation = 0;  ///< 0 before the first login
    std::string cookie;       ///< secret
  };

  Session(http::Transport& transport, TrafficCounts& counts, SessionSettings settings);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  [[nodiscard]] Ticket ticket() const;

  /// Logs in unless that happened since `seen_generation`. EACCES where a login was refused, now or
  /// before; EINTR, ETIMEDOUT by `call`, whose end does not stop the login for the others.
  void renew(uint64_t seen_generation, const Call& call, std::function<void(Status)> done);
  Status renew_and_wait(uint64_t seen_generation, const Call& call);

  /// `listener` runs after each login but the first.
  void on_new_session(std::function<void(uint64_t generation)> listener);

  /// A person says that the login may be tried again (the password was changed). True where one had
  /// been refused.
  bool forget_refusal();
  [[nodiscard]] SessionFacts facts() const;

  /// Ends the session at the server, waiting at most 5 s; also on a transport that was shut down,
  /// and also one that may have come about by a login without an answer.
  void log_out();

 private:
  struct Waiter;

  void log_in();
  Result<http::HttpRequest> logout_request(std::string cookie) const;
  void end_former(const std::string& cookie);
  void login_ended(Result<std::string> cookie);
  void release(uint64_t waiter, const Status& status);
  Result<std::string> read_login(const Result<http::HttpResponse>& response) const;

  http::Transport& transport_;
  TrafficCounts& counts_;
  const SessionSettings settings_;

  mutable std::mutex mutex_;
  Ticket ticket_;
  std::chrono::system_clock::time_point since_{};
  std::optional<Error> refused_;
  bool logging_in_ = false;
  bool login_sent_ = false;  ///< with the first cookie
  uint64_t last_waiter_ = 0;
  std::map<uint64_t, std::shared_ptr<Waiter>> waiters_;
  std::vector<std::function<void(uint64_t)>> listeners_;
};

}  // namespace vtpmfs::vsphere
