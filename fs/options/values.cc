#include "fs/options/values.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>

namespace vtpmfs::fs {
namespace {

/// The leading digits as a number, and what follows them.
struct NumberAndUnit {
  uint64_t number = 0;
  std::string unit;
};

Result<NumberAndUnit> split(const std::string& text) {
  NumberAndUnit parts;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, parts.number);
  if (error != std::errc{}) return fail(EINVAL, "'" + text + "' does not begin with a number");
  parts.unit.assign(rest, end);
  return parts;
}

}  // namespace

Result<std::chrono::seconds> parse_duration(const std::string& text) {
  const auto parts = split(text);
  if (!parts) return fail(parts.error());
  uint64_t factor = 0;
  if (parts->unit.empty() || parts->unit == "s") factor = 1;
  if (parts->unit == "m") factor = 60;
  if (parts->unit == "h") factor = 3600;
  constexpr uint64_t kYear = 366ULL * 24 * 3600;
  if (factor == 0 || parts->number > kYear / factor)
    return fail(EINVAL, "'" + text + "' is not a duration (seconds, or 90s, 5m, 2h)");
  return std::chrono::seconds(parts->number * factor);
}

Result<uint64_t> parse_size(const std::string& text) {
  const auto parts = split(text);
  if (!parts) return fail(parts.error());
  std::string unit = parts->unit;
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  if (!unit.empty() && unit.back() == 'B') unit.pop_back();
  if (unit.size() == 2 && unit.back() == 'I') unit.pop_back();
  int shift = -1;
  if (unit.empty()) shift = 0;
  if (unit == "K") shift = 10;
  if (unit == "M") shift = 20;
  if (unit == "G") shift = 30;
  if (shift < 0 || parts->number > (UINT64_MAX >> 1 >> shift))
    return fail(EINVAL, "'" + text + "' is not a size (bytes, or 64K, 16M, 1G)");
  return parts->number << shift;
}

Result<uint64_t> parse_number(const std::string& text, uint64_t lowest, uint64_t highest) {
  const auto parts = split(text);
  if (!parts || !parts->unit.empty() || parts->number < lowest || parts->number > highest)
    return fail(EINVAL, "'" + text + "' is not a number from " + std::to_string(lowest) + " to " +
                            std::to_string(highest));
  return parts->number;
}

}  // namespace vtpmfs::fs
