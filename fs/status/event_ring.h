// The last events of the log, kept for .vtpmfs/events.log.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <deque>
#include <mutex>
#include <string>

namespace vtpmfs::fs {

/// Lines as its formatter makes them, the newest kLines; of each no more than kLongest bytes, so
/// that no server fills the memory. Thread-safe.
class EventRing final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr size_t kLines = 1000;
  static constexpr size_t kLongest = 2000;

  /// Of whole lines, oldest first.
  [[nodiscard]] std::string text();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  std::deque<std::string> lines_;
};

}  // namespace vtpmfs::fs
