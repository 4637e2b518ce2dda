// A small HTTPS server that does what a test tells it, also what no decent server would do.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/vsphere_http/certificate.h"

namespace vtpmfs::vsphere::http {

struct ServedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  int connection = 0;  ///< counted from 1

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// One connection, in the hands of the script.
class Wire {
 public:
  Wire(SSL* tls, int socket, const std::atomic<bool>& stopping)
      : tls_(tls), socket_(socket), stopping_(stopping) {}

  void write(const std::string& bytes);
  /// A whole answer with Content-Length; the connection stays open.
  void answer(int status, const std::string& body, const std::string& more_headers = {});
  /// Nothing more, until the client goes away or the server stops.
  void stall();
  /// Nothing more, until `released` says so (or the client goes away, or the server stops).
  void stall_until(const std::function<bool()>& released);
  /// Ends the connection with a TCP reset.
  void reset();
  /// Ends the connection as TLS wants it.
  void close() { open_ = false; }
  [[nodiscard]] bool open() const { return open_; }

 private:
  SSL* tls_;
  int socket_;
  const std::atomic<bool>& stopping_;
  bool open_ = true;
};

/// Listens on 127.0.0.1; one thread a connection. The script is called for each request, on several
/// threads at once.
class ScriptedServer {
 public:
  using Script = std::function<void(const ServedRequest&, Wire&)>;

  ScriptedServer(const Certificate& certificate, Script script);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }
  /// Whole requests that were read.
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int most_at_once() const { return most_at_once_; }
  /// Waits until so many requests were read; false after ten seconds.
  bool wait_for_requests(int count);
  /// Closes the connections that are open now.
  void hang_up();

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void accept_all();
  void serve(int socket, int number);

  std::unique_ptr<SSL_CTX, FreeContext> context_;
  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> requests_{0};
  std::atomic<int> at_once_{0};
  std::atomic<int> most_at_once_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace vtpmfs::vsphere::http
