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
  using Counts = std::map<std::string, uint64_t, std::less<>>;

  void count(std::string_view kind);
  /// A file that was asked for, by its target without the query.
  void count_file(std::string_view target);
  /// What a RetrievePropertiesEx asked for: its properties, sorted, with blanks between.
  void count_properties(std::string_view paths);
  [[nodiscard]] uint64_t of(std::string_view kind) const;
  /// Every kind seen since the last reset.
  [[nodiscard]] Counts all() const;
  /// How many requests of each kind were being answered at the same time, at most.
  [[nodiscard]] Counts peaks() const;
  [[nodiscard]] Counts files() const;
  [[nodiscard]] Counts properties() const;
  void reset();

  /// One request that is being answered, while it lives.
  class UnderWay {
   public:
    UnderWay(Counters& counters, std::string_view kind);
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay();

   private:
    Counters& counters_;
    const std::string kind_;
  };

 private:
  mutable std::mutex lock_;
  Counts counts_;
  Counts files_;
  Counts properties_;
  Counts under_way_;
  Counts peaks_;
};

}  // namespace vtpmfs::simulator
