#include "vsphere/http/curl_transport.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "vsphere/http/curl_error.h"
#include "vsphere/http/repeat_rules.h"
#include "vsphere/http/server_name.h"

namespace vtpmfs::vsphere::http {
namespace {

/// Requests that block at the server: one for the inventory, one for each task that is waited for.
constexpr int kBlockingConnections = 8;
constexpr int kCompletionThreads = 2;
constexpr std::chrono::hours kLongestTimeout{24};

bool changes_something(const HttpRequest& request) {
  return request.changes || request.method == HttpRequest::Method::put;
}

}  // namespace

struct CurlTransport::Job {
  JobId id = 0;
  HttpRequest request;
  std::chrono::milliseconds timeout{0};
  EventLoop::Clock::time_point deadline;
  CancelToken cancel;
  CancelToken::Registration registration;
  Done done;
  RepeatRules rules;
  bool sent = false;  ///< in any try
  bool fresh_connection = false;
  std::unique_ptr<Transfer> transfer;  ///< while on the wire
  EventLoop::TimerId deadline_timer = 0;
  EventLoop::TimerId pause_timer = 0;

  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  // A body may hold a password or a key locator.
  ~Job() { OPENSSL_cleanse(request.body.data(), request.body.size()); }
};

Result<std::unique_ptr<Transport>> CurlTransport::create(const TransportSettings& settings) {
  auto certificates = CertificateCheck::create(settings.tls, settings.host, settings.port);
  if (!certificates) return fail(std::move(certificates.error()));
  auto loop = EventLoop::start(settings.max_connections + kBlockingConnections);
  if (!loop) return fail(std::move(loop.error()));
  return std::make_unique<CurlTransport>(settings, std::move(*certificates), std::move(*loop));
}

CurlTransport::CurlTransport(const TransportSettings& settings,
                             std::unique_ptr<CertificateCheck> certificates,
                             std::unique_ptr<EventLoop> loop)
    : read_only_(settings.read_only),
      certificates_(std::move(certificates)),
      server_{host_and_port(settings.host, settings.port),
              https_origin(settings.host, settings.port), settings.user_agent, certificates_.get()},
      random_(std::random_device{}()),
      pool_(kCompletionThreads),
      loop_(std::move(loop)) {
  prompt_lane_.limit = settings.max_connections;
  blocking_lane_.limit = kBlockingConnections;
}

CurlTransport::~CurlTransport() {
  shut_down_ = true;
  loop_->post([this] { end_all(true); });
  loop_->stop();
  end_all(true);  // what came in meanwhile; the loop's thread has ended, so this one stands in
  // What runs there still may call send(), which answers ECANCELED from now on.
  pool_.finish();
}

void CurlTransport::post(std::function<void()> work) {
  pool_.post(std::move(work));
}

void CurlTransport::post_at(std::chrono::steady_clock::time_point when,
                            std::function<void()> work) {
  loop_->post([this, when, work = std::move(work)]() mutable {
    loop_->call_at(when, [this, work = std::move(work)]() mutable { pool_.post(std::move(work)); });
  });
}

void CurlTransport::shut_down() {
  shut_down_ = true;
  loop_->post([this] { end_all(false); });
}

Status CurlTransport::permit(const HttpRequest& request) const {
  if (read_only_ && changes_something(request)) {
    return fail(EROFS, server_.name + ": this connection only reads; nothing was sent");
  }
  if (shut_down_ && !request.after_shut_down) {
    return fail(ECANCELED, server_.name + ": the connection is being closed");
  }
  return {};
}

void CurlTransport::answer(Done done, Result<HttpResponse> result) {
  pool_.post(
      [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void CurlTransport::send(HttpRequest request, const Call& call, Done done) {
  auto job = std::make_shared<Job>();
  job->request = std::move(request);
  if (auto permitted = permit(job->request); !permitted) {
    return answer(std::move(done), fail(std::move(permitted.error())));
  }
  job->id = ++last_job_;
  job->timeout = std::clamp<std::chrono::milliseconds>(call.timeout, std::chrono::milliseconds{0},
                                                       kLongestTimeout);
  job->deadline = EventLoop::Clock::now() + job->timeout;
  job->cancel = call.cancel;
  job->done = std::move(done);
  job->fresh_connection = changes_something(job->request) || !job->request.repeatable;
  // A cancel that comes before start() is seen there; the job's end unregisters this, so that a
  // token may outlive the transport.
  job->registration = call.cancel.on_cancel(
      [this, id = job->id] { loop_->post([this, id] { end_early(id, EINTR, "interrupted"); }); });
  if (!loop_->post([this, job] { start(job); })) {
    job->registration = {};
    answer(std::move(job->done), fail(ECANCELED, server_.name + ": the connection is closed"));
  }
}

CurlTransport::Lane& CurlTransport::lane_of(const Job& job) {
  return job.request.blocks_at_server ? blocking_lane_ : prompt_lane_;
}

void CurlTransport::start(std::shared_ptr<Job> job) {
  const JobId id = job->id;
  Job& started = *jobs_.emplace(id, std::move(job)).first->second;
  if (started.cancel.cancelled()) return end_early(id, EINTR, "interrupted");
  if (auto permitted = permit(started.request); !permitted) {
    return finish(started, fail(std::move(permitted.error())));
  }
  started.deadline_timer = loop_->call_at(started.deadline, [this, id, &started] {
    started.deadline_timer = 0;
    end_early(
        id, ETIMEDOUT,
        fmt::format("no answer within {} s", static_cast<double>(started.timeout.count()) / 1000));
  });
  Lane& lane = lane_of(started);
  lane.line.push_back(id);
  admit(lane);
}

void CurlTransport::admit(Lane& lane) {
  while (lane.busy < lane.limit && !lane.line.empty()) {
    const auto found = jobs_.find(lane.line.front());
    lane.line.pop_front();
    if (found != jobs_.end()) begin(*found->second);
  }
}

void CurlTransport::begin(Job& job) {
  job.transfer = std::make_unique<Transfer>(server_, job.request, job.fresh_connection);
  ++lane_of(job).busy;
  if (job.transfer->handle() == nullptr) {
    return finish(job, fail(ENOMEM, server_.name + ": no memory for a transfer"));
  }
  loop_->attach(job.transfer->handle(), [this, id = job.id](CURLcode code) { ended(id, code); });
}

void CurlTransport::leave_wire(Job& job) {
  if (!job.transfer) return;
  if (job.transfer->handle() != nullptr) {
    job.sent = job.sent || job.transfer->sent();
    loop_->detach(job.transfer->handle());
  }
  job.transfer.reset();
  --lane_of(job).busy;
}

void CurlTransport::ended(JobId id, CURLcode code) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = *found->second;
  const bool answered = job.transfer->answered();
  auto result = job.transfer->outcome(code);
  Lane& lane = lane_of(job);
  leave_wire(job);
  if (!goes_again(job, result, code, answered)) finish(job, std::move(result));
  admit(lane);
}

bool CurlTransport::goes_again(Job& job, const Result<HttpResponse>& result, CURLcode code,
                               bool answered) {
  if (!job.request.repeatable) return false;
  if (!result) {
    if (answered || !is_lost_connection(code) || !job.rules.after_lost_connection()) return false;
    spdlog::debug("{}: connection lost before an answer, asking again", server_.name);
    job.fresh_connection = true;
    lane_of(job).line.push_front(job.id);
    return true;
  }
  if (!is_busy_answer(result->status)) return false;
  const auto wait = job.rules.after_busy_answer(random_);
  const auto when = EventLoop::Clock::now() + wait;
  if (wait.count() == 0 || when >= job.deadline) return false;
  spdlog::debug("{}: HTTP status {}, asking again in {}", server_.name, result->status, wait);
  job.pause_timer = loop_->call_at(when, [this, &job] {
    job.pause_timer = 0;
    Lane& lane = lane_of(job);
    lane.line.push_back(job.id);
    admit(lane);
  });
  return true;
}

void CurlTransport::end_early(JobId id, int code, const std::string& words) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = *found->second;
  Lane& lane = lane_of(job);
  finish(job, fail(code, server_.name + ": " + words));
  admit(lane);
}

void CurlTransport::end_all(bool logout_too) {
  std::vector<JobId> ids;
  for (const auto& [id, job] : jobs_) {
    if (logout_too || !job->request.after_shut_down) ids.push_back(id);
  }
  for (const JobId id : ids) end_early(id, ECANCELED, "the connection is being closed");
}

void CurlTransport::finish(Job& job, Result<HttpResponse> result) {
  leave_wire(job);
  loop_->forget(job.deadline_timer);
  loop_->forget(job.pause_timer);
  const auto kept = jobs_.extract(job.id);
  // Waits for a cancel that is running at this moment; that only posts to this loop.
  job.registration = {};
  if (!result) result.error().maybe_done = job.sent && changes_something(job.request);
  answer(std::move(job.done), std::move(result));
}

}  // namespace vtpmfs::vsphere::http
