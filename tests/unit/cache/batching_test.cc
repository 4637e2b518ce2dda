// Many VMs, few calls.
#include <gmock/gmock.h>

#include "cache/sets/nvram_cache.h"
#include "tests/unit/cache/sets_fixture.h"
#include "vsphere/fault.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

TEST(ChangeVersionReaderTest, OneCallAtATimeCoversAllWhoAskedBeforeIt) {
  FakeVmSource source;
  for (int i = 0; i < 600; ++i) source.vms[vm_ref(i)] = tpm_detail(i);
  source.hold_versions = true;
  const auto reader = std::make_shared<ChangeVersionReader>(source);
  std::atomic<int> good{0};
  for (int i = 0; i < 600; ++i) {
    reader->read(vm_ref(i), {}, [&](const Result<std::string>& version) {
      if (version && *version == kVersion1) ++good;
    });
  }
  while (source.held_versions() > 0) source.release_versions();
  EXPECT_EQ(good, 600);
  EXPECT_EQ(source.most_versions_under_way, 1);
  EXPECT_THAT(source.version_pages, ElementsAre(1, 250, 250, 99));
}

TEST(ChangeVersionReaderTest, TheSameVmTakesOnePlaceAndAGoneOneIsTold) {
  FakeVmSource source;
  source.vms[vm_ref(1)] = tpm_detail(1);
  source.hold_versions = true;
  const auto reader = std::make_shared<ChangeVersionReader>(source);
  int good = 0;
  int gone = 0;
  reader->read(vm_ref(9), {}, [&](const Result<std::string>& version) {
    gone += !version && version.error().code == Errno{ENOENT} ? 1 : 0;
  });
  for (int i = 0; i < 1000; ++i) {
    reader->read(vm_ref(1), {},
                 [&](const Result<std::string>& version) { good += version ? 1 : 0; });
  }
  while (source.held_versions() > 0) source.release_versions();
  EXPECT_EQ(good, 1000);
  EXPECT_EQ(gone, 1);
  EXPECT_THAT(source.version_pages, ElementsAre(1, 1));
}

TEST(ChangeVersionReaderTest, AFailedCallFailsItsAskersOnly) {
  FakeVmSource source;
  source.vms[vm_ref(1)] = tpm_detail(1);
  source.hold_versions = true;
  source.version_error = Error{Errno{ETIMEDOUT}, "late"};
  const auto reader = std::make_shared<ChangeVersionReader>(source);
  int failed = 0;
  int good = 0;
  reader->read(vm_ref(1), {}, [&](const Result<std::string>& v) { failed += v ? 0 : 1; });
  reader->read(vm_ref(1), {}, [&](const Result<std::string>& v) { good += v ? 1 : 0; });
  source.before_versions = [&](int) { source.version_error.reset(); };
  source.release_versions();
  // the second call was sent after the first had been answered, and before its asker was told
  source.release_versions();
  EXPECT_EQ(failed + good, 2);
  EXPECT_EQ(source.version_calls, 2);
}

class BatchingTest : public SetsFixture {
 protected:
  std::vector<MoRef> fleet(int vms) {
    std::vector<EntityChange> changes;
    std::vector<MoRef> all;
    for (int i = 1; i <= vms; ++i) {
      source.add(tpm_detail(i), "nvram bytes");
      changes.push_back(enter_vm(vm_ref(i), "vm" + std::to_string(i), kVmFolder));
      all.push_back(vm_ref(i));
    }
    inventory.apply(update_of(changes));
    return all;
  }
};

TEST_F(BatchingTest, AThousandVmsAreFourPagesAndOneListing) {
  const ReadSets read = sets->reader().read(fleet(1000), {});
  EXPECT_EQ(read.versions.size(), 1000U);
  EXPECT_EQ(source.details_calls, 4);
  EXPECT_EQ(source.bulk_lists, 1);
  EXPECT_EQ(source.directory_lists, 0);
  EXPECT_THAT(source.pages, Each(Le(250U)));
}

TEST_F(BatchingTest, OneChangedVmIsOneCallAndOneDirectory) {
  sets->reader().read(fleet(300), {});
  const int details = source.details_calls;
  sets->reader().read({vm_ref(7)}, {});
  EXPECT_EQ(source.details_calls, details + 1);
  EXPECT_EQ(source.bulk_lists, 1);
  EXPECT_EQ(source.directory_lists, 1);
}

TEST_F(BatchingTest, APoisonedPageIsHalvedDownToTheVm) {
  source.poison = {vm_ref(77)};
  const ReadSets read = sets->reader().read(fleet(250), {});
  EXPECT_EQ(read.versions.size(), 250U);
  EXPECT_THAT(read.failed, ElementsAre(vm_ref(77)));
  EXPECT_LE(source.details_calls, 20);
  int incomplete = 0;
  for (const VersionPtr& version : read.versions) incomplete += version->listing.incomplete ? 1 : 0;
  EXPECT_EQ(incomplete, 1);
}

