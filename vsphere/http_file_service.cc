#include "vsphere/http_file_service.h"

#include <cerrno>
#include <future>
#include <utility>

#include "vsphere/deadline.h"
#include "vsphere/folder_url.h"
#include "vsphere/http/repeat_rules.h"

namespace vtpmfs::vsphere {
namespace {

constexpr uint64_t kMaxPutAnswer = uint64_t{1024} * 1024;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

int errno_of(int status) {
  if (http::is_busy_answer(status)) return EHOSTUNREACH;
  switch (status) {
    case 401:
    case 403:
      return EACCES;
    case 404:
      return ENOENT;
    case 405:
      return EISDIR;
    case 413:
      return EFBIG;
    case 507:
      return ENOSPC;
    default:
      return EIO;
  }
}

Error error_of(int status, const std::string& file) {
  return {Errno{errno_of(status)}, file + ": HTTP status " + std::to_string(status)};
}

/// The bytes, if it is certain that they are all.
Result<std::string> whole_body(http::HttpResponse response, const std::string& file) {
  if (response.status != 200) return fail(error_of(response.status, file));
  if (!response.content_length && !response.chunked) {
    return fail(EIO, file + ": the server does not say how long the file is");
  }
  if (response.content_length && *response.content_length != response.body.size()) {
    return fail(EIO, file + ": " + std::to_string(response.body.size()) +
                         " bytes came instead of " + std::to_string(*response.content_length));
  }
  return std::move(response.body);
}

}  // namespace

struct HttpFileService::Visit {
  http::HttpRequest request;
  std::string file;  ///< "[datastore] path", for words
  Call call;
  Deadline deadline;
  std::function<void(Answer)> done;
  Session::Ticket ticket;
  bool renewed = false;
};

HttpFileService::HttpFileService(http::Transport& transport, Session& session,
                                 TrafficCounts& counts)
    : transport_(transport), session_(session), counts_(counts) {}

void HttpFileService::fetch(const DatastorePlace& place, const std::string& path,
                            uint64_t max_bytes, const Call& call,
                            std::function<void(Result<std::string>)> done) {
  auto target = folder_target(place, path);
  if (!target) {
    return transport_.post(
        [done = std::move(done), error = std::move(target.error())] { done(fail(error)); });
  }
  http::HttpRequest request;
  request.target = std::move(*target);
  request.max_body = max_bytes;
  request.changes = false;
  request.repeatable = true;
  std::string file = "[" + place.name + "] " + path;
  auto deliver = [file, done = std::move(done)](Answer answer) {
    if (!answer) {
      answer.error().words = file + ": " + answer.error().words;
      return done(fail(std::move(answer.error())));
    }
    done(whole_body(std::move(*answer), file));
  };
  go(std::make_shared<Visit>(Visit{std::move(request),
                                   std::move(file),
                                   call,
                                   Deadline(call.timeout),
                                   std::move(deliver),
                                   {},
                                   false}));
}

Result<std::string> HttpFileService::fetch_and_wait(const DatastorePlace& place,
                                                    const std::string& path, uint64_t max_bytes,
                                                    const Call& call) {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  auto result = promise->get_future();
  fetch(place, path, max_bytes, call,
        [promise](Result<std::string> bytes) { promise->set_value(std::move(bytes)); });
  return result.get();
}

Status HttpFileService::put(const DatastorePlace& place, const std::string& path,
                            const std::string& bytes, const Call& call) {
  auto target = folder_target(place, path);
  if (!target) return fail(std::move(target.error()));
  http::HttpRequest request;
  request.method = http::HttpRequest::Method::put;
  request.target = std::move(*target);
  request.headers = {"Content-Type: application/octet-stream"};
  request.body = bytes;
  request.max_body = kMaxPutAnswer;

  auto promise = std::make_shared<std::promise<Answer>>();
  auto result = promise->get_future();
  const std::string file = "[" + place.name + "] " + path;
  go(std::make_shared<Visit>(
      Visit{std::move(request),
            file,
            call,
            Deadline(call.timeout),
            [promise](Answer answer) { promise->set_value(std::move(answer)); },
            {},
            false}));
  auto answer = result.get();
  if (!answer) {
    answer.error().words = file + ": " + answer.error().words;
    return fail(std::move(answer.error()));
  }
  if (is_success(answer->status)) return {};
  Error error = error_of(answer->status, file);
  // A 5xx comes also from halfway: the file may be there, whole or in part.
  error.maybe_done = answer->status >= 500;
  return fail(std::move(error));
}

void HttpFileService::go(const VisitPtr& visit) {
  visit->ticket = session_.ticket();
  http::HttpRequest request = visit->request;
  request.cookie = visit->ticket.cookie;
  counts_.file_sent(request.method == http::HttpRequest::Method::put, request.body.size());
  transport_.send(std::move(request), visit->deadline.shorten(visit->call),
                  [this, visit](Answer answer) { answered(visit, std::move(answer)); });
}

void HttpFileService::answered(const VisitPtr& visit, Answer answer) {
  counts_.file_answered(visit->request.method == http::HttpRequest::Method::put,
                        answer ? answer->body.size() : 0, answer && is_success(answer->status));
  const uint64_t generation = visit->ticket.generation;
  if (!answer || answer->status != 401) return visit->done(std::move(answer));
  if (visit->renewed) powerless_session_ = generation;
  if (powerless_session_ == generation) return visit->done(std::move(answer));
  visit->renewed = true;
  session_.renew(generation, visit->deadline.shorten(visit->call), [this, visit](Status renewed) {
    if (!renewed) return visit->done(fail(std::move(renewed.error())));
    go(visit);
  });
}

}  // namespace vtpmfs::vsphere
