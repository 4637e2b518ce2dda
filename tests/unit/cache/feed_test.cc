#include "cache/feed/feed.h"

#include <gmock/gmock.h>

#include <future>

#include "cache/live_model.h"
#include "tests/patience.h"
#include "tests/unit/cache/fakes.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class FeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    feed_settings.first_pause = std::chrono::milliseconds(1);
    feed_settings.longest_pause = std::chrono::milliseconds(5);
    const auto state = StateDirectory::open(temp.path(), true);
    ASSERT_TRUE(state);
    auto opened =
        LiveModel::open(inventory_source, source, *state, clock, sets_settings, feed_settings);
    ASSERT_TRUE(opened);
    model = std::move(*opened);
    model->feed().add_listener([this](const InventoryChange& change) {
      const std::lock_guard lock(mutex);
      told.merge(InventoryChange(change));
      // what is told can be read already
      for (const MoRef& vm : change.vms) {
        if (!model->inventory().place(vm)) continue;
        EXPECT_TRUE(model->sets().listing(vm)) << vm.value;
      }
    });
  }
  void TearDown() override { model->feed().stop(); }

  void put_fleet(int vms) {
    auto changes = one_datacenter();
    for (int i = 1; i <= vms; ++i) {
      source.add(tpm_detail(i), "nvram bytes");
      changes.push_back(enter_vm(vm_ref(i), "vm" + std::to_string(i), kVmFolder, true, kVersion1));
    }
    inventory_source.put(update_of(changes, true));
  }
  Status start() {
    model->feed().start();
    vsphere::Call call;
    call.timeout = patience(std::chrono::seconds(30));
    return model->feed().ready(call);
  }
  void put_and_wait(std::vector<EntityChange> changes) {
    inventory_source.put(update_of(std::move(changes)));
    EXPECT_TRUE(eventually([&] { return inventory_source.idle(); }));
  }
  std::vector<std::string> names() {
    std::vector<std::string> shown;
    for (const Place& place : model->inventory().children(kVmFolder)) {
      shown.push_back(place.shown_name);
    }
    return shown;
  }
  std::set<MoRef> polled() {
    const std::lock_guard lock(mutex);
    return {told.vms.begin(), told.vms.end()};
  }
  InventoryChange take_told() {
    const std::lock_guard lock(mutex);
    return std::exchange(told, InventoryChange());
  }

  TempDir temp;
  FakeClock clock;
  FakeVmSource source;
  FakeInventorySource inventory_source;
  SetsSettings sets_settings;
  FeedSettings feed_settings;
  std::mutex mutex;
  InventoryChange told;
  std::unique_ptr<LiveModel> model;
};

TEST_F(FeedTest, IsReadyWithTheWholeModelInPagesOf250) {
  put_fleet(1000);
  ASSERT_TRUE(start());
  EXPECT_TRUE(model->feed().alive());
  EXPECT_EQ(model->inventory().shown_vms().size(), 1000U);
  EXPECT_EQ(source.details_calls, 4);
  EXPECT_EQ(source.bulk_lists, 1);
  EXPECT_EQ(source.directory_lists, 0);
  EXPECT_EQ(source.datastore_calls, 1);
  for (const MoRef& vm : model->inventory().shown_vms()) {
    const auto listing = model->sets().listing(vm);
    ASSERT_TRUE(listing);
    EXPECT_FALSE(listing->incomplete);
  }
  EXPECT_EQ(model->feed().status().vms, 1000U);
}

TEST_F(FeedTest, SurelyPlainVmsAreNotRead) {
  source.add(tpm_detail(1), "x");
  auto changes = one_datacenter();
  changes.push_back(enter_vm(vm_ref(1), "tpm", kVmFolder));
  for (int i = 2; i < 5000; ++i) {
    changes.push_back(enter_vm(vm_ref(i), "plain" + std::to_string(i), kVmFolder, false));
  }
  inventory_source.put(update_of(changes, true));
  ASSERT_TRUE(start());
  EXPECT_THAT(names(), ElementsAre("tpm"));
  EXPECT_EQ(source.details_calls, 1);
}

