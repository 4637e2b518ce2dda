#include "vsphere/session.h"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <future>
#include <utility>

#include "vsphere/deadline.h"
#include "vsphere/logged_operation.h"
#include "vsphere/session_cookie.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {
namespace {

constexpr std::chrono::seconds kLogoutTimeout{5};
constexpr const char* kLoginOperation = "vtpmfs-login";

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

}  // namespace

struct Session::Waiter {
  std::function<void(Status)> done;
  CancelToken::Registration registration;
};

Session::Session(http::Transport& transport, TrafficCounts& counts, SessionSettings settings)
    : transport_(transport), counts_(counts), settings_(std::move(settings)) {
  ticket_.cookie = settings_.first_cookie;
}

Session::~Session() {
  wipe(ticket_.cookie);
}

Session::Ticket Session::ticket() const {
  std::lock_guard lock(mutex_);
  return ticket_;
}

void Session::on_new_session(std::function<void(uint64_t generation)> listener) {
  std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Session::renew(uint64_t seen_generation, const Call& call, std::function<void(Status)> done) {
  const Deadline deadline(call.timeout);
  auto waiter = std::make_shared<Waiter>();
  waiter->done = std::move(done);
  uint64_t id = 0;
  bool first = false;
  {
    std::unique_lock lock(mutex_);
    if (refused_ || ticket_.generation != seen_generation) {
      Status known = refused_ ? Status(fail(*refused_)) : Status();
      lock.unlock();
      transport_.post([waiter, known] { waiter->done(known); });
      return;
    }
    id = ++last_waiter_;
    waiters_.emplace(id, waiter);
    first = !std::exchange(logging_in_, true);
  }
  transport_.post_at(deadline.at(), [this, id] {
    release(id, fail(ETIMEDOUT, transport_.server_name() + ": the login takes too long"));
  });
  auto registration = call.cancel.on_cancel([this, id] {
    release(id, fail(EINTR, transport_.server_name() + ": interrupted during the login"));
  });
  {
    std::lock_guard lock(mutex_);
    if (waiters_.count(id) != 0) waiter->registration = std::move(registration);
  }
  if (first) transport_.post([this] { log_in(); });
}

Status Session::renew_and_wait(uint64_t seen_generation, const Call& call) {
  auto promise = std::make_shared<std::promise<Status>>();
  auto result = promise->get_future();
  renew(seen_generation, call, [promise](Status status) { promise->set_value(std::move(status)); });
  return result.get();
}

void Session::release(uint64_t waiter, const Status& status) {
  std::shared_ptr<Waiter> released;
  {
    std::lock_guard lock(mutex_);
    auto node = waiters_.extract(waiter);
    if (!node) return;
    released = std::move(node.mapped());
  }
  transport_.post([released, status] { released->done(status); });
}

void Session::log_in() {
  auto password = settings_.password();
  if (!password) return login_ended(fail(std::move(password.error())));
  _vim25__Login request;
  request._USCOREthis = reference(settings_.session_manager.type, settings_.session_manager.value);
  request.userName = settings_.user;
  request.password = *password;
  request.locale = "en_US";
  auto envelope = write_message({.operation_id = kLoginOperation, .session_cookie = {}}, request);
  wipe(request.password);
  wipe(*password);
  if (!envelope) return login_ended(fail(std::move(envelope.error())));
  // A login on a session that is logged in is refused, so only the cookie from before the first
  // one goes along.
  const Ticket before = ticket();
  std::string cookie = before.generation == 0 ? before.cookie : std::string();
  counts_.soap_sent("Login", envelope->size());
  counts_.login();
  {
    const std::lock_guard lock(mutex_);
    login_sent_ = true;
  }
  Call call;
  call.timeout = settings_.timeout;
  transport_.send(
      soap_request(settings_.endpoint, "Login", std::move(*envelope), std::move(cookie)), call,
      [this](const Result<http::HttpResponse>& response) {
        auto given = read_login(response);
        counts_.soap_answered("Login", response ? response->body.size() : 0, given.has_value());
        if (!given) given.error().operation_id = kLoginOperation;
        login_ended(std::move(given));
      });
}

Result<std::string> Session::read_login(const Result<http::HttpResponse>& response) const {
  auto status = soap_outcome("Login", response, [](std::string_view body) -> Status {
    auto answer = read_message<_vim25__LoginResponse>(body);
    if (!answer) return fail(std::move(answer.error()));
    return {};
  });
  if (!status) return fail(std::move(status.error()));
  auto cookie = session_cookie(response->set_cookies);
  if (cookie.empty()) {
    const Ticket before = ticket();
    if (before.generation == 0) cookie = before.cookie;
  }
  if (cookie.empty()) return fail(EIO, "Login: the server gave no session cookie");
  return cookie;
}

void Session::login_ended(Result<std::string> cookie) {
  Status status;
  uint64_t generation = 0;
  std::string former;
  std::map<uint64_t, std::shared_ptr<Waiter>> waiters;
  std::vector<std::function<void(uint64_t)>> listeners;
  {
    std::lock_guard lock(mutex_);
    logging_in_ = false;
    if (cookie) {
      former = std::exchange(ticket_.cookie, std::move(*cookie));
      generation = ++ticket_.generation;
      since_ = std::chrono::system_clock::now();
      if (generation > 1) listeners = listeners_;
    } else {
      Error& error = cookie.error();
      error.login_refused = error.fault && error.code == Errno{EACCES};
      if (error.login_refused) refused_ = error;
      status = fail(error);
    }
    waiters.swap(waiters_);
  }
  const LoggedOperation of(kLoginOperation);
  if (status) {
    spdlog::info("{}: logged in {}as {}", transport_.server_name(), generation > 1 ? "again " : "",
                 settings_.user);
  } else {
    spdlog::warn("{}: login as {} failed: {}", transport_.server_name(), settings_.user,
                 status.error().words);
  }
  if (generation > 1 && former != ticket().cookie) end_former(former);
  wipe(former);
  for (const auto& listener : listeners) listener(generation);
  for (const auto& [id, waiter] : waiters) waiter->done(status);
}

SessionFacts Session::facts() const {
  const std::lock_guard lock(mutex_);
  return {ticket_.generation > 0 && !refused_, ticket_.generation, since_, refused_};
}

bool Session::forget_refusal() {
  const std::lock_guard lock(mutex_);
  return std::exchange(refused_, std::nullopt).has_value();
}

Result<http::HttpRequest> Session::logout_request(std::string cookie) const {
  _vim25__Logout request;
  request._USCOREthis = reference(settings_.session_manager.type, settings_.session_manager.value);
  auto envelope = write_message({.operation_id = "vtpmfs-logout", .session_cookie = {}}, request);
  if (!envelope) return fail(std::move(envelope.error()));
  return soap_request(settings_.endpoint, "Logout", std::move(*envelope), std::move(cookie));
}

void Session::end_former(const std::string& cookie) {
  auto post = logout_request(cookie);
  if (!post) return;
  Call call;
  call.timeout = kLogoutTimeout;
  counts_.soap_sent("Logout", post->body.size());
  // Where it was dead the answer is NotAuthenticated; there is nothing to do about any other, and
  // none is an error.
  transport_.send(std::move(*post), call, [this](const Result<http::HttpResponse>& response) {
    counts_.soap_answered("Logout", response ? response->body.size() : 0, true);
  });
}

void Session::log_out() {
  Ticket ending;
  bool answered = false;
  {
    const std::lock_guard lock(mutex_);
    if (!login_sent_ || ticket_.cookie.empty()) return;
    ending = ticket_;
    answered = ticket_.generation > 0;
  }
  auto post = logout_request(std::move(ending.cookie));
  if (!post) return;
  post->after_shut_down = true;
  Call call;
  call.timeout = kLogoutTimeout;
  counts_.soap_sent("Logout", post->body.size());
  const auto status = soap_outcome("Logout", transport_.send_and_wait(std::move(*post), call),
                                   [](std::string_view body) -> Status {
                                     auto answer = read_message<_vim25__LogoutResponse>(body);
                                     if (!answer) return fail(std::move(answer.error()));
                                     return {};
                                   });
  // Where the login was refused there is no session to end.
  if (!status && answered) {
    spdlog::warn("{}: not logged out: {}", transport_.server_name(), status.error().words);
  }
}

}  // namespace vtpmfs::vsphere
