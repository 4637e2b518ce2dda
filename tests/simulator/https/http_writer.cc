#include "tests/simulator/https/http_writer.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

namespace vtpmfs::simulator {
namespace {

constexpr size_t kWorthCompressing = 1024;

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::optional<std::string> gzipped(std::string_view plain) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  std::string copy(plain);  // zlib's next_in is not const
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return done ? std::optional(std::move(packed)) : std::nullopt;
}

bool wants_gzip(const HttpRequest& request, const HttpResponse& response) {
  if (!response.compress || response.body.size() < kWorthCompressing || request.method == "HEAD") {
    return false;
  }
  if (request.header("accept-encoding").find("gzip") == std::string_view::npos) return false;
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return header.first == "Content-Type" && header.second.rfind("text/", 0) == 0;
  });
}

std::string in_chunks(std::string_view body) {
  constexpr size_t kChunk = 16 << 10;
  std::string framed;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, kChunk);
    body.remove_prefix(piece.size());
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    framed += size;
    framed += piece;
    framed += "\r\n";
  }
  return framed += "0\r\n\r\n";
}

}  // namespace

bool send_response(Socket& socket, const HttpRequest& request, const HttpResponse& response,
                   bool keep_alive) {
  using Delivery = HttpResponse::Delivery;
  if (response.delivery == Delivery::none) {
    socket.close(Socket::Ending::reset);
    return false;
  }
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(reason(response.status)) + "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";

  std::string packed;
  std::string_view body = response.body;
  if (wants_gzip(request, response)) {
    if (auto smaller = gzipped(body)) {
      packed = std::move(*smaller);
      body = packed;
      head += "Content-Encoding: gzip\r\n";
    }
  }
  const bool has_body = request.method != "HEAD";
  std::string framed;
  if (response.chunked && has_body) {
    head += "Transfer-Encoding: chunked\r\n";
    framed = in_chunks(body);
    body = framed;
  } else if (response.send_length) {
    const auto length =
        response.stated_length >= 0 ? response.stated_length : static_cast<long long>(body.size());
    head += "Content-Length: " + std::to_string(length) + "\r\n";
  } else if (has_body) {
    keep_alive = false;  // the end of the connection is the end of the body
  }
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!has_body) body = {};

  if (response.delivery == Delivery::whole) {
    head += body;
    return socket.write_all(head) && keep_alive;
  }
  // An answer without a body is cut in its status line: libcurl, for one, takes an answer whose
  // connection ends among the headers for a whole one.
  size_t cut = body.empty() ? head.find('\r') / 2 : head.size() + body.size() / 2;
  if (response.delivery == Delivery::silent) cut = 0;
  head += body;
  if (!socket.write_all(std::string_view(head).substr(0, cut))) return false;
  if (response.delivery == Delivery::truncated) return false;
  if (response.hold) response.hold();
  return socket.write_all(std::string_view(head).substr(cut)) && keep_alive;
}

}  // namespace vtpmfs::simulator