TEST_F(FeedTest, TheDeviceListDecidesWhereTpmPresentIsUnset) {
  vsphere::VmDetail plain = tpm_detail(2);
  plain.vtpm.reset();
  plain.tpm_present.reset();
  vsphere::VmDetail unknown = tpm_detail(3);
  unknown.vtpm.reset();
  unknown.tpm_present.reset();
  unknown.unreadable.push_back({"config.hardware.device", Error{Errno{EACCES}, "no"}});
  vsphere::VmDetail invalid;
  invalid.vm = vm_ref(4);
  invalid.connection_state = "invalid";
  source.add(tpm_detail(1), "x");
  source.add(plain, "x");
  source.add(unknown, "x");
  source.vms[invalid.vm] = invalid;
  auto changes = one_datacenter();
  for (int i = 1; i <= 4; ++i) {
    changes.push_back(enter_vm(vm_ref(i), "vm" + std::to_string(i), kVmFolder, std::nullopt));
  }
  inventory_source.put(update_of(changes, true));
  ASSERT_TRUE(start());
  EXPECT_THAT(names(), ElementsAre("vm1", "vm3", "vm4"));
  EXPECT_EQ(model->sets().incomplete().size(), 2U);
  EXPECT_FALSE(model->sets().listing(vm_ref(2)));
}

TEST_F(FeedTest, FollowsWhatChanges) {
  put_fleet(3);
  ASSERT_TRUE(start());
  take_told();
  // reconfigured
  const auto before = model->sets().listing(vm_ref(2))->find(FileRole::config)->time;
  source.vms[vm_ref(2)].change_version = kVersion2;
  put_and_wait({modify(vm_ref(2), EntityProperty::change_version, kVersion2)});
  auto change = take_told();
  EXPECT_THAT(change.vms, ElementsAre(vm_ref(2)));
  EXPECT_GT(model->sets().listing(vm_ref(2))->find(FileRole::config)->time, before);
  // created
  source.add(tpm_detail(4), "x");
  put_and_wait({enter_vm(vm_ref(4), "vm4", kVmFolder)});
  EXPECT_THAT(names(), ElementsAre("vm1", "vm2", "vm3", "vm4"));
  EXPECT_EQ(take_told().names.size(), 1U);
  // renamed
  put_and_wait({modify(vm_ref(1), EntityProperty::name, std::string("new"))});
  EXPECT_THAT(names(), ElementsAre("new", "vm2", "vm3", "vm4"));
  // its vTPM taken away
  source.vms[vm_ref(3)].vtpm.reset();
  source.vms[vm_ref(3)].tpm_present = false;
  put_and_wait({modify(vm_ref(3), EntityProperty::tpm_present, false)});
  EXPECT_THAT(names(), ElementsAre("new", "vm2", "vm4"));
  EXPECT_FALSE(model->sets().listing(vm_ref(3)));
  // ... and given back
  source.vms[vm_ref(3)] = tpm_detail(3);
  put_and_wait({modify(vm_ref(3), EntityProperty::tpm_present, true)});
  EXPECT_TRUE(model->sets().listing(vm_ref(3)));
  // deleted
  put_and_wait({leave(vm_ref(4))});
  EXPECT_THAT(names(), ElementsAre("new", "vm2", "vm3"));
  EXPECT_FALSE(model->sets().listing(vm_ref(4)));
  EXPECT_THAT(take_told().gone_vms, Contains(vm_ref(4)));
}

TEST_F(FeedTest, ALockedVmStaysShown) {
  put_fleet(1);
  ASSERT_TRUE(start());
  vsphere::VmDetail locked;
  locked.vm = vm_ref(1);
  locked.crypto_state = "locked";
  locked.connection_state = "invalid";
  source.vms[vm_ref(1)] = locked;
  put_and_wait({modify(vm_ref(1), EntityProperty::crypto_state, std::string("locked")),
                modify(vm_ref(1), EntityProperty::tpm_present, std::monostate()),
                modify(vm_ref(1), EntityProperty::change_version, std::monostate())});
  EXPECT_THAT(names(), ElementsAre("vm1"));
  ASSERT_TRUE(model->sets().listing(vm_ref(1))->incomplete);
  EXPECT_EQ(model->sets().listing(vm_ref(1))->incomplete->code, Errno{ENOKEY});
}

