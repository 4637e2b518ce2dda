#include "cache/times/first_value.h"

#include "vsphere/date_time.h"

namespace vtpmfs::cache {
namespace {

constexpr std::chrono::seconds kYear1990{631'152'000};

std::optional<WallTime> time_in(const std::optional<std::string>& text, WallTime now) {
  if (!text) return std::nullopt;
  const auto time = vsphere::parse_date_time(*text);
  return time ? sane_time(*time, now) : std::nullopt;
}

}  // namespace

std::optional<WallTime> sane_time(std::chrono::system_clock::time_point time, WallTime now) {
  const auto exact = std::chrono::time_point_cast<std::chrono::nanoseconds>(time);
  if (exact.time_since_epoch() < kYear1990 || exact > now + std::chrono::hours(24)) {
    return std::nullopt;
  }
  return exact;
}

std::optional<WallTime> first_value(const vsphere::VmDetail& detail, WallTime now) {
  for (const auto* text : {&detail.change_version, &detail.modified, &detail.create_date}) {
    if (const auto time = time_in(*text, now)) return time;
  }
  return std::nullopt;
}

}  // namespace vtpmfs::cache
