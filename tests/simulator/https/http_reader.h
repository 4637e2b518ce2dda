// Reads HTTP/1.1 requests off a connection.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/simulator/https/http_message.h"
#include "tests/simulator/https/socket.h"

namespace vtpmfs::simulator {

/// The reading half of one connection: remembers what came after the end of a request.
/// Threads: the connection's. Failure: see Reading.
class HttpReader {
 public:
  /// `begun` is called when the first bytes of a request are there.
  explicit HttpReader(Socket& socket, std::function<void()> begun = {})
      : socket_(socket), begun_(std::move(begun)) {}

  enum class Outcome {
    request,    ///< a request, its body complete or cut off (body_complete)
    closed,     ///< the peer ended the connection between requests
    malformed,  ///< not HTTP: answer 400 and close
    no_length,  ///< a PUT that does not state its length: answer 411 and close
    too_large   ///< headers over 64 KiB or a body over 256 MiB: answer 413 and close
  };
  /// Waits for the next request. Answers `Expect: 100-continue` on the way.
  Outcome next(HttpRequest& request);

 private:
  bool fill();
  bool read_line(std::string& line, size_t most);
  Outcome read_head(HttpRequest& request);
  Outcome read_body(HttpRequest& request);
  Outcome read_chunks(HttpRequest& request);
  /// Moves `size` bytes to the body; false when the connection ends before.
  bool take(size_t size, std::string& body);

  Socket& socket_;
  const std::function<void()> begun_;
  std::string pending_;
  size_t at_ = 0;
};

}  // namespace vtpmfs::simulator
