#include "tests/unit/vsphere_http/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include "tests/patience.h"

namespace vtpmfs::vsphere::http {
namespace {

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Reads one request; keeps what came beyond it in `rest`.
std::optional<ServedRequest> read_request(SSL* tls, std::string& rest) {
  const auto more = [&] {
    char buffer[16384];
    const int count = SSL_read(tls, buffer, sizeof buffer);
    if (count > 0) rest.append(buffer, static_cast<size_t>(count));
    return count > 0;
  };
  size_t end = 0;
  while ((end = rest.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  ServedRequest request;
  std::string head = rest.substr(0, end + 2);
  rest.erase(0, end + 4);
  size_t line_end = head.find("\r\n");
  const std::string first = head.substr(0, line_end);
  request.method = first.substr(0, first.find(' '));
  request.target = first.substr(first.find(' ') + 1);
  request.target.resize(request.target.rfind(' '));
  for (size_t at = line_end + 2; at < head.size(); at = line_end + 2) {
    line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const size_t colon = line.find(':');
    request.headers[lower(line.substr(0, colon))] =
        line.substr(line.find_first_not_of(' ', colon + 1));
  }
  const std::string length = request.header("content-length");
  const size_t size = length.empty() ? 0 : std::stoul(length);
  while (rest.size() < size) {
    if (!more()) return std::nullopt;
  }
  request.body = rest.substr(0, size);
  rest.erase(0, size);
  return request;
}

}  // namespace

void Wire::write(const std::string& bytes) {
  if (open_ && SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) <= 0) open_ = false;
}

void Wire::answer(int status, const std::string& body, const std::string& more_headers) {
  write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body);
}

void Wire::stall() {
  stall_until([] { return false; });
}

void Wire::stall_until(const std::function<bool()>& released) {
  while (open_ && !stopping_ && !released()) {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 2) > 0) open_ = false;  // the client closed; it has nothing else to say
  }
}

void Wire::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  open_ = false;
  SSL_set_quiet_shutdown(tls_, 1);
}

ScriptedServer::ScriptedServer(const Certificate& certificate, Script script)
    : context_(SSL_CTX_new(TLS_server_method())), script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX_use_certificate(context_.get(), certificate.x509());
  SSL_CTX_use_PrivateKey(context_.get(), certificate.key());
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 128) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no listening socket");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  hang_up();
  for (auto& thread : threads_) thread.join();
}

void ScriptedServer::hang_up() {
  std::lock_guard lock(mutex_);
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

bool ScriptedServer::wait_for_requests(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience(std::chrono::seconds(10)),
                           [&] { return requests_ >= count; });
}

void ScriptedServer::accept_all() {
  while (!stopping_) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int number = ++connections_;
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void ScriptedServer::serve(int socket, int number) {
  const std::unique_ptr<SSL, FreeTls> tls(SSL_new(context_.get()));
  SSL_set_fd(tls.get(), socket);
  if (SSL_accept(tls.get()) == 1) {
    Wire wire(tls.get(), socket, stopping_);
    std::string rest;
    while (wire.open() && !stopping_) {
      auto request = read_request(tls.get(), rest);
      if (!request) break;
      request->connection = number;
      {
        std::lock_guard lock(mutex_);
        ++requests_;
        most_at_once_ = std::max<int>(most_at_once_, ++at_once_);
      }
      changed_.notify_all();
      script_(*request, wire);
      --at_once_;
    }
    SSL_shutdown(tls.get());
  }
  std::lock_guard lock(mutex_);
  sockets_.erase(std::find(sockets_.begin(), sockets_.end(), socket));
  ::close(socket);
}

}  // namespace vtpmfs::vsphere::http
