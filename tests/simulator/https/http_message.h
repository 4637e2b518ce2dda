// HTTP requests and responses as the simulator's handlers see them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmfs::simulator {

struct HttpRequest {
  std::string method;
  /// As it came: percent-encoded, with the query.
  std::string target;
  /// Percent-decoded, without the query.
  std::string path;
  /// Decoded pairs in the order of the query. A plus sign is a blank there, as in forms: a real one
  /// must be encoded.
  std::vector<std::pair<std::string, std::string>> query;
  /// Names in lower case.
  std::multimap<std::string, std::string, std::less<>> headers;
  std::string body;
  /// False: the peer went away in the middle of the body; nobody will read the answer.
  bool body_complete = true;
  std::string peer_address;
  /// Whether the peer has hung up while the request is worked on; for calls that wait long.
  std::function<bool()> peer_left = [] { return false; };

  /// First header of that (lower case) name; empty without one.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// First query parameter of that name; null without one.
  [[nodiscard]] const std::string* parameter(std::string_view name) const;
  /// The value of a cookie as it was sent (quotes included); empty without one.
  [[nodiscard]] std::string cookie(std::string_view name) const;

  /// Fills in path and query from target; false where its percent-encoding is broken.
  [[nodiscard]] bool split_target();
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// False: no Content-Length (for a HEAD; a body then ends with the connection).
  bool send_length = true;
  /// For HEAD: the length to state although the body is empty; -1: that of the body.
  long long stated_length = -1;
  /// Sends the body in chunks instead of stating its length.
  bool chunked = false;
  /// Text may be sent in gzip to a peer that takes it.
  bool compress = true;

  /// How much of it reaches the peer: trouble that a test ordered.
  enum class Delivery {
    whole,
    none,       ///< the connection is reset instead
    truncated,  ///< half of the body (without one, of the status line), then the connection ends
    stalled,    ///< half of the body (or that), then `hold`, then the rest
    silent      ///< nothing, then `hold`, then all
  };
  Delivery delivery = Delivery::whole;
  std::function<void()> hold;

  static HttpResponse text(int status, std::string body);
};

}  // namespace vtpmfs::simulator
