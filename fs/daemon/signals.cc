#include "fs/daemon/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace vtpmfs::fs {

Signals::Signals(std::map<int, std::function<void()>> actions) : actions_(std::move(actions)) {
  sigset_t set;
  sigemptyset(&set);
  for (const auto& [number, action] : actions_) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { wait(); });
}

Signals::~Signals() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t woken = write(wake_, &one, sizeof one);
  thread_.join();
  if (descriptor_ >= 0) close(descriptor_);
  if (wake_ >= 0) close(wake_);
}

void Signals::wait() {
  pollfd waits[] = {{descriptor_, POLLIN, 0}, {wake_, POLLIN, 0}};
  for (;;) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if ((waits[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    const auto action = actions_.find(static_cast<int>(info.ssi_signo));
    if (action != actions_.end()) action->second();
  }
}

}  // namespace vtpmfs::fs
