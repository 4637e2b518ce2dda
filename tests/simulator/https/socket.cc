#include "tests/simulator/https/socket.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace vtpmfs::simulator {

Socket::Socket(int descriptor, SSL_CTX* tls)
    : descriptor_(descriptor), tls_(tls != nullptr ? SSL_new(tls) : nullptr, &SSL_free) {
  if (tls_) SSL_set_fd(tls_.get(), descriptor_);
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Socket::greet() {
  if (!tls_) return true;
  ERR_clear_error();
  return SSL_accept(tls_.get()) == 1;
}

bool Socket::read_some(std::string& bytes) {
  std::array<char, 65536> chunk;
  long got = 0;
  if (tls_) {
    ERR_clear_error();
    got = SSL_read(tls_.get(), chunk.data(), static_cast<int>(chunk.size()));
  } else {
    do {
      got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    } while (got < 0 && errno == EINTR);
  }
  if (got <= 0) return false;
  bytes.append(chunk.data(), static_cast<size_t>(got));
  return true;
}

bool Socket::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    long put = 0;
    if (tls_) {
      ERR_clear_error();
      const size_t most = std::min<size_t>(bytes.size(), 1 << 20);
      put = SSL_write(tls_.get(), bytes.data(), static_cast<int>(most));
    } else {
      do {
        put = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      } while (put < 0 && errno == EINTR);
    }
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

void Socket::close(Ending ending) {
  // Closed before? The number may be another connection's by now. Only this thread closes.
  if (descriptor_ < 0) return;
  if (ending == Ending::orderly && tls_ && SSL_is_init_finished(tls_.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  const std::scoped_lock hold(lock_);
  if (ending == Ending::reset) {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

void Socket::interrupt() {
  const std::scoped_lock hold(lock_);
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

bool Socket::peer_left() const {
  const std::scoped_lock hold(lock_);
  pollfd look{descriptor_, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace vtpmfs::simulator
