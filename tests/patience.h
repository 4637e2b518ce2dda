// How long a test waits for what must happen in the end: longer where a sanitizer makes all slower.
#pragma once

#include <chrono>
#include <cstdlib>

namespace vtpmfs {

/// `usual`, times VTPMFS_TEST_PATIENCE where the environment has that (CMake sets it for
/// sanitizers).
inline std::chrono::milliseconds patience(std::chrono::milliseconds usual) {
  const char* words = std::getenv("VTPMFS_TEST_PATIENCE");
  const double factor = words == nullptr ? 1 : std::strtod(words, nullptr);
  if (!(factor > 1)) return usual;
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(static_cast<double>(usual.count()) * factor));
}

}  // namespace vtpmfs
