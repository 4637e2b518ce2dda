#include "vsphere/soap_post.h"

#include <cerrno>
#include <utility>

#include "vsphere/fault.h"
#include "vsphere/http/repeat_rules.h"
#include "vsphere/method_rules.h"

namespace vtpmfs::vsphere {
namespace {

/// Ten thousand VMs from a server that does not page are about 140 MB.
constexpr uint64_t kMaxAnswer = uint64_t{512} * 1024 * 1024;

Error not_soap(int status) {
  const std::string number = std::to_string(status);
  if (http::is_busy_answer(status)) {
    return {Errno{EHOSTUNREACH}, "the service is not available now (HTTP status " + number + ")"};
  }
  if (status == 401 || status == 403) {
    return {Errno{EACCES}, "the server refuses the request (HTTP status " + number + ")"};
  }
  if (status == 404) {
    return {Errno{EOPNOTSUPP}, "the server has no such service (HTTP status 404)"};
  }
  if (status >= 300 && status < 400) {
    return {Errno{EIO}, "the server sends us elsewhere (HTTP status " + number +
                            "), redirects are not followed"};
  }
  return {Errno{EIO}, "HTTP status " + number + " instead of an answer"};
}

}  // namespace

http::HttpRequest soap_request(const SoapEndpoint& endpoint, std::string_view method,
                               std::string envelope, std::string cookie) {
  const MethodRules rules = rules_of(method);
  http::HttpRequest request;
  request.method = http::HttpRequest::Method::post;
  request.target = endpoint.path;
  request.headers = {"Content-Type: text/xml; charset=\"utf-8\"",
                     "SOAPAction: \"" + endpoint.action + "\""};
  request.cookie = std::move(cookie);
  request.body = std::move(envelope);
  request.max_body = kMaxAnswer;
  request.gzip = true;
  request.changes = rules.changes;
  request.repeatable = rules.repeatable;
  return request;
}

Status soap_outcome(std::string_view method, const Result<http::HttpResponse>& response,
                    const std::function<Status(std::string_view body)>& read) {
  const auto named = [method](Error error) {
    error.words = std::string(method) + ": " + error.words;
    return fail(std::move(error));
  };
  if (!response) return named(response.error());
  const bool changes = rules_of(method).changes;
  if (response->status != 200 && response->status != 500) {
    Error error = not_soap(response->status);
    error.maybe_done = changes && response->status > 500;
    return named(std::move(error));
  }
  auto status = read(response->body);
  if (status && response->status == 200) return {};
  Error error = status ? Error{Errno{EIO}, "HTTP status 500 with an answer that is no fault"}
                       : std::move(status.error());
  if (!error.fault) {
    error.maybe_done = changes;
    if (response->status == 500) error.words += " (HTTP status 500)";
  }
  // words_of a fault does not name the method; the reader's own complaints do.
  if (error.fault) return named(std::move(error));
  return fail(std::move(error));
}

}  // namespace vtpmfs::vsphere
