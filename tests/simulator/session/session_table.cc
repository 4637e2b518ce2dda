#include "tests/simulator/session/session_table.h"

#include <vector>

#include "tests/simulator/random_id.h"
#include "tests/simulator/wire_time.h"

namespace vtpmfs::simulator {
std::shared_ptr<Session> SessionTable::create(std::string user, std::string locale,
                                              std::string address, std::string user_agent) {
  drop_idle();
  Session::Identity who;
  who.key = random_uuid();
  who.cookie = random_hex(20);
  who.user = std::move(user);
  who.locale = std::move(locale);
  who.login_time = wire_time_now();
  who.address = std::move(address);
  who.user_agent = std::move(user_agent);
  auto session = std::make_shared<Session>(std::move(who));
  const std::scoped_lock hold(lock_);
  if (by_cookie_.size() >= limit_) return nullptr;
  by_cookie_.emplace(session->who().cookie, session);
  return session;
}

std::shared_ptr<Session> SessionTable::find(std::string_view cookie) {
  drop_idle();
  const std::scoped_lock hold(lock_);
  const auto found = by_cookie_.find(cookie);
  if (found == by_cookie_.end()) return nullptr;
  found->second->touch();
  return found->second;
}

std::shared_ptr<Session> SessionTable::find_by_key(std::string_view key) const {
  const std::scoped_lock hold(lock_);
  for (const auto& [cookie, session] : by_cookie_) {
    if (session->who().key == key) return session;
  }
  return nullptr;
}

void SessionTable::end(Session& session) {
  session.end();
  const std::scoped_lock hold(lock_);
  by_cookie_.erase(session.who().cookie);
}

int SessionTable::expire(std::string_view user) {
  std::vector<std::shared_ptr<Session>> gone;
  {
    const std::scoped_lock hold(lock_);
    for (auto at = by_cookie_.begin(); at != by_cookie_.end();) {
      if (user.empty() || at->second->who().user == user) {
        gone.push_back(std::move(at->second));
        at = by_cookie_.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (const auto& session : gone) session->end();
  return static_cast<int>(gone.size());
}

void SessionTable::drop_idle() {
  std::vector<std::shared_ptr<Session>> gone;
  {
    const std::scoped_lock hold(lock_);
    const auto too_old = std::chrono::steady_clock::now() - idle_time_;
    for (auto at = by_cookie_.begin(); at != by_cookie_.end();) {
      if (!at->second->busy() && at->second->last_active() < too_old) {
        gone.push_back(std::move(at->second));
        at = by_cookie_.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (const auto& session : gone) session->end();
}

size_t SessionTable::size() const {
  const std::scoped_lock hold(lock_);
  return by_cookie_.size();
}

void SessionTable::set_limit(size_t limit) {
  const std::scoped_lock hold(lock_);
  limit_ = limit;
}

void SessionTable::set_idle_time(std::chrono::milliseconds time) {
  const std::scoped_lock hold(lock_);
  idle_time_ = time;
}

}  // namespace vtpmfs::simulator
