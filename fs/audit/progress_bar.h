// How far it is, for a person at a terminal.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

namespace vtpmfs::fs {

/// Writes one line on standard error, over and over, where that is a terminal and `wanted`; else
/// nothing. Several threads may step it.
class ProgressBar {
 public:
  explicit ProgressBar(bool wanted);
  /// Takes the line away.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// A new stretch: what is done in it, and how many times (0: nobody knows yet).
  void begin(std::string what, size_t total);
  void step();

 private:
  void draw(size_t done);

  const bool shown_;
  std::atomic<size_t> done_ = 0;
  std::mutex lock_;  ///< guards the rest, and the terminal
  std::string what_;
  size_t total_ = 0;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace vtpmfs::fs
