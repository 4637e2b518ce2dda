#include "vsphere/http/transfer.h"

#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "vsphere/http/certificate_check.h"
#include "vsphere/http/curl_error.h"

namespace vtpmfs::vsphere::http {
namespace {

constexpr size_t kMaxHeaderBytes = 65536;
constexpr long kConnectTimeoutMs = 30'000;

/// The value of a header line where it has that name.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      strncasecmp(line.data(), name.data(), name.size()) != 0) {
    return std::nullopt;
  }
  std::string_view value = line.substr(name.size() + 1);
  constexpr std::string_view kBlank = " \t\r\n";
  value.remove_prefix(std::min(value.find_first_not_of(kBlank), value.size()));
  const auto last = value.find_last_not_of(kBlank);
  return value.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

Transfer::Transfer(const Server& server, const HttpRequest& request, bool fresh_connection)
    : server_(server), request_(request), easy_(curl_easy_init()) {
  if (!easy_) return;
  set_up_connection(fresh_connection);
  set_up_request();
}

void Transfer::set_up_connection(bool fresh_connection) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a cancelled look-up must not hold up the loop
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // curl gives each address but the last half of this: a dead first one must leave time for others.
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 15L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh_connection ? 1L : 0L);
  // The CertificateCheck does all of it, the host name too, so that it can weigh the errors.
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::prepare_tls);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

void Transfer::set_up_request() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, (server_.origin + request_.target).c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  if (!server_.user_agent.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, server_.user_agent.c_str());
  }
  if (!request_.cookie.empty()) curl_easy_setopt(easy, CURLOPT_COOKIE, request_.cookie.c_str());
  if (request_.gzip) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);

  add_header("Expect:");
  for (const auto& line : request_.headers) add_header(line);
  if (request_.method == HttpRequest::Method::get) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    if (request_.method == HttpRequest::Method::put) {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
    }
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::add_header(const std::string& line) {
  // The list's head stays the same from the first entry on.
  curl_slist* list = curl_slist_append(headers_.get(), line.c_str());
  if (list != nullptr && list != headers_.get()) headers_.reset(list);
}

CURLcode Transfer::prepare_tls(CURL* /*easy*/, void* context, void* self) {
  static_cast<Transfer*>(self)->server_.certificates->install(static_cast<SSL_CTX*>(context));
  return CURLE_OK;
}

size_t Transfer::take_header(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(data, size * count);
  transfer.header_bytes_ += line.size();
  if (transfer.header_bytes_ > kMaxHeaderBytes) return 0;
  auto& response = transfer.response_;
  if (line.substr(0, 5) == "HTTP/") {
    response = HttpResponse{};  // also after an interim answer (100, 103)
  } else if (auto cookie = value_of(line, "Set-Cookie")) {
    response.set_cookies.emplace_back(*cookie);
  } else if (auto type = value_of(line, "Content-Type")) {
    response.content_type = std::string(*type);
  } else if (value_of(line, "Transfer-Encoding")) {
    response.chunked = true;  // the only such coding that curl takes
  }
  return line.size();
}

size_t Transfer::take_body(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const size_t bytes = size * count;
  std::string& body = transfer.response_.body;
  if (bytes > transfer.request_.max_body - body.size()) {
    transfer.too_large_ = true;
    return 0;
  }
  if (body.empty()) transfer.reserve_body();
  body.append(data, bytes);
  return bytes;
}

void Transfer::reserve_body() {
  curl_off_t length = -1;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length <= 0) return;
  // What a string that grows by doubling has to spare would be kept as long as the answer.
  response_.body.reserve(
      std::min(static_cast<uint64_t>(length), static_cast<uint64_t>(request_.max_body)));
}

bool Transfer::sent() const {
  long request_bytes = 0;
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &uploaded);
  return request_bytes > 0 || uploaded > 0;
}

Result<HttpResponse> Transfer::outcome(CURLcode code) {
  if (too_large_) {
    return fail(EFBIG, server_.name + ": the answer is larger than " +
                           std::to_string(request_.max_body) + " bytes");
  }
  if (header_bytes_ > kMaxHeaderBytes) {
    return fail(EIO, server_.name + ": the answer's header is larger than " +
                         std::to_string(kMaxHeaderBytes) + " bytes");
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION && !server_.certificates->last_refusal().empty()) {
    return fail(EPROTO, server_.certificates->last_refusal());
  }
  if (code != CURLE_OK) return fail(error_of(code, server_.name, detail_.data()));
  long status = 0;
  curl_off_t length = -1;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  response_.status = static_cast<int>(status);
  if (length >= 0) response_.content_length = static_cast<uint64_t>(length);
  return std::move(response_);
}

}  // namespace vtpmfs::vsphere::http