TEST_F(FeedTest, ARenamedFolderIsANewPathInConfigJson) {
  source.add(tpm_detail(1), "x");
  auto changes = one_datacenter();
  changes.push_back(enter(folder_ref(10), "Old", kVmFolder));
  changes.push_back(enter_vm(vm_ref(1), "vm1", folder_ref(10)));
  inventory_source.put(update_of(changes, true));
  ASSERT_TRUE(start());
  put_and_wait({modify(folder_ref(10), EntityProperty::name, std::string("Renamed"))});
  EXPECT_EQ(model->sets().latest(vm_ref(1))->inventory_path, "/DC0/vm/Renamed/vm1");
}

TEST_F(FeedTest, ARenamedDatacenterIsANewAddressOfEachNvram) {
  put_fleet(2);
  ASSERT_TRUE(start());
  {
    const std::lock_guard lock(source.mutex);
    source.datacenter_path = "/Renamed";
  }
  put_and_wait({modify(kDatacenter, EntityProperty::name, std::string("Renamed"))});
  for (const MoRef& vm : {vm_ref(1), vm_ref(2)}) {
    const VersionPtr version = model->sets().latest(vm);
    EXPECT_EQ(version->nvram_place.datastore->datacenter_path, "/Renamed");
    EXPECT_EQ(version->inventory_path.substr(0, 9), "/Renamed/");
  }
}

TEST_F(FeedTest, AVmBeforeItsFolder) {
  source.add(tpm_detail(1), "x");
  auto changes = one_datacenter();
  changes.push_back(enter_vm(vm_ref(1), "vm1", folder_ref(10)));
  inventory_source.put(update_of(changes, true));
  ASSERT_TRUE(start());
  EXPECT_THAT(model->inventory().unplaced_vms(), ElementsAre(vm_ref(1)));
  EXPECT_THAT(model->feed().status().unplaced, ElementsAre(vm_ref(1)));
  put_and_wait({enter(folder_ref(10), "Late", kVmFolder)});
  EXPECT_THAT(model->feed().status().unplaced, IsEmpty());
  ASSERT_TRUE(model->inventory().place(vm_ref(1)));
  EXPECT_TRUE(model->sets().listing(vm_ref(1)));
  EXPECT_EQ(model->sets().latest(vm_ref(1))->inventory_path, "/DC0/vm/Late/vm1");
}

TEST_F(FeedTest, WhatIsKnownStaysWhileVcenterIsAway) {
  put_fleet(5);
  ASSERT_TRUE(start());
  const int details = source.details_calls;
  for (int i = 0; i < 3; ++i) {
    inventory_source.put(fail(EHOSTUNREACH, "no route"));
  }
  EXPECT_TRUE(eventually([&] { return inventory_source.idle(); }));
  EXPECT_FALSE(model->feed().alive());
  EXPECT_EQ(model->feed().status().last_error->code, Errno{EHOSTUNREACH});
  EXPECT_EQ(names().size(), 5U);
  EXPECT_TRUE(model->sets().listing(vm_ref(1)));
  // back, with a new session: nothing changed, nothing is read again
  auto changes = one_datacenter();
  for (int i = 1; i <= 5; ++i) {
    changes.push_back(enter_vm(vm_ref(i), "vm" + std::to_string(i), kVmFolder, true, kVersion1));
  }
  take_told();
  inventory_source.put(update_of(changes, true));
  EXPECT_TRUE(eventually([&] { return model->feed().alive(); }));
  EXPECT_EQ(source.details_calls, details);
  EXPECT_THAT(take_told().names, IsEmpty());
}

