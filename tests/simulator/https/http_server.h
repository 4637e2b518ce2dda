// An HTTP/1.1 server on a loopback port, plain or in TLS.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/simulator/https/http_message.h"

namespace vtpmfs::simulator {

/// Accepts on 127.0.0.1 and serves each connection on a thread of its own, request after request.
/// At most 256 connections at a time: further ones wait in the kernel's queue.
///
/// Threads: the handler runs on many at once. stop() cuts all connections and joins; a handler that
/// waits for something must have been woken before by who owns that something.
/// Failure: the constructor throws std::system_error when the port cannot be had.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// `tls` may be null (plain HTTP) and must outlive the server.
  HttpServer(uint16_t port, SSL_CTX* tls, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  void stop();
  /// Cuts connections on which no request is being worked on, as a proxy does with idle ones.
  /// Returns how many.
  int close_idle();
  [[nodiscard]] int connections() const;
  /// Connections accepted since the start.
  [[nodiscard]] uint64_t accepted() const { return accepted_; }

 private:
  struct Connection;
  void accept_all();
  HttpResponse answer(const HttpRequest& request) const;
  void serve(Connection& connection);
  void reap(std::list<std::unique_ptr<Connection>>& finished);

  SSL_CTX* tls_;
  Handler handler_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> accepted_{0};
  mutable std::mutex lock_;
  std::condition_variable room_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread acceptor_;
};

}  // namespace vtpmfs::simulator
