// The Transport over libcurl.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include "vsphere/http/certificate_check.h"
#include "vsphere/http/completion_pool.h"
#include "vsphere/http/event_loop.h"
#include "vsphere/http/transfer.h"
#include "vsphere/http/transport.h"

namespace vtpmfs::vsphere::http {

/// A request is a Job from send() to its answer: it waits in a lane's line, is on the wire (one
/// Transfer per try), or pauses before another try. Jobs and lanes belong to the loop's thread; the
/// other threads only post to it. No mutex of its own.
class CurlTransport : public Transport {
 public:
  static Result<std::unique_ptr<Transport>> create(const TransportSettings& settings);
  CurlTransport(const TransportSettings& settings, std::unique_ptr<CertificateCheck> certificates,
                std::unique_ptr<EventLoop> loop);
  ~CurlTransport() override;

  void send(HttpRequest request, const Call& call, Done done) override;
  void post(std::function<void()> work) override;
  void post_at(std::chrono::steady_clock::time_point when, std::function<void()> work) override;
  void refuse_changes() override { read_only_ = true; }
  void shut_down() override;
  [[nodiscard]] bool is_shut_down() const override { return shut_down_.load(); }
  [[nodiscard]] const std::string& server_name() const override { return server_.name; }

 private:
  using JobId = uint64_t;
  struct Job;
  struct Lane {
    int limit = 0;
    int busy = 0;
    std::deque<JobId> line;  ///< may name jobs that are over
  };

  // On the loop's thread.
  void start(std::shared_ptr<Job> job);
  void admit(Lane& lane);
  void begin(Job& job);
  void leave_wire(Job& job);
  void ended(JobId id, CURLcode code);
  bool goes_again(Job& job, const Result<HttpResponse>& result, CURLcode code, bool answered);
  void end_early(JobId id, int code, const std::string& words);
  void end_all(bool logout_too);
  void finish(Job& job, Result<HttpResponse> result);
  Lane& lane_of(const Job& job);

  /// Why a request may not even start; from any thread.
  [[nodiscard]] Status permit(const HttpRequest& request) const;
  void answer(Done done, Result<HttpResponse> result);

  std::atomic<bool> read_only_;
  std::unique_ptr<CertificateCheck> certificates_;
  const Server server_;
  std::atomic<bool> shut_down_{false};
  std::atomic<JobId> last_job_{0};

  std::unordered_map<JobId, std::shared_ptr<Job>> jobs_;
  Lane prompt_lane_;
  Lane blocking_lane_;
  std::minstd_rand random_;

  CompletionPool pool_;
  std::unique_ptr<EventLoop> loop_;
};

}  // namespace vtpmfs::vsphere::http