TEST_F(FeedTest, DetailsThatCouldNotBeReadAreReadLater) {
  put_fleet(300);
  source.before_details = [&](int call) {
    if (call == 2) source.details_error = Error{Errno{ETIMEDOUT}, "late"};
    if (call == 4) source.details_error.reset();
  };
  ASSERT_TRUE(start());
  EXPECT_EQ(names().size(), 300U);
  EXPECT_EQ(source.details_calls, 4);  // 250, two that failed, 50
}

TEST_F(FeedTest, AnAnswerWithoutAVmOfTheInventoryIsNotItsEnd) {
  put_fleet(300);
  source.before_details = [&](int call) {
    source.silent.clear();
    for (int i = 1; i <= 300 && call <= 2; ++i) source.silent.insert(vm_ref(i));
  };
  ASSERT_TRUE(start());
  EXPECT_EQ(names().size(), 300U);
  EXPECT_EQ(source.details_calls, 4);
}

TEST_F(FeedTest, AVmThatVcenterNeverAnswersForIsShownAndIncomplete) {
  put_fleet(3);
  source.silent.insert(vm_ref(2));
  ASSERT_TRUE(start());
  EXPECT_THAT(names(), ElementsAre("vm1", "vm2", "vm3"));
  ASSERT_TRUE(model->sets().listing(vm_ref(2))->incomplete);
  EXPECT_EQ(model->sets().listing(vm_ref(2))->incomplete->code, Errno{EIO});
  EXPECT_EQ(model->feed().status().unread, 1U);
  // ... and is asked for again with each poll
  {
    const std::lock_guard lock(source.mutex);
    source.silent.clear();
  }
  clock.advance(std::chrono::seconds(61));
  put_and_wait({});
  EXPECT_TRUE(eventually([&] { return !model->sets().listing(vm_ref(2))->incomplete; }));
}

TEST_F(FeedTest, AKnownVmThatIsNotAnsweredForIsReadAgain) {
  put_fleet(2);
  ASSERT_TRUE(start());
  {
    const std::lock_guard lock(source.mutex);
    source.vms[vm_ref(1)].change_version = kVersion2;
    const int calls = source.details_calls;
    source.before_details = [&, calls](int call) {
      source.silent.clear();
      if (call == calls + 1) source.silent.insert(vm_ref(1));
    };
  }
  put_and_wait({modify(vm_ref(1), EntityProperty::change_version, kVersion2)});
  EXPECT_TRUE(
      eventually([&] { return model->sets().latest(vm_ref(1))->change_version == kVersion2; }));
}

TEST_F(FeedTest, ARestartWithoutAnyDatacenterIsNotPublished) {
  put_fleet(2);
  ASSERT_TRUE(start());
  take_told();
  inventory_source.put(update_of({}, true));
  EXPECT_TRUE(eventually([&] { return inventory_source.idle() && !model->feed().alive(); }));
  EXPECT_THAT(names(), ElementsAre("vm1", "vm2"));
  auto changes = one_datacenter();
  changes.push_back(enter_vm(vm_ref(1), "vm1", kVmFolder));
  put_and_wait(changes);
  EXPECT_THAT(names(), ElementsAre("vm1"));
  EXPECT_THAT(take_told().gone_vms, ElementsAre(vm_ref(2)));
}

TEST_F(FeedTest, AnAnswerThatIsNoneOfVcentersLeavesWhatIsKnown) {
  put_fleet(3);
  ASSERT_TRUE(start());
  {
    const std::lock_guard lock(source.mutex);
    source.details_error = Error{Errno{EPROTO}, "HTTP status 502"};
  }
  std::vector<EntityChange> changes;
  for (int i = 1; i <= 3; ++i) {
    changes.push_back(modify(vm_ref(i), EntityProperty::change_version, kVersion2));
  }
  inventory_source.put(update_of(changes));
  EXPECT_TRUE(eventually([&] { return !model->feed().alive(); }));
  EXPECT_THAT(model->sets().incomplete(), IsEmpty());
  {
    const std::lock_guard lock(source.mutex);
    source.details_error.reset();
    for (int i = 1; i <= 3; ++i) source.vms[vm_ref(i)].change_version = kVersion2;
  }
  inventory_source.put(update_of({}));
  EXPECT_TRUE(
      eventually([&] { return model->sets().latest(vm_ref(3))->change_version == kVersion2; }));
}

