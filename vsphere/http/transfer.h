// One try of one request: a curl easy handle with all that curl calls back into.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "vsphere/error.h"
#include "vsphere/http/request.h"

namespace vtpmfs::vsphere::http {

class CertificateCheck;

/// What all requests of a transport have in common.
struct Server {
  std::string name;    ///< host:port, for words
  std::string origin;  ///< https://host:port
  std::string user_agent;
  CertificateCheck* certificates = nullptr;  ///< not owned
};

/// Lives on the loop's thread and borrows `request`, which must outlive it. Redirects are not
/// followed, nothing but https is spoken, and no cookie is kept: the request brings its own.
class Transfer {
 public:
  Transfer(const Server& server, const HttpRequest& request, bool fresh_connection);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Null where curl gave no handle.
  [[nodiscard]] CURL* handle() const { return easy_.get(); }
  /// A byte of the request may have left this machine.
  [[nodiscard]] bool sent() const;
  /// A byte of the answer arrived.
  [[nodiscard]] bool answered() const { return header_bytes_ > 0; }
  /// The answer, or the reason why there is none; once, after the transfer ended with `code`.
  Result<HttpResponse> outcome(CURLcode code);

 private:
  struct CloseEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void set_up_connection(bool fresh_connection);
  void set_up_request();
  void add_header(const std::string& line);
  void reserve_body();
  static size_t take_header(char* data, size_t size, size_t count, void* self);
  static size_t take_body(char* data, size_t size, size_t count, void* self);
  static CURLcode prepare_tls(CURL* easy, void* context, void* self);

  const Server& server_;
  const HttpRequest& request_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HttpResponse response_;
  size_t header_bytes_ = 0;
  bool too_large_ = false;
  // Last: curl may still call back while the handle is closed.
  std::unique_ptr<CURL, CloseEasy> easy_;
};

}  // namespace vtpmfs::vsphere::http
