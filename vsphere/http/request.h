// One HTTP request to the server that a Transport belongs to, and its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vtpmfs::vsphere::http {

/// The server is the transport's, so a request names only a path: neither a cookie nor a password
/// can go elsewhere.
struct HttpRequest {
  enum class Method { get, post, put };

  Method method = Method::get;
  std::string target;                ///< path and query, percent-encoded, begins with '/'
  std::vector<std::string> headers;  ///< "Name: value"
  std::string cookie;                ///< as the server set it; empty: none
  std::string body;                  ///< wiped after use
  uint64_t max_body = 0;             ///< of the answer, decompressed; EFBIG above
  bool gzip = false;                 ///< the answer may be compressed
  /// The server is another one after it (a PUT always counts as such). Refused with EROFS when
  /// reading only, never sent twice, and its errors tell by maybe_done whether it may have arrived.
  bool changes = true;
  /// A lost connection or a 502, 503, 504 may be answered by sending it again.
  bool repeatable = false;
  /// The server answers when it likes: counts in a pool of its own.
  bool blocks_at_server = false;
  /// Passes although the transport was shut down: the logout.
  bool after_shut_down = false;
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::optional<uint64_t> content_length;  ///< as announced
  bool chunked = false;                    ///< the body tells by itself where it ends
  std::vector<std::string> set_cookies;    ///< values of Set-Cookie, as they came
  std::string body;
};

}  // namespace vtpmfs::vsphere::http