TEST_F(FeedTest, ReadyTellsWhyItIsNot) {
  for (int i = 0; i < 3; ++i) inventory_source.put(fail(EHOSTUNREACH, "no route"));
  const Status ready = start();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, Errno{EHOSTUNREACH});
}

TEST_F(FeedTest, ReadyMayBeCancelled) {
  vsphere::Call call;
  call.timeout = std::chrono::minutes(10);
  model->feed().start();
  std::thread impatient([cancel = call.cancel] { cancel.cancel(); });
  const Status ready = model->feed().ready(call);
  impatient.join();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, Errno{EINTR});
}

Error refused_login() {
  Error error{Errno{EACCES}, "InvalidLogin"};
  error.login_refused = true;
  return error;
}

TEST_F(FeedTest, ARefusedLoginIsNotTriedAgain) {
  inventory_source.put(fail(refused_login()));
  const Status ready = start();
  ASSERT_FALSE(ready);
  EXPECT_TRUE(ready.error().login_refused);
  EXPECT_EQ(inventory_source.calls(), 1);
}

TEST_F(FeedTest, ALoginThatWasRefusedLaterIsTriedAgainWhenAPersonSaysSo) {
  put_fleet(1);
  ASSERT_TRUE(start());
  inventory_source.put(fail(refused_login()));
  EXPECT_TRUE(eventually([&] { return !model->feed().alive(); }));
  source.add(tpm_detail(2), "x");
  inventory_source.put(update_of({enter_vm(vm_ref(2), "vm2", kVmFolder)}));
  const int calls = inventory_source.calls();
  model->feed().retry();
  EXPECT_TRUE(eventually([&] { return inventory_source.idle(); }));
  EXPECT_GT(inventory_source.calls(), calls);
  EXPECT_THAT(names(), ElementsAre("vm1", "vm2"));
}

TEST_F(FeedTest, AMissingRightIsNoRefusedLogin) {
  put_fleet(1);
  ASSERT_TRUE(start());
  inventory_source.put(fail(EACCES, "NoPermission"));
  source.add(tpm_detail(2), "x");
  put_and_wait({enter_vm(vm_ref(2), "vm2", kVmFolder)});
  EXPECT_TRUE(model->feed().alive());
  EXPECT_THAT(names(), ElementsAre("vm1", "vm2"));
}

TEST_F(FeedTest, RefreshWaitsForANewVmAndShowsIt) {
  put_fleet(1);
  ASSERT_TRUE(start());
  source.add(tpm_detail(2), "x");
  Status refreshed = fail(EIO, "");
  std::thread restore([&] {
    vsphere::Call call;
    call.timeout = patience(std::chrono::seconds(30));
    refreshed = model->feed().refresh(vm_ref(2), call);
  });
  inventory_source.put(update_of({enter_vm(vm_ref(2), "vm2", kVmFolder)}));
  restore.join();
  EXPECT_TRUE(refreshed);
  EXPECT_THAT(names(), ElementsAre("vm1", "vm2"));
  vsphere::Call call;
  call.timeout = std::chrono::milliseconds(1);
  EXPECT_EQ(model->feed().refresh(vm_ref(9), call).error().code, Errno{ETIMEDOUT});
}

class FeedOfOriginsTest : public FeedTest {
 protected:
  void SetUp() override {
    sets_settings.origin_hook = [this](std::vector<OriginOfVm>& page, const vsphere::Call&) {
      asked += page.size();
      for (OriginOfVm& of : page) of.policy_pending = silent;
    };
    FeedTest::SetUp();
  }
  size_t pending() {
    size_t count = 0;
    for (const VersionPtr& version : model->sets().all_latest()) count += version->origin_pending;
    return count;
  }
  void poll() {
    clock.advance(std::chrono::seconds(61));
    put_and_wait({});
  }

  std::atomic<bool> silent{true};
  std::atomic<size_t> asked{0};
};

