#include "tests/simulator/https/http_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace vtpmfs::simulator {
namespace {

constexpr size_t kHeadLimit = 64 << 10;
constexpr size_t kBodyLimit = 256U << 20;

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

template <int Base>
bool parse_size(std::string_view text, size_t& size) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, Base);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

bool HttpReader::fill() {
  if (at_ > 0) {
    pending_.erase(0, at_);
    at_ = 0;
  }
  return socket_.read_some(pending_);
}

bool HttpReader::read_line(std::string& line, size_t most) {
  size_t searched = 0;
  for (;;) {
    const size_t end = pending_.find("\r\n", at_ + searched);
    if (end != std::string::npos) {
      line.assign(pending_, at_, end - at_);
      at_ = end + 2;
      return line.size() <= most;
    }
    if (pending_.size() - at_ > most + 1) return false;  // a lone CR may be half of the end
    searched = pending_.size() - at_ == 0 ? 0 : pending_.size() - at_ - 1;
    if (!fill()) return false;
  }
}

bool HttpReader::take(size_t size, std::string& body) {
  for (;;) {
    const size_t here = std::min(size, pending_.size() - at_);
    body.append(pending_, at_, here);
    at_ += here;
    size -= here;
    if (size == 0) return true;
    if (!fill()) return false;
  }
}

HttpReader::Outcome HttpReader::next(HttpRequest& request) {
  if (at_ == pending_.size() && !fill()) return Outcome::closed;
  if (begun_) begun_();
  const Outcome head = read_head(request);
  return head == Outcome::request ? read_body(request) : head;
}

HttpReader::Outcome HttpReader::read_head(HttpRequest& request) {
  std::string line;
  if (!read_line(line, kHeadLimit)) return Outcome::malformed;
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string::npos || first == last) return Outcome::malformed;
  // A blank or a byte beyond ASCII has to be encoded.
  const std::string_view target = std::string_view(line).substr(first + 1, last - first - 1);
  if (std::any_of(target.begin(), target.end(),
                  [](unsigned char c) { return c <= ' ' || c >= 0x7f; })) {
    return Outcome::malformed;
  }
  const std::string version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Outcome::malformed;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  if (request.target.empty() || request.target[0] != '/' || !request.split_target()) {
    return Outcome::malformed;
  }
  for (size_t total = 0;;) {
    if (!read_line(line, kHeadLimit)) return Outcome::malformed;
    if (line.empty()) break;
    total += line.size();
    if (total > kHeadLimit) return Outcome::too_large;
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) return Outcome::malformed;
    request.headers.emplace(lower(std::string_view(line).substr(0, colon)),
                            trimmed(std::string_view(line).substr(colon + 1)));
  }
  if (version == "HTTP/1.0" && request.headers.count("connection") == 0) {
    request.headers.emplace("connection", "close");
  }
  return Outcome::request;
}

HttpReader::Outcome HttpReader::read_body(HttpRequest& request) {
  const bool chunked = lower(request.header("transfer-encoding")) == "chunked";
  const std::string_view stated = request.header("content-length");
  if (request.method == "PUT" && stated.empty() && !chunked) return Outcome::no_length;
  size_t size = 0;
  if (!stated.empty() && !parse_size<10>(stated, size)) return Outcome::malformed;
  if (size > kBodyLimit) return Outcome::too_large;
  if (lower(request.header("expect")) == "100-continue" &&
      !socket_.write_all("HTTP/1.1 100 Continue\r\n\r\n")) {
    return Outcome::closed;
  }
  if (chunked) return read_chunks(request);
  request.body_complete = take(size, request.body);
  return Outcome::request;
}

HttpReader::Outcome HttpReader::read_chunks(HttpRequest& request) {
  std::string line;
  for (;;) {
    size_t size = 0;
    if (!read_line(line, 1024)) {
      request.body_complete = false;
      return Outcome::request;
    }
    if (!parse_size<16>(trimmed(std::string_view(line).substr(0, line.find(';'))), size)) {
      return Outcome::malformed;
    }
    if (size > kBodyLimit || request.body.size() + size > kBodyLimit) return Outcome::too_large;
    if (size == 0) break;
    if (!take(size, request.body) || !read_line(line, 0)) {
      request.body_complete = false;
      return Outcome::request;
    }
  }
  do {  // trailers, which nobody here wants
    if (!read_line(line, 8192)) {
      request.body_complete = false;
      break;
    }
  } while (!line.empty());
  return Outcome::request;
}

}  // namespace vtpmfs::simulator
