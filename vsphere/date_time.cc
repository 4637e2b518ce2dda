#include "vsphere/date_time.h"

namespace vtpmfs::vsphere {
namespace {

/// Reads numbers of fixed width and the signs between them, from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::optional<int> number(size_t width) {
    if (rest_.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }
  bool sign(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// The digits after the point, as nanoseconds; further digits are cut off.
  std::optional<long> fraction() {
    long nanoseconds = 0;
    int digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
      if (digits < 9) nanoseconds = nanoseconds * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) nanoseconds *= 10;
    return nanoseconds;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_date_time(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  const auto y = in.number(4);
  if (!y || !in.sign('-')) return std::nullopt;
  const auto mo = in.number(2);
  if (!mo || !in.sign('-')) return std::nullopt;
  const auto d = in.number(2);
  if (!d || !in.sign('T')) return std::nullopt;
  const auto h = in.number(2);
  if (!h || !in.sign(':')) return std::nullopt;
  const auto mi = in.number(2);
  if (!mi || !in.sign(':')) return std::nullopt;
  const auto s = in.number(2);
  if (!s) return std::nullopt;
  long fraction = 0;
  if (in.sign('.')) {
    const auto digits = in.fraction();
    if (!digits) return std::nullopt;
    fraction = *digits;
  }
  minutes offset{0};
  if (!in.at_end() && !in.sign('Z')) {
    const bool east = in.sign('+');
    if (!east && !in.sign('-')) return std::nullopt;
    const auto oh = in.number(2);
    if (!oh || !in.sign(':')) return std::nullopt;
    const auto om = in.number(2);
    if (!om || *oh > 14 || *om > 59) return std::nullopt;
    offset = hours{*oh} + minutes{*om};
    if (!east) offset = -offset;
  }
  if (!in.at_end()) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                            day{static_cast<unsigned>(*d)}};
  // system_clock counts nanoseconds in 64 bits: 1678 to 2261.
  if (!date.ok() || *y < 1700 || *y > 2250 || *h > 24 || *mi > 59 || *s > 60) return std::nullopt;
  return time_point_cast<system_clock::duration>(sys_days{date}) + hours{*h} + minutes{*mi} +
         seconds{*s} + duration_cast<system_clock::duration>(nanoseconds{fraction}) - offset;
}

}  // namespace vtpmfs::vsphere
