// Who reads one VM after another is recognised, and gets many with few calls.
#include <gmock/gmock.h>

#include "tests/unit/cache/sets_fixture.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::IsEmpty;

/// The first portions of a walk are small.
constexpr int kRampUp = 8;

class WalkTest : public SetsFixture {
 protected:
  /// VMs 0 to `vms` - 1 in one folder, shown in that order.
  void make_fleet(int vms) {
    std::vector<EntityChange> changes;
    std::vector<MoRef> all;
    for (int i = 0; i < vms; ++i) {
      source.add(tpm_detail(i), "nvram bytes");
      const std::string number = std::to_string(100'000 + i);
      changes.push_back(enter_vm(vm_ref(i), "vm" + number, kVmFolder));
      all.push_back(vm_ref(i));
    }
    inventory.apply(update_of(changes));
    for (const VersionPtr& version : sets->reader().read(all, {}).versions) sets->store(version);
    source.before_fetch = [this](int) { ++fetches_seen; };
  }
  bool quiet(int fetches) {
    return eventually([&] { return fetches_seen >= fetches; });
  }
  std::atomic<int> fetches_seen{0};
};

TEST_F(WalkTest, AWalkOverAThousandVmsLooksOncePerBatch) {
  make_fleet(1000);
  for (int i = 0; i < 1000; ++i) {
    for (const FileRole role : kSealing) ASSERT_NE(text(vm_ref(i), role), "") << i;
  }
  EXPECT_EQ(source.fetches, 1000);
  EXPECT_LE(source.version_calls, 1000 / 28 + kRampUp);
  EXPECT_THAT(sets->incomplete(), IsEmpty());
}

TEST_F(WalkTest, ReadingHereAndThereFetchesNothingAhead) {
  make_fleet(400);
  int reads = 0;
  for (int i = 0; i < 400; i += 7) {
    text(vm_ref((i * 37) % 400), FileRole::nvram);
    ++reads;
  }
  EXPECT_EQ(source.fetches, reads);
  EXPECT_EQ(source.version_calls, reads);
}

TEST_F(WalkTest, AVmThatFailsInABatchFailsAlone) {
  make_fleet(200);
  source.file_errors.emplace(source.nvram_path_of(vm_ref(40)), Error{Errno{EHOSTUNREACH}, "503"});
  for (int i = 0; i < 20; ++i) text(vm_ref(i), FileRole::nvram);
  ASSERT_TRUE(quiet(60));
  EXPECT_THAT(sets->incomplete(), IsEmpty());  // nobody read it yet
  for (int i = 20; i < 200; ++i) {
    if (i == 40) {
      EXPECT_EQ(error_of(vm_ref(i), FileRole::nvram), EHOSTUNREACH);
    } else {
      EXPECT_EQ(text(vm_ref(i), FileRole::nvram), "nvram bytes") << i;
    }
  }
  EXPECT_EQ(source.fetches, 200);
  ASSERT_EQ(sets->incomplete().size(), 1U);
  EXPECT_EQ(sets->incomplete()[0].vm, vm_ref(40));
  EXPECT_LE(source.version_calls, 2 + 200 / 28 + kRampUp);
}

TEST_F(WalkTest, WhoReadsAVmThatIsUnderWayWaitsForThatDownload) {
  make_fleet(20);
  text(vm_ref(0), FileRole::nvram);
  source.hold_fetches = true;
  const auto second = sets->open(vm_ref(1), FileRole::nvram);
  ASSERT_TRUE(second);
  auto first_answer = start_read(*second, FileRole::nvram);
  // Eight at once; the others wait for a free connection.
  ASSERT_EQ(source.held_fetches(), 8U);
  const auto third = sets->open(vm_ref(2), FileRole::nvram);
  ASSERT_TRUE(third);
  auto answer = start_read(*third, FileRole::nvram);
  EXPECT_EQ(source.held_fetches(), 8U);
  // What somebody waits for goes before what is fetched ahead.
  const auto last = sets->open(vm_ref(19), FileRole::nvram);
  ASSERT_TRUE(last);
  auto last_answer = start_read(*last, FileRole::nvram);
  EXPECT_EQ(source.held_fetches(), 9U);
  source.hold_fetches = false;
  source.release_fetches();
  EXPECT_TRUE(wait_for(std::move(first_answer)));
  EXPECT_TRUE(wait_for(std::move(answer)));
  EXPECT_TRUE(wait_for(std::move(last_answer)));
  // He reads elsewhere: what was ahead of him and had not begun is given up.
  EXPECT_EQ(source.fetches, 10);
}

TEST_F(WalkTest, OneThatStallsDoesNotHoldUpTheOthersForLong) {
  make_fleet(20);
  text(vm_ref(0), FileRole::nvram);
  source.before_fetch = [&](int number) { source.hold_fetches = number == 8; };
  text(vm_ref(1), FileRole::nvram);
  EXPECT_EQ(source.held_fetches(), 1U);
  const auto set = sets->open(vm_ref(2), FileRole::nvram);
  ASSERT_TRUE(set);
  auto answer = start_read(*set, FileRole::nvram);
  clock.advance(std::chrono::milliseconds(1100));
  sets->sweep();
  EXPECT_TRUE(wait_for(std::move(answer)));
  EXPECT_EQ(source.held_fetches(), 1U);
}

TEST_F(WalkTest, TheFirstOnesDoNotWaitForAllThatAreBehindThem) {
  make_fleet(200);
  source.before_fetch = [&](int number) { source.hold_fetches = number >= 60; };
  for (int i = 0; i < 25; ++i) EXPECT_EQ(text(vm_ref(i), FileRole::nvram), "nvram bytes");
  EXPECT_TRUE(eventually([&] { return source.held_fetches() > 0; }));
  EXPECT_EQ(text(vm_ref(30), FileRole::nvram), "nvram bytes");
}

TEST_F(WalkTest, WhatChangedSinceItWasFetchedAheadIsFetchedAgain) {
  make_fleet(10);
  for (int i = 0; i < 3; ++i) text(vm_ref(i), FileRole::nvram);
  ASSERT_TRUE(eventually([&] { return sets->cached_bytes() == 10 * 11; }));
  {
    const std::lock_guard lock(source.mutex);
    source.vms[vm_ref(5)].change_version = kVersion2;
  }
  reread(vm_ref(5));
  EXPECT_EQ(text(vm_ref(5), FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 11);
}

TEST_F(WalkTest, ASmallCacheBoundsWhatIsFetchedAhead) {
  sets.reset();
  settings.cache_bytes = 44 * 4;  // a quarter is four VMs of 11 bytes
  make_sets();
  make_fleet(100);
  text(vm_ref(0), FileRole::nvram);
  text(vm_ref(1), FileRole::nvram);
  EXPECT_LE(source.fetches, 6);
}

TEST_F(WalkTest, TheWindowGrowsWithTheWalk) {
  make_fleet(400);
  int read = 0;
  const auto walk_to = [&](int end) {
    while (read < end) text(vm_ref(read++), FileRole::nvram);
    // All that was begun ahead has come: nothing more comes before the next read.
    eventually([&] { return fetches_seen.load() == source.fetches; });
  };
  walk_to(2);
  EXPECT_LE(source.fetches, 2 + 8);
  walk_to(20);
  EXPECT_GE(source.fetches, 20 + 32);
  EXPECT_LE(source.fetches, 20 + 80);
  walk_to(200);
  EXPECT_LE(source.fetches, 200 + 128);
}

TEST_F(WalkTest, SeveralReadersOfOneToolAreOneWalk) {
  make_fleet(100);
  // As restic reads: two files at a time, of neighbouring VMs.
  for (int i = 1; i < 40; ++i) {
    text(vm_ref(i), FileRole::nvram);
    text(vm_ref(i - 1), FileRole::key_id);
  }
  EXPECT_TRUE(quiet(90));
  EXPECT_LE(source.fetches, 100);
}

TEST_F(WalkTest, ASlowWalkIsNotFarAhead) {
  make_fleet(400);
  for (int i = 0; i < 60; ++i) {
    text(vm_ref(i), FileRole::nvram);
    clock.advance(std::chrono::milliseconds(500));
  }
  EXPECT_LE(source.fetches, 60 + 8);
}

TEST_F(WalkTest, WhatIsAheadOfAWalkThatStoppedIsGivenUp) {
  make_fleet(400);
  for (int i = 0; i < 30; ++i) text(vm_ref(i), FileRole::nvram);
  ASSERT_TRUE(eventually([&] { return sets->cached_bytes() >= 11 * 60; }));
  source.hold_fetches = true;  // what is begun from now on is under way for long
  int next = 30;
  while (source.held_fetches() < 4) text(vm_ref(next++), FileRole::nvram);
  clock.advance(std::chrono::milliseconds(1100));
  sets->sweep();
  const int begun = source.fetches;
  source.hold_fetches = false;
  source.release_fetches();
  // The four that were under way made room, and nobody takes it.
  EXPECT_EQ(text(vm_ref(399), FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, begun + 1);
  // Who goes on has them, each once.
  for (int i = next; i < 400; ++i) ASSERT_EQ(text(vm_ref(i), FileRole::nvram), "nvram bytes") << i;
  EXPECT_EQ(source.fetches, 400);
}

}  // namespace
}  // namespace vtpmfs::cache::testing