TEST_F(FeedOfOriginsTest, OneVmAsksAgainWithEachPollAndAllOnceItIsAnswered) {
  put_fleet(300);
  ASSERT_TRUE(start());
  EXPECT_EQ(pending(), 300U);
  EXPECT_EQ(asked, 300U);
  poll();
  EXPECT_TRUE(eventually([&] { return asked == 301U; }));
  silent = false;
  poll();
  EXPECT_TRUE(eventually([&] { return asked >= 302U; }));
  put_and_wait({});
  EXPECT_TRUE(eventually([&] { return pending() == 0; }));
  EXPECT_EQ(asked, 601U);
}

TEST_F(FeedTest, NvramThatTheGuestWroteIsFoundByThePoll) {
  put_fleet(300);
  ASSERT_TRUE(start());
  const int details = source.details_calls;
  take_told();
  {
    const std::lock_guard lock(source.mutex);
    source.set_nvram(vm_ref(8), "other bytes", 500);
  }
  clock.advance(std::chrono::seconds(61));
  put_and_wait({});
  EXPECT_TRUE(eventually([&] { return polled().count(vm_ref(8)) > 0; }));
  EXPECT_EQ(source.bulk_lists, 2);
  EXPECT_EQ(source.details_calls, details);
  EXPECT_THAT(take_told().vms, ElementsAre(vm_ref(8)));
  EXPECT_EQ(model->sets().listing(vm_ref(8))->find(FileRole::nvram)->time,
            WallTime(std::chrono::seconds(1'719'000'500)));
}

TEST_F(FeedTest, ChangesThatTheNewsLeaveOutAreFoundByThePoll) {
  put_fleet(300);
  ASSERT_TRUE(start());
  const int details = source.details_calls;
  take_told();
  {
    const std::lock_guard lock(source.mutex);
    source.vms[vm_ref(8)].change_version = kVersion2;
  }
  clock.advance(std::chrono::seconds(61));
  put_and_wait({});
  EXPECT_TRUE(eventually([&] { return polled().count(vm_ref(8)) > 0; }));
  EXPECT_EQ(source.details_calls, details + 1);
  EXPECT_THAT(take_told().vms, ElementsAre(vm_ref(8)));
  // ... and once only
  const int versions = source.version_calls;
  clock.advance(std::chrono::seconds(61));
  put_and_wait({});
  EXPECT_TRUE(eventually([&] { return source.version_calls > versions; }));
  model->feed().stop();
  EXPECT_EQ(source.details_calls, details + 1);
}

TEST_F(FeedTest, TheInventoryIsReadAnewOnlyWhereThereIsNoChangeVersion) {
  put_fleet(2);
  ASSERT_TRUE(start());
  const auto poll = [&] {
    const int versions = source.version_calls;
    clock.advance(std::chrono::seconds(61));
    put_and_wait({});
    EXPECT_TRUE(eventually([&] { return source.version_calls > versions; }));
  };
  poll();
  poll();
  EXPECT_EQ(inventory_source.beginnings, 0);
  {
    const std::lock_guard lock(source.mutex);
    for (auto& [vm, detail] : source.vms) detail.change_version.reset();
  }
  const int details = source.details_calls;
  poll();
  EXPECT_TRUE(eventually([&] { return source.details_calls > details; }));
  poll();
  EXPECT_TRUE(eventually([&] { return inventory_source.beginnings > 0; }));
}

TEST_F(FeedTest, AServerWithoutChangeVersionsIsReadAnewInTurn) {
  put_fleet(600);
  for (auto& [vm, detail] : source.vms) detail.change_version.reset();
  ASSERT_TRUE(start());
  take_told();
  {
    const std::lock_guard lock(source.mutex);
    for (const int changed : {1, 300, 600}) {
      source.vms[vm_ref(changed)].encryption_bundle = "another";
    }
  }
  for (int poll = 0; poll < 3; ++poll) {
    const int calls = source.details_calls;
    clock.advance(std::chrono::seconds(61));
    put_and_wait({});
    EXPECT_TRUE(eventually([&] { return source.details_calls > calls; }));
  }
  EXPECT_TRUE(eventually([&] {
    const auto found = polled();
    return found.count(vm_ref(1)) + found.count(vm_ref(300)) + found.count(vm_ref(600)) == 3;
  }));
}

TEST_F(FeedTest, ADatastoreThatIsSlowToSearchIsPolledByDirectories) {
  put_fleet(100);
  ASSERT_TRUE(start());
  {
    const std::lock_guard lock(source.mutex);
    source.while_searching_whole = [this] { clock.advance(std::chrono::seconds(11)); };
  }
  const auto poll = [&] {
    const int versions = source.version_calls;
    clock.advance(std::chrono::seconds(61));
    put_and_wait({});
    EXPECT_TRUE(eventually([&] { return source.version_calls > versions; }));
  };
  poll();
  EXPECT_EQ(source.bulk_lists, 2);  // at the start, and the slow one
  EXPECT_EQ(source.directory_lists, 0);
  {
    const std::lock_guard lock(source.mutex);
    source.set_nvram(vm_ref(8), "other bytes", 500);
  }
  take_told();
  // A hundred directories, some with each poll.
  for (int i = 0; i < 4; ++i) poll();
  EXPECT_EQ(source.bulk_lists, 2);
  EXPECT_LE(source.directory_lists, 4 * 32);
  EXPECT_TRUE(eventually([&] { return polled().count(vm_ref(8)) > 0; }));
  // After a while all of it is tried again.
  clock.advance(std::chrono::minutes(10));
  poll();
  EXPECT_EQ(source.bulk_lists, 3);
}

TEST(RetryPausesTest, GrowUpToTheLongestAndDifferFromMountToMount) {
  using std::chrono::milliseconds;
  std::set<milliseconds> times;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    RetryPauses pauses(milliseconds(500), milliseconds(60'000), seed);
    milliseconds whole(500);
    for (int i = 0; i < 12; ++i) {
      const milliseconds pause = pauses.next();
      EXPECT_GE(pause, whole / 2) << i;
      EXPECT_LE(pause, whole) << i;
      if (i == 5) times.insert(pause / 800);
      whole = std::min(whole * 2, milliseconds(60'000));
    }
    pauses.reset();
    EXPECT_LE(pauses.next(), milliseconds(500));
  }
  // The sixth pause lies between 8 and 16 s: two hundred mounts come back all over that time.
  EXPECT_GE(times.size(), 8U);
}

TEST_F(FeedTest, ChangesAreToldWhileAPollIsUnderWay) {
  put_fleet(2);
  ASSERT_TRUE(start());
  take_told();
  struct Gate {
    std::mutex shut;
    std::atomic<bool> reached{false};
  };
  const auto gate = std::make_shared<Gate>();  // a poll may come to it after the test's end
  std::unique_lock held(gate->shut);
  {
    const std::lock_guard lock(source.mutex);
    source.while_searching_whole = [gate] {  // as polls do
      gate->reached = true;
      const std::lock_guard wait_here(gate->shut);
    };
    source.vms[vm_ref(1)].change_version = kVersion2;
  }
  clock.advance(std::chrono::seconds(61));
  inventory_source.put(
      update_of({modify(vm_ref(1), EntityProperty::name, std::string("renamed"))}));
  EXPECT_TRUE(eventually([&] { return gate->reached.load(); }));
  EXPECT_TRUE(eventually([&] { return polled().count(vm_ref(1)) > 0; }));
  // ... and what comes later goes on as well
  inventory_source.put(update_of({modify(vm_ref(2), EntityProperty::name, std::string("too"))}));
  EXPECT_TRUE(eventually([&] { return names() == std::vector<std::string>{"renamed", "too"}; }));
  held.unlock();
}

TEST_F(FeedTest, ADatastoreThatHangsHoldsUpItsOwnVmsOnly) {
  source.more_datastores = {"ds2"};
  auto changes = one_datacenter();
  for (int i = 1; i <= 4; ++i) {
    vsphere::VmDetail detail = tpm_detail(i);
    const std::string name = *detail.name;
    if (i % 2 == 0) detail.vm_path_name = "[ds2] " + name + "/" + name + ".vmx";
    source.add(detail, "x");
    changes.push_back(enter_vm(vm_ref(i), name, kVmFolder));
  }
  source.datastore_errors.emplace("ds2", Error{Errno{ETIMEDOUT}, "the task takes too long"});
  inventory_source.put(update_of(changes, true));
  ASSERT_TRUE(start());
  EXPECT_EQ(names().size(), 4U);
  EXPECT_TRUE(model->feed().alive());
  for (int i = 1; i <= 4; ++i) {
    const auto listing = model->sets().listing(vm_ref(i));
    const Error fine{Errno{0}, ""};
    EXPECT_EQ(listing->incomplete.value_or(fine).code, Errno{i % 2 == 0 ? ETIMEDOUT : 0}) << i;
  }
  // It is not asked again for each change ...
  const int lists = source.bulk_lists + source.directory_lists;
  source.vms[vm_ref(2)].change_version = kVersion2;
  put_and_wait({modify(vm_ref(2), EntityProperty::change_version, kVersion2)});
  EXPECT_EQ(source.bulk_lists + source.directory_lists, lists);
  EXPECT_TRUE(model->feed().alive());
  // ... but by the next poll.
  {
    const std::lock_guard lock(source.mutex);
    source.datastore_errors.clear();
  }
  clock.advance(std::chrono::seconds(61));
  put_and_wait({});
  EXPECT_TRUE(eventually([&] { return !model->sets().listing(vm_ref(4))->incomplete; }));
}

TEST_F(FeedTest, WhereVcenterItselfIsAwayNoDatastoreIsBlamed) {
  put_fleet(2);
  {
    const std::lock_guard lock(source.mutex);
    source.before_list = [&](int call) {
      source.list_error.reset();
      source.datastores_error.reset();
      if (call > 2) return;  // the whole, and then a directory
      source.list_error = Error{Errno{ETIMEDOUT}, "no answer"};
      source.datastores_error = Error{Errno{EHOSTUNREACH}, "no route"};
    };
  }
  ASSERT_TRUE(start());
  EXPECT_FALSE(model->sets().listing(vm_ref(1))->incomplete);
  EXPECT_FALSE(model->sets().listing(vm_ref(2))->incomplete);
}

TEST_F(FeedTest, StopsWhileItWaits) {
  put_fleet(1);
  ASSERT_TRUE(start());
  model->feed().stop();
  model->feed().stop();  // and twice
  SUCCEED();
}

TEST_F(FeedTest, TimesOfTheLastMomentSurviveARemount) {
  put_fleet(1);
  ASSERT_TRUE(start());
  auto set = model->sets().open(vm_ref(1), FileRole::nvram);
  ASSERT_TRUE(set);
  std::promise<bool> read;
  model->sets().read(*set, FileRole::nvram, {},
                     [&](const auto& bytes) { read.set_value(!!bytes); });
  ASSERT_TRUE(read.get_future().get());
  model->feed().stop();
  const auto state = StateDirectory::open(temp.path(), true);
  ASSERT_TRUE(state);
  auto seen = FirstSeen::open(*state, source.server().instance_uuid, clock);
  ASSERT_TRUE(seen);
  EXPECT_TRUE((*seen)->last_content(vm_ref(1), "nvram, bytes"));
}

TEST_F(FeedTest, TimesSurviveARemount) {
  put_fleet(1);
  ASSERT_TRUE(start());
  source.vms[vm_ref(1)].change_version = kVersion2;
  put_and_wait({modify(vm_ref(1), EntityProperty::change_version, kVersion2)});
  const auto before = model->sets().listing(vm_ref(1));
  model.reset();
  clock.advance(std::chrono::hours(30));
  SetUp();
  put_fleet(1);
  source.vms[vm_ref(1)].change_version = kVersion2;
  ASSERT_TRUE(start());
  const auto after = model->sets().listing(vm_ref(1));
  for (const SetFile& file : before->files) {
    EXPECT_EQ(after->find(file.role)->time, file.time) << file_name(file.role);
  }
}

}  // namespace
}  // namespace vtpmfs::cache::testing
