#include "tests/simulator/wire_time.h"

#include <atomic>
#include <cstdio>
#include <ctime>

namespace vtpmfs::simulator {

using std::chrono::microseconds;

std::string wire_time(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(since / 1000000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%06dZ", date, static_cast<int>(since % 1000000));
  return text;
}

std::string wire_time_now() {
  static std::atomic<long long> last{0};
  const long long now =
      std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  long long before = last.load();
  long long mine = now;
  do {
    mine = now > before ? now : before + 1;
  } while (!last.compare_exchange_weak(before, mine));
  return wire_time(std::chrono::system_clock::time_point(microseconds(mine)));
}

}  // namespace vtpmfs::simulator
