#include "fs/daemon/service_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <future>

#include "tests/unit/environment_of.h"

namespace vtpmfs::fs {
namespace {

/// systemd's end of $NOTIFY_SOCKET, with an abstract name.
class Listener {
 public:
  Listener() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    name_ = "@vtpmfs-test-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name_.begin() + 1, name_.end(), address.sun_path + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { close(fd_); }

  [[nodiscard]] const std::string& name() const { return name_; }
  /// The next datagram.
  [[nodiscard]] std::string next() const {
    char text[512];
    const ssize_t got = recv(fd_, text, sizeof text, 0);
    return got < 0 ? "" : std::string(text, static_cast<size_t>(got));
  }
  [[nodiscard]] bool anything() const {
    pollfd waiting{fd_, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

 private:
  int fd_;
  std::string name_;
};

TEST(ServiceNotice, SaysWhatSystemdAsksFor) {
  const Listener systemd;
  const ServiceNotice notice(environment_of({{"NOTIFY_SOCKET", systemd.name()}}));
  notice.ready("vc is mounted on /m");
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=vc is mounted on /m\n");
  notice.status("well");
  EXPECT_EQ(systemd.next(), "STATUS=well\n");
  notice.stopping();
  EXPECT_EQ(systemd.next(), "STOPPING=1\n");
}

TEST(ServiceNotice, NobodyListens) {
  ServiceNotice(environment_of({})).ready("x");
  ServiceNotice(environment_of({{"NOTIFY_SOCKET", "/nowhere/at/all"}})).ready("x");
  ServiceNotice(environment_of({{"NOTIFY_SOCKET", "@" + std::string(200, 'x')}})).ready("x");
}

TEST(ServiceNotice, TheWatchdogHearsTwiceAsOftenAsItWants) {
  using std::chrono::microseconds;
  const std::string us = std::to_string(getpid());
  EXPECT_EQ(watchdog_pause(environment_of({})), std::nullopt);
  EXPECT_EQ(watchdog_pause(environment_of({{"WATCHDOG_USEC", "3000000"}})), microseconds(1500000));
  EXPECT_EQ(watchdog_pause(environment_of({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", us}})),
            microseconds(1500000));
  EXPECT_EQ(watchdog_pause(environment_of({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "1"}})),
            std::nullopt);
  EXPECT_EQ(watchdog_pause(environment_of({{"WATCHDOG_USEC", "soon"}})), std::nullopt);
}

TEST(ServiceNotice, AMountThatDoesNotAnswerIsNotAlive) {
  const Listener systemd;
  const ServiceNotice notice(environment_of({{"NOTIFY_SOCKET", systemd.name()}}));
  std::atomic<int> asked = 0;
  std::promise<void> refused_twice;
  {
    const Watchdog watchdog(notice, std::chrono::microseconds(100), [&] {
      const int number = ++asked;
      if (number == 4) refused_twice.set_value();
      return number <= 2;
    });
    EXPECT_EQ(systemd.next(), "WATCHDOG=1\n");
    EXPECT_EQ(systemd.next(), "WATCHDOG=1\n");
    refused_twice.get_future().wait();
  }
  EXPECT_FALSE(systemd.anything());
}

}  // namespace
}  // namespace vtpmfs::fs
