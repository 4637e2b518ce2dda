#include "vsphere/date_time.h"

#include <gtest/gtest.h>

#include <string>

namespace vtpmfs::vsphere {
namespace {

long long nanoseconds_of(const std::string& text) {
  const auto time = parse_date_time(text);
  EXPECT_TRUE(time) << text;
  return time ? std::chrono::duration_cast<std::chrono::nanoseconds>(time->time_since_epoch())
                    .count()
              : -1;
}

TEST(DateTime, ReadsWhatServersWrite) {
  EXPECT_EQ(nanoseconds_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(nanoseconds_of("2024-06-25T10:11:12Z"), 1719310272LL * 1000000000);
  EXPECT_EQ(nanoseconds_of("2024-06-25T10:11:12.345678Z"), 1719310272345678000LL);
  EXPECT_EQ(nanoseconds_of("2024-06-25T10:11:12.1Z"), 1719310272100000000LL);
  EXPECT_EQ(nanoseconds_of("2024-06-25T10:11:12.1234567899Z"), 1719310272123456789LL);
  EXPECT_EQ(nanoseconds_of("2024-06-25T12:11:12+02:00"), 1719310272LL * 1000000000);
  EXPECT_EQ(nanoseconds_of("2024-06-25T04:41:12-05:30"), 1719310272LL * 1000000000);
  EXPECT_EQ(nanoseconds_of("2024-06-25T10:11:12"), 1719310272LL * 1000000000);
}

TEST(DateTime, RefusesEverythingElse) {
  for (const std::string text :
       {"", "2024", "2024-06-25", "2024-06-25 10:11:12Z", "2024-13-25T10:11:12Z",
        "2024-02-30T10:11:12Z", "2024-06-25T10:61:12Z", "2024-06-25T10:11:12.Z",
        "2024-06-25T10:11:12Zx", "2024-06-25T10:11:12+0200", "2024-06-25T10:11:12+99:00",
        "99999-06-25T10:11:12Z", "9999-06-25T10:11:12Z", "0001-01-01T00:00:00Z",
        "-024-06-25T10:11:12Z", "not a time"}) {
    EXPECT_FALSE(parse_date_time(text)) << text;
  }
}

}  // namespace
}  // namespace vtpmfs::vsphere
