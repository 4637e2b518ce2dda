// Values as people write them: durations, sizes, numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// "90", "90s", "5m", "2h"; whole numbers from 0 to a year. EINVAL otherwise.
Result<std::chrono::seconds> parse_duration(const std::string& text);
/// "4096", "64K", "16M", "1G" (powers of 1024, an i or B may follow). EINVAL otherwise.
Result<uint64_t> parse_size(const std::string& text);
/// Decimal number within the bounds. EINVAL otherwise.
Result<uint64_t> parse_number(const std::string& text, uint64_t lowest, uint64_t highest);

}  // namespace vtpmfs::fs
