// A connected byte stream: plain, or inside TLS.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// Owns one accepted socket and, where a context was given, the TLS session on it.
///
/// Threads: one reads and writes; another may call interrupt(), after which reads and writes fail.
/// Failure: false, whatever the reason; the connection is of no more use then.
class Socket {
 public:
  /// Takes the descriptor over.
  Socket(int descriptor, SSL_CTX* tls);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// The TLS handshake; true at once without TLS.
  [[nodiscard]] bool greet();
  /// Appends what is there (at least a byte, at most 64 KiB) to `bytes`.
  [[nodiscard]] bool read_some(std::string& bytes);
  [[nodiscard]] bool write_all(std::string_view bytes);
  enum class Ending {
    orderly,  ///< goodbye in TLS, then FIN
    reset     ///< RST, as a server that crashed
  };
  /// Ends the connection now; by the thread that reads and writes.
  void close(Ending ending);
  void interrupt();
  /// The peer has hung up (or sent what nobody asked for); does not block.
  [[nodiscard]] bool peer_left() const;

 private:
  mutable std::mutex lock_;  // the descriptor's life, for interrupt()
  int descriptor_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
};

}  // namespace vtpmfs::simulator
