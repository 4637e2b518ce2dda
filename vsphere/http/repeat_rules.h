// When a request is sent again, and how long to wait before.
#pragma once

#include <chrono>
#include <random>

namespace vtpmfs::vsphere::http {

/// A proxy in front of the service, or the service on its way up, answered: with HTML, never with
/// SOAP.
constexpr bool is_busy_answer(int status) {
  return status == 502 || status == 503 || status == 504;
}

/// Counts the tries of one repeatable request: one more after a lost connection, up to three more,
/// with growing and jittered waits, while the server is busy.
class RepeatRules {
 public:
  /// True where the request may go out once more at once, on a new connection.
  bool after_lost_connection();
  /// The wait before the next try; zero where there is none.
  std::chrono::milliseconds after_busy_answer(std::minstd_rand& random);

 private:
  bool lost_once_ = false;
  int busy_ = 0;
};

}  // namespace vtpmfs::vsphere::http
