#include "cache/times/first_seen.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "cache/times/first_value.h"
#include "tests/unit/cache/fakes.h"

namespace vtpmfs::cache::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime at(int64_t second) {
  return WallTime(seconds(second));
}

class FirstSeenTest : public ::testing::Test {
 protected:
  std::unique_ptr<FirstSeen> open(const std::string& vcenter = "vc", bool read_only = false) {
    const auto directory = StateDirectory::open(temp.path(), read_only);
    EXPECT_TRUE(directory) << directory.error().words;
    auto seen = FirstSeen::open(*directory, vcenter, clock);
    EXPECT_TRUE(seen) << seen.error().words;
    return std::move(*seen);
  }
  [[nodiscard]] std::string log() const { return temp.path() + "/times"; }

  TempDir temp;
  FakeClock clock;
  const ContentId a = content_id("a");
  const ContentId b = content_id("b");
};

TEST_F(FirstSeenTest, SameContentKeepsItsTime) {
  auto seen = open();
  EXPECT_EQ(seen->time_of(vm_ref(1), "keyId", a, at(1000)), at(1000));
  clock.advance(hours(5));
  EXPECT_EQ(seen->time_of(vm_ref(1), "keyId", a, at(9999)), at(1000));
  EXPECT_EQ(seen->time_of(vm_ref(2), "keyId", a, std::nullopt), clock.now());
}