TEST_F(BatchingTest, AServerThatRefusesEverythingIsNotAskedForEachVm) {
  const auto fault = std::make_shared<vsphere::Fault>();
  fault->type = "SystemError";
  source.details_error = Error{Errno{EIO}, "internal", fault};
  const ReadSets read = sets->reader().read(fleet(1000), {});
  EXPECT_EQ(read.failed.size(), 1000U);
  EXPECT_LE(source.details_calls, 80);
  EXPECT_EQ(read.has_tpm.size(), 1000U);
  for (const auto& [vm, has_tpm] : read.has_tpm) EXPECT_TRUE(has_tpm);  // and so it is shown
}

TEST_F(BatchingTest, AnAnswerThatIsNoFaultSaysNothingOfTheVms) {
  source.details_error = Error{Errno{EPROTO}, "HTTP status 502"};
  const ReadSets read = sets->reader().read(fleet(1000), {});
  ASSERT_TRUE(read.stopped);
  EXPECT_EQ(read.stopped->code, Errno{EPROTO});
  EXPECT_EQ(read.unread.size(), 1000U);
  EXPECT_TRUE(read.has_tpm.empty());
  EXPECT_LE(source.details_calls, 80);
}

TEST_F(BatchingTest, ALostConnectionLeavesTheRestUnread) {
  const auto all = fleet(600);
  source.before_details = [&](int call) {
    if (call == 2) source.details_error = Error{Errno{EHOSTUNREACH}, "gone"};
  };
  const ReadSets read = sets->reader().read(all, {});
  ASSERT_TRUE(read.stopped);
  EXPECT_EQ(read.versions.size(), 250U);
  EXPECT_EQ(read.unread.size(), 350U);
}

TEST_F(BatchingTest, ARefusedSearchFallsBackToDirectoriesAndIsNotRepeatedAtOnce) {
  source.bulk_refused = true;
  const ReadSets read = sets->reader().read(fleet(40), {});
  EXPECT_EQ(source.bulk_lists, 1);
  EXPECT_EQ(source.directory_lists, 40);
  for (const VersionPtr& version : read.versions) EXPECT_FALSE(version->listing.incomplete);
  sets->reader().read({vm_ref(3)}, {});
  EXPECT_EQ(source.bulk_lists, 1);
  clock.advance(std::chrono::minutes(11));
  source.bulk_refused = false;
  sets->reader().read({vm_ref(3)}, {});
  EXPECT_EQ(source.bulk_lists, 2);
}

TEST_F(BatchingTest, AFullBackupReadsEachNvramOnceAndCountsNoCallPerVm) {
  const auto all = fleet(500);
  for (const VersionPtr& version : sets->reader().read(all, {}).versions) sets->store(version);
  source.hold_versions = true;
  std::vector<std::future<Bytes>> answers;
  for (const MoRef& vm : all) {
    const auto set = sets->open(vm, FileRole::nvram);
    ASSERT_TRUE(set);
    answers.push_back(start_read(*set, FileRole::nvram));
  }
  EXPECT_TRUE(eventually([&] {
    source.release_versions();
    return std::all_of(answers.begin(), answers.end(), [](const std::future<Bytes>& answer) {
      return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  }));
  EXPECT_EQ(source.fetches, 500);
  EXPECT_EQ(source.details_calls, 2);
  EXPECT_EQ(source.most_versions_under_way, 1);
}

TEST(NvramCacheTest, FindsTheSameFileOnlyAndDropsTheOldest) {
  NvramCache cache(250);
  vsphere::DatastorePlace place;
  place.datastore = kDatastore;
  const auto content = [](int seconds) {
    NvramBytes bytes;
    bytes.path = "d/x.nvram";
    bytes.datastore = kDatastore;
    bytes.file.size = 100;
    bytes.file.modified = std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
    bytes.bytes = std::make_shared<const std::string>(100, 'x');
    return bytes;
  };
  cache.put(vm_ref(1), content(5));
  EXPECT_NE(cache.find(vm_ref(1), place, "d/x.nvram", content(5).file), nullptr);
  EXPECT_EQ(cache.find(vm_ref(1), place, "d/x.nvram", content(6).file), nullptr);
  EXPECT_EQ(cache.find(vm_ref(1), place, "d/y.nvram", content(5).file), nullptr);
  EXPECT_EQ(cache.find(vm_ref(2), place, "d/x.nvram", content(5).file), nullptr);
  vsphere::DatastoreFile no_time;
  no_time.size = 100;
  EXPECT_EQ(cache.find(vm_ref(1), place, "d/x.nvram", no_time), nullptr);
  cache.put(vm_ref(2), content(5));
  EXPECT_NE(cache.find(vm_ref(1), place, "d/x.nvram", content(5).file), nullptr);  // used last
  cache.put(vm_ref(3), content(5));
  EXPECT_EQ(cache.bytes(), 200U);
  EXPECT_EQ(cache.find(vm_ref(2), place, "d/x.nvram", content(5).file), nullptr);
  const FileBytes held = cache.find(vm_ref(1), place, "d/x.nvram", content(5).file)->bytes;
  cache.put(vm_ref(4), content(5));
  cache.put(vm_ref(5), content(5));
  EXPECT_NE(cache.find(vm_ref(1), place, "d/x.nvram", content(5).file), nullptr);  // held
  cache.put(vm_ref(5), content(7));  // replaced, not added
  EXPECT_LE(cache.bytes(), 250U);
}

}  // namespace
}  // namespace vtpmfs::cache::testing
