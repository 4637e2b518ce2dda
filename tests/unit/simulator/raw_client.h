// A client as plain as can be: HTTP by libcurl, messages by the codec, one connection.
#pragma once

#include <curl/curl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/https/tls_identity.h"
#include "tests/simulator/model/ref.h"
#include "tests/simulator/simulator.h"
#include "vsphere/fault.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/message.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {

class RawClient {
 public:
  struct Answer {
    CURLcode outcome = CURLE_OK;
    long status = 0;
    std::string body;
    std::multimap<std::string, std::string> headers;

    [[nodiscard]] std::string header(const std::string& name) const {
      const auto found = headers.find(name);
      return found == headers.end() ? "" : found->second;
    }
  };

  explicit RawClient(Simulator& simulator)
      : simulator_(simulator), curl_(curl_easy_init(), &curl_easy_cleanup) {
    curl_easy_setopt(curl_.get(), CURLOPT_COOKIEFILE, "");
  }

  /// Any request. `body` is sent with POST and PUT.
  Answer send(const std::string& method, const std::string& target, const std::string& body = {},
              std::vector<std::string> headers = {}) {
    Answer answer;
    CURL* curl = curl_.get();
    const std::string url = simulator_.url() + target;
    headers.emplace_back("Expect:");
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> list(nullptr, &curl_slist_free_all);
    for (const auto& header : headers) {
      list.reset(curl_slist_append(list.release(), header.c_str()));
    }
    const std::string& authority = simulator_.tls().authority_pem();
    curl_blob trusted{const_cast<char*>(authority.data()), authority.size(), CURL_BLOB_COPY};
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &trusted);
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(curl, CURLOPT_NOBODY, method == "HEAD" ? 1L : 0L);
    if (method == "POST" || method == "PUT") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    } else if (method != "HEAD") {
      curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list.get());
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, accept_encoding);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
    answer.outcome = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
  }

  Answer post(const std::string& message, const std::string& path = "/sdk",
              const std::string& action = "urn:vim25/8.0.3.0") {
    return send("POST", path, message,
                {"Content-Type: text/xml; charset=\"utf-8\"", "SOAPAction: " + action});
  }
  /// A body element within an envelope.
  Answer post_body(const std::string& body) { return post(envelope(body)); }

  static std::string envelope(const std::string& body) {
    return "<?xml version=\"1.0\"?><e:Envelope "
           "xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
           "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body>" +
           body + "</e:Body></e:Envelope>";
  }

  /// One operation; the error holds the fault, or a line about HTTP.
  template <class Response, class Request>
  Result<vsphere::Message<Response>> call(const Request& request) {
    const auto message = vsphere::write_message({}, request);
    if (!message) return fail(message.error());
    const Answer answer = post(*message);
    if (answer.outcome != CURLE_OK) return fail(EIO, curl_easy_strerror(answer.outcome));
    if (answer.status != 200 && answer.status != 500) {
      return fail(EIO, "HTTP status " + std::to_string(answer.status));
    }
    return vsphere::read_message<Response>(answer.body);
  }

  Result<vsphere::Message<_vim25__LoginResponse>> login(const std::string& user,
                                                        const std::string& password) {
    _vim25__Login request;
    request._USCOREthis = vsphere::reference("SessionManager", "SessionManager");
    request.userName = user;
    request.password = password;
    return call<_vim25__LoginResponse>(request);
  }
  Result<vsphere::Message<_vim25__LoginResponse>> login() {
    return login(simulator_.options().user, simulator_.options().password);
  }
  void forget_cookies() { curl_easy_setopt(curl_.get(), CURLOPT_COOKIELIST, "ALL"); }

  const char* accept_encoding = nullptr;
  long timeout_ms = 20000;

 private:
  static size_t take_body(char* data, size_t size, size_t count, void* answer) {
    static_cast<Answer*>(answer)->body.append(data, size * count);
    return size * count;
  }
  static size_t take_header(char* data, size_t size, size_t count, void* answer) {
    const std::string line(data, size * count);
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      const size_t end = line.find_last_not_of("\r\n");
      static_cast<Answer*>(answer)->headers.emplace(line.substr(0, colon),
                                                    line.substr(colon + 2, end - colon - 1));
    }
    return size * count;
  }

  Simulator& simulator_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
};

/// The type of the fault that an operation was answered with; empty: none.
template <class T>
std::string fault_type(const Result<T>& result) {
  return result || !result.error().fault ? std::string() : result.error().fault->type;
}

}  // namespace vtpmfs::simulator
