// A client that has logged in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "tests/simulator/model/managed_object.h"

namespace vtpmfs::simulator {

/// One session: who it is, since when, and the views, collectors and filters that die with it.
///
/// Threads: any. Ownership: the table holds it by shared_ptr, requests being worked on too; so it
/// may live on a little after it ended (see ended()).
class Session {
 public:
  struct Identity {
    std::string key;     ///< UserSession.key, a UUID
    std::string cookie;  ///< the value of vmware_soap_session, without quotes
    std::string user;
    std::string locale;
    std::string login_time;
    std::string address;
    std::string user_agent;
  };
  explicit Session(Identity identity) : identity_(std::move(identity)) { touch(); }

  [[nodiscard]] const Identity& who() const { return identity_; }

  /// A request came: the idle time starts again.
  void touch();
  [[nodiscard]] std::chrono::steady_clock::time_point last_active() const;
  [[nodiscard]] std::string last_active_time() const;
  [[nodiscard]] int64_t call_count() const { return calls_; }
  /// Calls that wait (WaitForUpdatesEx) hold this, so that the session does not get idle.
  class Busy {
   public:
    explicit Busy(Session& session) : session_(session) { ++session_.busy_; }
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Session& session_;
  };
  [[nodiscard]] bool busy() const { return busy_ > 0; }

  /// Ended by Logout, by expiry or by a test.
  [[nodiscard]] bool ended() const { return ended_; }
  /// Lets the bound objects go. Who waits on one of them looks at ended() now and then.
  void end();

  /// A reference for a new session-bound object: type, `session[KEY]UUID`.
  [[nodiscard]] Ref new_ref(std::string type) const;
  void bind(std::shared_ptr<ManagedObject> object);
  /// Binds the object unless one of that reference is bound already; the one that is.
  std::shared_ptr<ManagedObject> bind_once(std::shared_ptr<ManagedObject> object);
  /// False where there was none.
  bool unbind(const Ref& ref);
  [[nodiscard]] std::shared_ptr<ManagedObject> find(const Ref& ref) const;

 private:
  const Identity identity_;
  std::atomic<int64_t> calls_{0};
  std::atomic<int> busy_{0};
  std::atomic<bool> ended_{false};
  mutable std::mutex lock_;
  std::chrono::steady_clock::time_point last_active_;
  std::string last_active_time_;
  std::unordered_map<Ref, std::shared_ptr<ManagedObject>> objects_;
};

}  // namespace vtpmfs::simulator
