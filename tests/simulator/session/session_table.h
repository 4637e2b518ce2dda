// All sessions of the simulator.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/simulator/session/session.h"

namespace vtpmfs::simulator {

/// Who is logged in. Sessions expire when idle for 30 minutes (or as set), on Logout, or when a
/// test says so. At most 2000 at a time, as a vCenter: then requests that want a new one get HTTP
/// 503. Threads: any.
class SessionTable {
 public:
  /// Null when there are too many.
  std::shared_ptr<Session> create(std::string user, std::string locale, std::string address,
                                  std::string user_agent);
  /// The live session of a cookie's bare value; null without one. Counts as
  /// activity.
  std::shared_ptr<Session> find(std::string_view cookie);
  [[nodiscard]] std::shared_ptr<Session> find_by_key(std::string_view key) const;
  void end(Session& session);
  /// Ends all (of a user, where one is named); returns how many.
  int expire(std::string_view user = {});

  [[nodiscard]] size_t size() const;
  void set_limit(size_t limit);
  void set_idle_time(std::chrono::milliseconds time);

 private:
  void drop_idle();

  mutable std::mutex lock_;
  std::map<std::string, std::shared_ptr<Session>, std::less<>> by_cookie_;
  size_t limit_ = 2000;
  std::chrono::milliseconds idle_time_ = std::chrono::minutes(30);
};

}  // namespace vtpmfs::simulator
