#include "fs/daemon/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace vtpmfs::fs {

ServiceNotice::ServiceNotice(const Environment& environment)
    : socket_(environment("NOTIFY_SOCKET").value_or("")) {
  if (!socket_.empty() && socket_.front() != '/' && socket_.front() != '@') socket_.clear();
}

void ServiceNotice::send(const std::string& lines) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return;
  sendto(socket, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size()));
  close(socket);
}

void ServiceNotice::ready(const std::string& status) const {
  send("READY=1\nSTATUS=" + status + "\n");
}

void ServiceNotice::status(const std::string& words) const {
  send("STATUS=" + words + "\n");
}

void ServiceNotice::stopping() const {
  send("STOPPING=1\n");
}

void ServiceNotice::alive() const {
  send("WATCHDOG=1\n");
}

std::optional<std::chrono::microseconds> watchdog_pause(const Environment& environment) {
  const auto time = environment("WATCHDOG_USEC");
  if (!time) return std::nullopt;
  const auto pid = environment("WATCHDOG_PID");
  if (pid && *pid != std::to_string(getpid())) return std::nullopt;
  char* end = nullptr;
  const unsigned long long micros = std::strtoull(time->c_str(), &end, 10);
  if (time->empty() || *end != '\0' || micros < 2) return std::nullopt;
  return std::chrono::microseconds(micros / 2);
}

Watchdog::Watchdog(const ServiceNotice& notice, std::chrono::microseconds pause,
                   std::function<bool()> answers)
    : notice_(notice), pause_(pause), answers_(std::move(answers)), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard hold(lock_);
    ending_ = true;
  }
  ends_.notify_all();
  thread_.join();
}

void Watchdog::watch() {
  std::unique_lock hold(lock_);
  while (!ending_) {
    hold.unlock();
    if (answers_()) notice_.alive();
    hold.lock();
    ends_.wait_for(hold, pause_, [this] { return ending_; });
  }
}

}  // namespace vtpmfs::fs
