// Trouble on demand.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

/// What shall go wrong, and when.
struct Injection {
  enum class Kind {
    fault,         ///< a SOAP fault instead of the answer; nothing is done
    status,        ///< an HTTP status instead of the answer; nothing is done
    reset_before,  ///< the connection is reset; nothing is done
    reset_after,   ///< the request is carried out, then the connection is reset: a lost reply
    truncate,      ///< carried out; half of the answer, then the connection ends
    stall,         ///< carried out; half of the answer, the rest after release()
    silence,       ///< carried out; nothing of the answer before release()
    hold,          ///< carried out after release() only
    delay          ///< carried out after `time`
  };
  Kind kind = Kind::status;
  /// A kind of request ("CreateVM_Task", "GET /folder"), or a part of the URL when it begins with
  /// "url:"; empty: every request.
  std::string match;
  int first = 1;  ///< the nth match is the first that is hit
  int count = 1;  ///< how many are hit; 0: all from then on
  Fault fault;
  int status = 503;
  std::string body = "trouble\n";
  std::chrono::milliseconds time{0};
};

/// Holds the injections and says which of them hits a request. Independent of them each request can
/// be delayed (latency).
///
/// Threads: any. stop() releases everybody who waits, for good.
class FaultInjector {
 public:
  /// Returns a number for release() and hits().
  int add(Injection injection);
  /// Lets the requests go on that this injection holds or stalls, and those that it would.
  void release(int number);
  void clear();
  /// How many requests it has hit.
  [[nodiscard]] int hits(int number) const;
  /// How many requests it holds or stalls at this moment.
  [[nodiscard]] int held(int number) const;

  void set_latency(std::chrono::milliseconds latency);

  struct Hit {
    int number = 0;
    Injection injection;
  };
  /// The first injection that wants this request; counts.
  std::optional<Hit> next(std::string_view kind, std::string_view target);
  /// Waits as the latency wants.
  void wait_latency();
  void wait(std::chrono::milliseconds time);
  void wait_release(int number);
  void stop();

 private:
  struct Entry {
    int number;
    Injection injection;
    int seen = 0;
    int hits = 0;
    int held = 0;
    bool released = false;
  };
  Entry* find(int number);

  mutable std::mutex lock_;
  std::condition_variable wake_;
  std::list<Entry> entries_;
  int last_ = 0;
  std::chrono::milliseconds latency_{0};
  bool stopped_ = false;
};

}  // namespace vtpmfs::simulator
