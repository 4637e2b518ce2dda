// What systemd is told of a service of Type=notify: sd_notify(3)'s datagrams to $NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "fs/options/govc_environment.h"

namespace vtpmfs::fs {

/// Says nothing where nobody listens. Thread-safe; no call fails or waits: a manager that has gone
/// is no reason to stop serving.
class ServiceNotice {
 public:
  /// From $NOTIFY_SOCKET: a path, or an abstract name after '@'.
  explicit ServiceNotice(const Environment& environment);

  void ready(const std::string& status) const;  ///< READY=1 and STATUS=
  void status(const std::string& words) const;
  void stopping() const;
  void alive() const;  ///< WATCHDOG=1

 private:
  void send(const std::string& lines) const;
  std::string socket_;
};

/// How often WatchdogSec= wants to hear, halved as sd_watchdog_enabled(3) advises; nothing where it
/// does not, or where it is meant for another process.
std::optional<std::chrono::microseconds> watchdog_pause(const Environment& environment);

/// Tells the watchdog that the mount answers, for as long as `answers` says so, which may take its
/// time: while it hangs nothing is told, and systemd ends the service.
class Watchdog {
 public:
  Watchdog(const ServiceNotice& notice, std::chrono::microseconds pause,
           std::function<bool()> answers);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();  ///< waits for a question that is under way

 private:
  void watch();

  const ServiceNotice& notice_;
  const std::chrono::microseconds pause_;
  const std::function<bool()> answers_;
  std::mutex lock_;
  std::condition_variable ends_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace vtpmfs::fs
