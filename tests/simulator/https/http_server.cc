#include "tests/simulator/https/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <system_error>

#include "tests/simulator/https/http_reader.h"
#include "tests/simulator/https/http_writer.h"
#include "tests/simulator/https/socket.h"

namespace vtpmfs::simulator {
namespace {

constexpr size_t kMostConnections = 256;
constexpr std::chrono::milliseconds kAfterTrouble{10};

[[noreturn]] void give_up(int descriptor, const char* what) {
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  throw std::system_error(error, std::generic_category(), what);
}

/// OpenSSL writes to its socket without MSG_NOSIGNAL; a peer that has gone must not end the
/// process.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

bool wants_close(const HttpRequest& request) {
  return ::strcasecmp(std::string(request.header("connection")).c_str(), "close") == 0;
}

}  // namespace

struct HttpServer::Connection {
  Connection(int descriptor, SSL_CTX* tls, std::string peer)
      : socket(descriptor, tls), peer_address(std::move(peer)) {}
  Socket socket;
  std::string peer_address;
  std::atomic<bool> idle{false};
  std::atomic<bool> finished{false};
  std::thread thread;
};

HttpServer::HttpServer(uint16_t port, SSL_CTX* tls, Handler handler)
    : tls_(tls), handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) give_up(-1, "socket");
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) {
    give_up(listener_, "bind");
  }
  if (::listen(listener_, 128) != 0) give_up(listener_, "listen");
  if (::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up(listener_, "getsockname");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stop();
  ::close(listener_);
}

void HttpServer::stop() {
  {
    const std::scoped_lock hold(lock_);  // so that no waiter misses the news
    if (stopping_.exchange(true)) return;
  }
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  room_.notify_all();
  if (acceptor_.joinable()) acceptor_.join();
  std::list<std::unique_ptr<Connection>> all;
  {
    const std::scoped_lock hold(lock_);
    for (const auto& connection : connections_) connection->socket.interrupt();
    all.swap(connections_);
  }
  for (const auto& connection : all) connection->thread.join();
}

int HttpServer::close_idle() {
  const std::scoped_lock hold(lock_);
  int count = 0;
  for (const auto& connection : connections_) {
    if (connection->idle && !connection->finished) {
      connection->socket.interrupt();
      ++count;
    }
  }
  return count;
}

int HttpServer::connections() const {
  const std::scoped_lock hold(lock_);
  int count = 0;
  for (const auto& connection : connections_) count += connection->finished ? 0 : 1;
  return count;
}

void HttpServer::reap(std::list<std::unique_ptr<Connection>>& finished) {
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto next = std::next(at);
    if ((*at)->finished) finished.splice(finished.end(), connections_, at);
    at = next;
  }
}

void HttpServer::accept_all() {
  while (!stopping_) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        ::accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    if (descriptor < 0) {
      // Out of descriptors or memory passes; a listener that was shut down ends the loop above.
      if (errno != EINTR && errno != ECONNABORTED) std::this_thread::sleep_for(kAfterTrouble);
      continue;
    }
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    char name[INET_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET, &peer.sin_addr, name, sizeof name);
    ++accepted_;

    std::list<std::unique_ptr<Connection>> finished;
    {
      std::unique_lock hold(lock_);
      room_.wait(hold, [&] {
        reap(finished);
        return connections_.size() < kMostConnections || stopping_;
      });
      connections_.push_back(std::make_unique<Connection>(descriptor, tls_, name));
      Connection& connection = *connections_.back();
      connection.thread = std::thread([this, &connection] { serve(connection); });
    }
    for (const auto& connection : finished) connection->thread.join();
  }
}

/// What a handler throws must not end the process.
HttpResponse HttpServer::answer(const HttpRequest& request) const {
  try {
    return handler_(request);
  } catch (const std::exception& error) {
    return HttpResponse::text(500, std::string(error.what()) + "\n");
  }
}

void HttpServer::serve(Connection& connection) {
  block_sigpipe();
  Socket& socket = connection.socket;
  HttpReader reader(socket, [&connection] { connection.idle = false; });
  bool open = !stopping_ && socket.greet();
  while (open && !stopping_) {
    HttpRequest request;
    request.peer_address = connection.peer_address;
    request.peer_left = [&socket] { return socket.peer_left(); };
    connection.idle = true;
    const auto outcome = reader.next(request);
    connection.idle = false;
    if (outcome == HttpReader::Outcome::closed) break;
    if (outcome != HttpReader::Outcome::request) {
      const int status = outcome == HttpReader::Outcome::too_large   ? 413
                         : outcome == HttpReader::Outcome::no_length ? 411
                                                                     : 400;
      open = send_response(socket, request, HttpResponse::text(status, "bad request\n"), false);
      continue;
    }
    const bool keep_alive = request.body_complete && !wants_close(request);
    const HttpResponse response = answer(request);
    open = send_response(socket, request, response, keep_alive) && request.body_complete;
  }
  socket.close(Socket::Ending::orderly);
  {
    const std::scoped_lock hold(lock_);
    connection.finished = true;
  }
  room_.notify_all();
}

}  // namespace vtpmfs::simulator
