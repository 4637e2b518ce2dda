// Dates as vSphere writes them.
#pragma once

#include <chrono>
#include <string>

namespace vtpmfs::simulator {

/// UTC with microseconds: 2024-06-25T12:30:01.123456Z.
[[nodiscard]] std::string wire_time(std::chrono::system_clock::time_point time);

/// Now; never twice the same within the process and never earlier than before, so that it serves as
/// a changeVersion too. Thread-safe.
[[nodiscard]] std::string wire_time_now();

}  // namespace vtpmfs::simulator