TEST_F(FirstSeenTest, NewContentGetsALaterSecondWhateverTheClocksSay) {
  auto seen = open();
  const WallTime first = seen->time_of(vm_ref(1), "nvram", a, clock.now());
  clock.advance(milliseconds(3));
  const WallTime second = seen->time_of(vm_ref(1), "nvram", b, std::nullopt);
  EXPECT_GE(second, first + milliseconds(1));
  EXPECT_NE(std::chrono::floor<seconds>(second), std::chrono::floor<seconds>(first));
  // our clock was set back
  clock.set_wall(at(5));
  const WallTime third = seen->time_of(vm_ref(1), "nvram", a, std::nullopt);
  EXPECT_GE(third, second + milliseconds(1));
  EXPECT_NE(std::chrono::floor<seconds>(third), std::chrono::floor<seconds>(second));
  // the datastore says that the newer one is older
  const WallTime fourth = seen->time_of(vm_ref(1), "nvram", b, at(7), at(7));
  EXPECT_GT(fourth, third);
  // ... or much newer
  EXPECT_EQ(seen->time_of(vm_ref(1), "nvram", a, at(7), at(4'000'000'000)), at(4'000'000'000));
}

TEST_F(FirstSeenTest, ChangedUnseenIsLater) {
  auto seen = open();
  const WallTime first = seen->time_of(vm_ref(1), "nvram", a, clock.now());
  const WallTime later = seen->changed_unseen(vm_ref(1), "nvram");
  EXPECT_GT(std::chrono::floor<seconds>(later), std::chrono::floor<seconds>(first));
  EXPECT_EQ(seen->time_of(vm_ref(1), "nvram", a, std::nullopt), later);
}

TEST_F(FirstSeenTest, SurvivesARemount) {
  WallTime later;
  {
    auto seen = open();
    seen->time_of(vm_ref(1), "keyId", a, at(1000));
    ASSERT_TRUE(seen->flush());
    later = seen->time_of(vm_ref(1), "keyId", b, std::nullopt);
    ASSERT_TRUE(seen->flush());
  }
  clock.advance(hours(1));
  auto seen = open();
  EXPECT_EQ(seen->time_of(vm_ref(1), "keyId", b, at(3)), later);
  EXPECT_EQ(seen->last_time(vm_ref(1), "keyId"), later);
  EXPECT_EQ(seen->last_content(vm_ref(1), "keyId"), b);
  // MoRefs of another vCenter are other VMs
  EXPECT_EQ(open("other")->time_of(vm_ref(1), "keyId", b, at(3)), at(3));
}

TEST_F(FirstSeenTest, ALostStateDirectoryCostsOneReadOnly) {
  auto seen = open();
  EXPECT_EQ(seen->time_of(vm_ref(1), "keyId", a, at(1000)), at(1000));
  // nothing was flushed: the first value comes out the same
  EXPECT_EQ(open()->time_of(vm_ref(1), "keyId", a, at(1000)), at(1000));
}

TEST_F(FirstSeenTest, DamageLeavesTheRestReadable) {
  {
    auto seen = open();
    for (int i = 0; i < 10; ++i) seen->time_of(vm_ref(i), "keyId", a, at(1000 + i));
    ASSERT_TRUE(seen->flush());
  }
  // a cut tail, and one flipped bit in the middle
  std::filesystem::resize_file(log(), std::filesystem::file_size(log()) - 13);
  {
    std::fstream file(log(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(48 * 4 + 20);
    file.put('\x7f');
  }
  {
    auto seen = open();
    EXPECT_EQ(seen->last_time(vm_ref(0), "keyId"), at(1000));
    EXPECT_FALSE(seen->last_time(vm_ref(3), "keyId"));
    EXPECT_EQ(seen->last_time(vm_ref(8), "keyId"), at(1008));
    EXPECT_FALSE(seen->last_time(vm_ref(9), "keyId"));
    seen->time_of(vm_ref(11), "keyId", a, at(2000));
    ASSERT_TRUE(seen->flush());
  }
  auto seen = open();
  EXPECT_EQ(seen->last_time(vm_ref(8), "keyId"), at(1008));
  EXPECT_EQ(seen->last_time(vm_ref(11), "keyId"), at(2000));  // the cut was filled up
}

TEST_F(FirstSeenTest, AFileOfSomethingElseIsNotRead) {
  std::ofstream(log()) << std::string(4096, 'x');
  EXPECT_FALSE(open()->last_time(vm_ref(1), "keyId"));
}

TEST_F(FirstSeenTest, AReadOnlyMountKeepsItsTimesBeside) {
  {
    auto seen = open();
    seen->time_of(vm_ref(1), "keyId", a, at(1000));
    ASSERT_TRUE(seen->flush());
  }
  const auto size = std::filesystem::file_size(log());
  {
    auto seen = open("vc", true);
    EXPECT_EQ(seen->time_of(vm_ref(1), "keyId", a, at(5)), at(1000));
    seen->time_of(vm_ref(1), "keyId", b, std::nullopt);
    seen->time_of(vm_ref(2), "keyId", a, at(1002));
    ASSERT_TRUE(seen->flush());
  }
  EXPECT_EQ(std::filesystem::file_size(log()), size);
  EXPECT_TRUE(std::filesystem::exists(temp.path() + "/times.ro"));
  // whoever comes next goes on from the later of the two
  auto seen = open();
  EXPECT_EQ(seen->last_content(vm_ref(1), "keyId"), b);
  EXPECT_EQ(seen->last_time(vm_ref(2), "keyId"), at(1002));
}

TEST_F(FirstSeenTest, CompactsWhatIsMostlyPast) {
  {
    auto seen = open();
    for (int i = 0; i < 12000; ++i) {
      seen->time_of(vm_ref(i % 3), "keyId", content_id(std::to_string(i)), std::nullopt);
    }
    seen->time_of(vm_ref(9), "keyId", a, at(1000));
    ASSERT_TRUE(seen->flush());
  }
  const auto before = std::filesystem::file_size(log());
  WallTime kept;
  {
    auto seen = open();
    kept = *seen->last_time(vm_ref(1), "keyId");
    ASSERT_TRUE(seen->compact());
    EXPECT_LT(std::filesystem::file_size(log()), before / 10);
    ASSERT_TRUE(seen->flush());
  }
  auto seen = open();
  EXPECT_EQ(seen->last_time(vm_ref(1), "keyId"), kept);
  EXPECT_FALSE(seen->last_time(vm_ref(9), "keyId"));  // nobody asked for it: it has gone
}

TEST_F(FirstSeenTest, NobodyWaitsForADiskThatIsSlow) {
  auto seen = open();
  const WallTime time = seen->time_of(vm_ref(1), "keyId", a, at(1000));
  // Opening a pipe for writing takes until somebody reads from it.
  std::filesystem::remove(log());
  ASSERT_EQ(::mkfifo(log().c_str(), 0600), 0);
  std::atomic<bool> flushed{false};
  std::thread writer([&] {
    EXPECT_FALSE(seen->flush());  // a pipe cannot be synced
    flushed = true;
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(seen->time_of(vm_ref(1), "keyId", a, std::nullopt), time);
    EXPECT_TRUE(seen->last_content(vm_ref(1), "keyId"));
  }
  seen->time_of(vm_ref(2), "keyId", b, at(2000));
  EXPECT_FALSE(flushed);
  const int reader = ::open(log().c_str(), O_RDONLY | O_CLOEXEC);
  writer.join();
  ::close(reader);
  // What could not be written is written next time, and so is what came meanwhile.
  std::filesystem::remove(log());
  ASSERT_TRUE(seen->flush());
  seen.reset();
  seen = open();
  EXPECT_EQ(seen->last_time(vm_ref(1), "keyId"), time);
  EXPECT_EQ(seen->last_time(vm_ref(2), "keyId"), at(2000));
}

TEST(FirstValueTest, TakesTheFirstThatIsATime) {
  const WallTime now = at(1'760'000'000);
  vsphere::VmDetail detail;
  EXPECT_FALSE(first_value(detail, now));
  detail.create_date = "2020-01-01T00:00:00Z";
  EXPECT_EQ(first_value(detail, now), at(1'577'836'800));
  detail.modified = "1970-01-01T00:00:00Z";  // what real servers say
  EXPECT_EQ(first_value(detail, now), at(1'577'836'800));
  detail.modified = "2021-01-01T00:00:00Z";
  EXPECT_EQ(first_value(detail, now), at(1'609'459'200));
  detail.change_version = "1718000000123";  // opaque
  EXPECT_EQ(first_value(detail, now), at(1'609'459'200));
  detail.change_version = "2024-06-25T10:11:12.345678Z";
  EXPECT_EQ(first_value(detail, now), at(1'719'310'272) + std::chrono::microseconds(345678));
  detail.change_version = "2199-01-01T00:00:00Z";
  EXPECT_EQ(first_value(detail, now), at(1'609'459'200));
}

}  // namespace
}  // namespace vtpmfs::cache::testing
