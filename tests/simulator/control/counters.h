// How often what was asked of the simulator.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// Requests by kind: SOAP requests under their operation's name ("RetrievePropertiesEx"), others
/// under method and first path segment ("GET /folder"). Threads: any.
class Counters {
 public:
  void count(std::string_view kind);
  [[nodiscard]] uint64_t of(std::string_view kind) const;
  /// Every kind seen since the last reset.
  [[nodiscard]] std::map<std::string, uint64_t, std::less<>> all() const;
  void reset();

 private:
  mutable std::mutex lock_;
  std::map<std::string, uint64_t, std::less<>> counts_;
};

}  // namespace vtpmfs::simulator
