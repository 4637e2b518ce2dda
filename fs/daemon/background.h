// Going into the background so that the program which started us learns how it went.
#pragma once

#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Forks before any thread is made. The parent waits for the child's one report and ends with its
/// status: 0 only when the mount answers. The child keeps the terminal until it has reported.
class Background {
 public:
  /// In the foreground (fork = false) reports go to stderr and nothing is detached.
  static Result<Background> start(bool fork);
  Background(Background&& other) noexcept;
  Background& operator=(Background&&) = delete;
  ~Background();  ///< reports a failure where nothing was reported

  /// The mount answers: lets the parent end with 0, and lets go of terminal and working directory.
  /// False where the parent was killed meanwhile: who started it was told that it failed.
  [[nodiscard]] bool report_ready();
  /// One line on the terminal's stderr and the exit status that the parent ends with.
  void report_failure(const std::string& line, int status);

 private:
  Background(bool forked, int pipe) : forked_(forked), pipe_(pipe) {}
  bool forked_;
  int pipe_;
};

}  // namespace vtpmfs::fs
