// A directory is one generation: what is read together belongs together.
#include <gmock/gmock.h>

#include "cache/saved/sha256.h"
#include "cache/saved/sha256sums.h"
#include "tests/unit/cache/sets_fixture.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const MoRef kVm = vm_ref(1);

class GenerationTest : public SetsFixture {
 protected:
  /// Gives the VM the key key-2, and what `more` says, when its first nvram is fetched: between the
  /// two looks at its change version.
  void rekey_at_first_fetch(std::function<void(vsphere::VmDetail&)> more = {}) {
    source.before_fetch = [this, more = std::move(more)](int number) {
      if (number != 1) return;
      vsphere::VmDetail& detail = source.vms[kVm];
      detail.change_version = kVersion2;
      detail.key_id->key_id = "key-2";
      detail.encryption_bundle = tpm_detail(2).encryption_bundle;
      if (more) more(detail);
    };
  }
};

TEST_F(GenerationTest, AllFilesHaveTheSizeThatWasListedAndTheHashThatIsSummed) {
  add(tpm_detail(1), std::string(270'840, '\x5a'));
  const auto listing = sets->listing(kVm);
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->incomplete);
  ASSERT_EQ(listing->files.size(), kFileRoles.size());
  const auto sums = parse_sha256sums(text(kVm, FileRole::sha256sums));
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->size(), 6U);
  for (const SetFile& file : listing->files) {
    const std::string bytes = text(kVm, file.role);
    EXPECT_EQ(bytes.size(), file.size) << file_name(file.role);
    if (file.role == FileRole::sha256sums) continue;
    EXPECT_EQ(sums->at(std::string(file_name(file.role))), sha256(bytes)) << file_name(file.role);
  }
  EXPECT_EQ(text(kVm, FileRole::encryption_bundle), *tpm_detail(1).encryption_bundle);
  EXPECT_EQ(text(kVm, FileRole::firmware), "efi\n");
  EXPECT_EQ(source.fetches, 1);
  EXPECT_EQ(source.version_calls, 1);
}

TEST_F(GenerationTest, HashesAreKnownWithoutAskingButForWhatWasNotFetched) {
  add(tpm_detail(1));
  EXPECT_EQ(sets->shown(vm_ref(2)).error().code, Errno{ENOENT});
  auto shown = sets->shown(kVm);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->change_version, tpm_detail(1).change_version);
  EXPECT_EQ(shown->hashes.count(FileRole::nvram), 0U);
  EXPECT_EQ(shown->hashes.count(FileRole::sha256sums), 0U);
  EXPECT_EQ(shown->hashes.at(FileRole::firmware), sha256("efi\n"));
  EXPECT_EQ(source.fetches, 0);
  const std::string sums = text(kVm, FileRole::sha256sums);
  shown = sets->shown(kVm);
  EXPECT_EQ(shown->hashes.at(FileRole::sha256sums), sha256(sums));
  EXPECT_EQ(shown->hashes.at(FileRole::nvram), sha256("nvram bytes"));
  pass_pin();  // the cache still has it
  shown = sets->shown(kVm);
  EXPECT_EQ(shown->hashes.at(FileRole::sha256sums), sha256(sums));
  EXPECT_EQ(shown->hashes.size(), kFileRoles.size());
}

TEST_F(GenerationTest, TimesComeFromChangeVersionAndDatastoreAndTheLatestIsTheDirectorys) {
  source.add(tpm_detail(1), "x");
  source.set_nvram(kVm, "x", 3600 * 24 * 30);
  show(tpm_detail(1));
  const auto listing = sets->listing(kVm);
  const WallTime changed(std::chrono::seconds(1'719'310'272) + std::chrono::microseconds(345678));
  EXPECT_EQ(listing->find(FileRole::key_id)->time, changed);
  EXPECT_EQ(listing->find(FileRole::nvram)->time,
            WallTime(std::chrono::seconds(1'719'000'000 + 3600 * 24 * 30)));
  EXPECT_EQ(listing->find(FileRole::sha256sums)->time, listing->find(FileRole::nvram)->time);
  EXPECT_EQ(listing->directory_time, listing->find(FileRole::nvram)->time);
}

TEST_F(GenerationTest, OneDownloadForAllWhoWait) {
  add(tpm_detail(1));
  source.hold_fetches = true;
  std::vector<std::future<Bytes>> answers;
  std::vector<std::thread> readers;
  std::mutex mutex;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&, i] {
      const FileRole role = kSealing[static_cast<size_t>(i) % kSealing.size()];
      const auto set = sets->open(kVm, role);
      ASSERT_TRUE(set);
      auto answer = start_read(*set, role);
      const std::lock_guard lock(mutex);
      answers.push_back(std::move(answer));
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(source.held_fetches(), 1U);
  source.release_fetches();
  for (auto& answer : answers) EXPECT_TRUE(wait_for(std::move(answer)));
  EXPECT_EQ(source.fetches, 1);
}

TEST_F(GenerationTest, DownloadsLeaveConnectionsForOthers) {
  for (int i = 1; i <= 20; ++i) add(tpm_detail(i));
  source.hold_fetches = true;
  std::vector<std::future<Bytes>> answers;
  std::vector<PinnedSetPtr> open;
  for (int i = 20; i >= 1; --i) {  // no walk
    open.push_back(*sets->open(vm_ref(i * 7 % 20 + 1), FileRole::nvram));
    answers.push_back(start_read(open.back(), FileRole::nvram));
  }
  const size_t under_way = source.held_fetches();
  EXPECT_GT(under_way, 1U);
  EXPECT_LE(under_way, 10U);  // of twelve
  source.hold_fetches = false;
  source.release_fetches();
  for (auto& answer : answers) EXPECT_TRUE(wait_for(std::move(answer)));
  EXPECT_EQ(source.fetches, 20);
}

TEST_F(GenerationTest, TheLastWhoGivesUpCancelsTheDownload) {
  add(tpm_detail(1));
  source.hold_fetches = true;
  const auto set = sets->open(kVm, FileRole::nvram);
  vsphere::Call first;
  vsphere::Call second;
  auto first_answer = start_read(*set, FileRole::nvram, first);
  auto second_answer = start_read(*set, FileRole::nvram, second);
  first.cancel.cancel();
  EXPECT_EQ(wait_for(std::move(first_answer)).error().code, Errno{EINTR});
  EXPECT_EQ(second_answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  second.cancel.cancel();
  EXPECT_EQ(wait_for(std::move(second_answer)).error().code, Errno{EINTR});
  // Nothing is held against the next one, who starts anew.
  source.hold_fetches = false;
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 2);
  // One who was interrupted before he asked gets no answer but that.
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
}

TEST_F(GenerationTest, CancelledBeforeItBegan) {
  add(tpm_detail(1));
  source.hold_fetches = true;
  const auto set = sets->open(kVm, FileRole::nvram);
  vsphere::Call call;
  call.cancel.cancel();
  EXPECT_EQ(wait_for(start_read(*set, FileRole::nvram, call)).error().code, Errno{EINTR});
}

TEST_F(GenerationTest, NothingThatSealsIsGivenOutWhereNvramCannotBeHad) {
  add(tpm_detail(1));
  source.fetch_error = Error{Errno{EACCES}, "403"};
  for (const FileRole role : kSealing) EXPECT_EQ(error_of(kVm, role), EACCES) << file_name(role);
  EXPECT_EQ(text(kVm, FileRole::firmware), "efi\n");
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("key-1"));
  ASSERT_TRUE(sets->listing(kVm)->incomplete);
  EXPECT_EQ(sets->listing(kVm)->incomplete->code, Errno{EACCES});
  EXPECT_EQ(listed(kVm, FileRole::nvram).size, std::string("nvram bytes").size());
  EXPECT_EQ(sets->incomplete().size(), 1U);
  EXPECT_EQ(source.fetches, 1);  // the others were answered from that failure
}

TEST_F(GenerationTest, AFailureIsNotAskedForAgainAtOnceAndSuccessClearsIt) {
  add(tpm_detail(1));
  source.fetch_error = Error{Errno{EIO}, "500"};
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  EXPECT_EQ(source.fetches, 1);
  clock.advance(std::chrono::milliseconds(1100));
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  EXPECT_EQ(source.fetches, 2);
  clock.advance(std::chrono::milliseconds(1100));  // the second pause is longer
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  EXPECT_EQ(source.fetches, 2);
  clock.advance(std::chrono::seconds(2));
  source.fetch_error.reset();
  take_told();
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
  EXPECT_THAT(sets->incomplete(), ::testing::IsEmpty());
  EXPECT_TRUE(eventually([&] { return take_told() == std::vector<MoRef>{kVm}; }));
}

TEST_F(GenerationTest, WhereVcenterIsAwayOnlyTheFirstVmAsks) {
  for (int i = 1; i <= 50; ++i) add(tpm_detail(i));
  source.fetch_error = Error{Errno{EHOSTUNREACH}, "connection refused"};
  source.version_error = source.fetch_error;
  for (int i = 1; i <= 50; ++i) EXPECT_EQ(error_of(vm_ref(i), FileRole::nvram), EHOSTUNREACH);
  EXPECT_EQ(source.fetches, 1);
  source.fetch_error.reset();
  source.version_error.reset();
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(text(vm_ref(7), FileRole::nvram), "nvram bytes");
}

TEST_F(GenerationTest, WhereVcenterSwallowsQuestionsOnlyTheFirstVmWaits) {
  for (int i = 1; i <= 20; ++i) add(tpm_detail(i));
  source.version_error = Error{Errno{ETIMEDOUT}, "no answer"};
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(error_of(vm_ref(i * 7 % 20 + 1), FileRole::nvram), ETIMEDOUT);
  }
  EXPECT_EQ(source.version_calls, 1);
  source.version_error.reset();
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(text(vm_ref(7), FileRole::nvram), "nvram bytes");
}

TEST_F(GenerationTest, AFileThatIsNotServedFailsItsVmAlone) {
  for (int i = 1; i <= 4; ++i) add(tpm_detail(i));
  source.file_errors.emplace(source.nvram_path_of(vm_ref(2)), Error{Errno{EHOSTUNREACH}, "503"});
  for (int round = 0; round < 3; ++round) {
    for (const FileRole role : kSealing) EXPECT_EQ(error_of(vm_ref(2), role), EHOSTUNREACH);
    for (const int other : {1, 3, 4})
      EXPECT_EQ(text(vm_ref(other), FileRole::nvram), "nvram bytes");
    pass_pin();
  }
  EXPECT_EQ(sets->incomplete().size(), 1U);
}

TEST_F(GenerationTest, AReconfigurationInBetweenIsReadAgain) {
  add(tpm_detail(1));
  rekey_at_first_fetch(
      [&](vsphere::VmDetail&) { source.files[source.nvram_path_of(kVm)] = "other bytes"; });
  EXPECT_EQ(text(kVm, FileRole::nvram), "other bytes");
  EXPECT_EQ(source.fetches, 2);
  // All of it is of the second state.
  EXPECT_THAT(text(kVm, FileRole::key_id), HasSubstr("key-2"));
  EXPECT_THAT(text(kVm, FileRole::encryption_bundle), HasSubstr("key%2d2"));
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion2));
}

TEST_F(GenerationTest, ConfigThatWasGivenOutStaysWhereOnlyItChanged) {
  add(tpm_detail(1));
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion1));
  source.before_fetch = [&](int number) {
    if (number == 1) source.vms[kVm].change_version = kVersion2;
  };
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 2);
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion1));
  const auto sums = parse_sha256sums(text(kVm, FileRole::sha256sums));
  EXPECT_EQ(sums->at("config.json"), sha256(text(kVm, FileRole::config)));
  pass_pin();
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion2));
}

TEST_F(GenerationTest, WhatCannotBelongTogetherFailsAndTheNextCopyIsWhole) {
  add(tpm_detail(1));
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("\"key-1\""));
  rekey_at_first_fetch();
  for (const FileRole role : kSealing) EXPECT_EQ(error_of(kVm, role), EIO) << file_name(role);
  EXPECT_EQ(source.fetches, 1);
  clock.advance(std::chrono::seconds(6));
  sets->sweep();
  EXPECT_THAT(text(kVm, FileRole::key_id), HasSubstr("key-2"));
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("\"key-2\""));
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
}

TEST_F(GenerationTest, NvramIsReadAnewWithEachReconfiguration) {
  add(tpm_detail(1), "AAAA");
  EXPECT_EQ(text(kVm, FileRole::nvram), "AAAA");
  pass_pin();
  auto& detail = source.vms[kVm];  // recrypted within the second that the datastore tells
  detail.change_version = kVersion2;
  detail.encryption_bundle = tpm_detail(1).encryption_bundle->substr(0, 60) + "ZZ,AAAA))";
  source.files[source.nvram_path_of(kVm)] = "BBBB";
  reread(kVm);
  EXPECT_EQ(text(kVm, FileRole::nvram), "BBBB");
  EXPECT_EQ(source.fetches, 2);
  EXPECT_EQ(source.version_calls, 2);
  pass_pin();
  EXPECT_EQ(text(kVm, FileRole::nvram), "BBBB");
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(GenerationTest, WhatIsOpenIsWhatIsShown) {
  add(tpm_detail(1));
  const auto is_shown = [&](const PinnedSetPtr& set, FileRole role) {
    const SetFile shown = listed(kVm, role);
    const SetFile own = sets->file_of(set, role);
    return shown.size == own.size && shown.time == own.time;
  };
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("\"key-1\""));
  rekey_at_first_fetch(
      [](vsphere::VmDetail& detail) { detail.config.annotation = "longer than before"; });
  const auto old = sets->open(kVm, FileRole::config);
  ASSERT_TRUE(old);
  EXPECT_TRUE(is_shown(*old, FileRole::config));
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);  // spoiled: the newest is shown from here on
  EXPECT_FALSE(is_shown(*old, FileRole::config));
  const auto now = sets->open(kVm, FileRole::config);
  ASSERT_TRUE(now);
  EXPECT_TRUE(is_shown(*now, FileRole::config));
  const Bytes bytes = wait_for(start_read(*now, FileRole::config));
  ASSERT_TRUE(bytes);
  EXPECT_THAT(**bytes, HasSubstr("\"key-2\""));
  EXPECT_EQ((*bytes)->size(), listed(kVm, FileRole::config).size);
  for (const FileRole role : kSealing) EXPECT_EQ(error_of(kVm, role), EIO) << file_name(role);
}

TEST_F(GenerationTest, GoingOverToANewerVersionIsTold) {
  add(tpm_detail(1));
  std::mutex mutex;
  std::vector<std::pair<MoRef, WallTime>> told;
  sets->on_change([&](const std::vector<MoRef>& vms) {
    const std::lock_guard lock(mutex);
    for (const MoRef& vm : vms) told.emplace_back(vm, listed(vm, FileRole::key_id).time);
  });
  const WallTime before = listed(kVm, FileRole::key_id).time;
  rekey_at_first_fetch();  // all sizes as before
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_GT(listed(kVm, FileRole::key_id).time, before);
  const std::lock_guard lock(mutex);
  ASSERT_FALSE(told.empty());
  EXPECT_GT(told.back().second, before);
}

TEST_F(GenerationTest, AnUntouchedGenerationThatMakesWayIsTold) {
  add(tpm_detail(1));
  std::vector<MoRef> told;
  sets->on_change([&](const std::vector<MoRef>& vms) { told = vms; });
  auto held = sets->open(kVm, FileRole::config);  // pins, and reads nothing
  ASSERT_TRUE(held);
  source.vms[kVm].change_version = kVersion2;
  source.vms[kVm].config.annotation = "longer than before";
  EXPECT_FALSE(reread(kVm));
  held = fail(EIO, "closed");
  const auto opened = sets->open(kVm, FileRole::config);
  ASSERT_TRUE(opened);
  EXPECT_EQ(sets->file_of(*opened, FileRole::config).size, listed(kVm, FileRole::config).size);
  EXPECT_THAT(told, ElementsAre(kVm));
}

TEST_F(GenerationTest, AVmThatChangesAllTheTimeFailsAfterThreeTries) {
  add(tpm_detail(1));
  source.before_fetch = [&](int number) {
    source.vms[kVm].change_version =
        "2024-06-25T12:00:0" + std::to_string(number % 10) + ".000001Z";
  };
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  EXPECT_EQ(source.fetches, 3);
}

TEST_F(GenerationTest, AnotherSizeThanListedIsAnErrorAndThenANewListing) {
  add(tpm_detail(1));
  {
    const std::lock_guard lock(source.mutex);
    source.set_nvram(kVm, "a longer nvram than was listed", 60);
  }
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  EXPECT_EQ(listed(kVm, FileRole::nvram).size, 30U);  // what is shown is true again
  clock.advance(std::chrono::seconds(6));
  sets->sweep();
  EXPECT_EQ(text(kVm, FileRole::nvram), "a longer nvram than was listed");
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
}

TEST_F(GenerationTest, AMigrationToAnotherDirectoryIsFollowed) {
  add(tpm_detail(1));
  source.before_fetch = [&](int number) {
    if (number != 1) return;
    const std::string old_path = source.nvram_path_of(kVm);
    source.vms[kVm].vm_path_name = "[ds1] vmX/vm1.vmx";  // config.json keeps its size
    source.vms[kVm].change_version = kVersion2;
    source.files["vmX/vm1.nvram"] = source.files[old_path];
    source.listed["vmX/vm1.nvram"] = source.listed[old_path];
    source.files.erase(old_path);
    source.listed.erase(old_path);
  };
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(GenerationTest, AVmThatVanishesWhileItIsRead) {
  add(tpm_detail(1));
  source.before_fetch = [&](int) { source.vms.erase(kVm); };
  EXPECT_EQ(error_of(kVm, FileRole::nvram), ENOENT);
}

TEST_F(GenerationTest, ARunningVmIsReadTwiceAndSaysSo) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.power = vsphere::PowerState::on;
  add(detail);
  const int lists = source.bulk_lists + source.directory_lists;
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 2);
  EXPECT_EQ(source.bulk_lists + source.directory_lists, lists + 1);
  EXPECT_THAT(sets->crash_consistent(), ElementsAre(kVm));
}

TEST_F(GenerationTest, SwitchedOnAfterItsDetailsWereRead) {
  add(tpm_detail(1));
  inventory.apply(update_of({modify(kVm, EntityProperty::power_state, std::string("poweredOn"))}));
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(GenerationTest, ATornReadOfARunningVmIsReadAgain) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.power = vsphere::PowerState::on;
  add(detail, "AAAA");
  source.before_fetch = [&](int number) {
    if (number == 2) source.files[source.nvram_path_of(kVm)] = "BBBB";
  };
  EXPECT_EQ(text(kVm, FileRole::nvram), "BBBB");
  EXPECT_EQ(source.fetches, 3);
}

TEST_F(GenerationTest, TheDatastoresTimeMustStandStillWhileARunningVmIsRead) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.power = vsphere::PowerState::on;
  add(detail, "AAAA");
  source.before_list = [&](int number) {
    (void)number;
    if (source.fetches == 2) source.set_nvram(kVm, "AAAA", 100);
  };
  EXPECT_EQ(text(kVm, FileRole::nvram), "AAAA");
  EXPECT_EQ(source.fetches, 3);
}

TEST_F(GenerationTest, AGuestThatWritesAllTheTimeFailsAfterThreeTries) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.power = vsphere::PowerState::on;
  add(detail, "AAAA");
  source.before_fetch = [&](int number) {
    source.files[source.nvram_path_of(kVm)] = std::string(4, static_cast<char>('A' + number));
  };
  EXPECT_EQ(error_of(kVm, FileRole::nvram), EIO);
  EXPECT_EQ(source.fetches, 4);  // a pair, and two more tries
}

TEST_F(GenerationTest, ANewerOneWaitsForThePin) {
  add(tpm_detail(1));
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  take_told();
  source.vms[kVm].change_version = kVersion2;
  source.vms[kVm].config.annotation = "new";
  const auto before = listed(kVm, FileRole::config);
  EXPECT_FALSE(reread(kVm));
  clock.advance(std::chrono::seconds(40));
  sets->sweep();
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion1));  // which prolongs it
  EXPECT_EQ(listed(kVm, FileRole::config).time, before.time);
  clock.advance(std::chrono::seconds(40));
  sets->sweep();
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion1));
  EXPECT_THAT(take_told(), ::testing::IsEmpty());
  pass_pin();
  EXPECT_TRUE(eventually([&] { return take_told() == std::vector<MoRef>{kVm}; }));
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("new"));
  EXPECT_GT(listed(kVm, FileRole::config).time, before.time + std::chrono::milliseconds(1));
}

TEST_F(GenerationTest, TextsTakeNoMoreMemoryThanTheyHave) {
  add(tpm_detail(1));
  const VersionPtr version = sets->latest(vm_ref(1));
  ASSERT_TRUE(version);
  for (const FileRole role : {FileRole::config, FileRole::vtpm}) {
    const auto& text = version->text(role);
    ASSERT_TRUE(text) << file_name(role);
    EXPECT_LE(text->capacity(), text->size() + 16) << file_name(role);
  }
}

TEST_F(GenerationTest, AnOpenFileHoldsThePin) {
  add(tpm_detail(1));
  const auto set = sets->open(kVm, FileRole::config);
  source.vms[kVm].change_version = kVersion2;
  reread(kVm);
  pass_pin();
  pass_pin();
  EXPECT_THAT(**wait_for(start_read(*set, FileRole::config)), HasSubstr(kVersion1));
}

TEST_F(GenerationTest, WhatNobodyReadYetMakesWayAtOnce) {
  add(tpm_detail(1));
  { const auto set = sets->open(kVm, FileRole::config); }
  source.vms[kVm].change_version = kVersion2;
  EXPECT_TRUE(reread(kVm));
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr(kVersion2));
}

TEST_F(GenerationTest, AnUnchangedNvramIsNotDownloadedAgain) {
  add(tpm_detail(1));
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  pass_pin();
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(source.fetches, 1);
  pass_pin();
  source.set_nvram(kVm, "nvram byteZ", 10);
  reread(kVm);
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram byteZ");
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(GenerationTest, TheCacheIsBoundedAndPinnedOnesStay) {
  sets.reset();
  settings.cache_bytes = 2500;
  make_sets();
  for (int i = 1; i <= 4; ++i) add(tpm_detail(i), std::string(1000, static_cast<char>('a' + i)));
  for (int i = 1; i <= 4; ++i) text(vm_ref(i), FileRole::nvram);
  EXPECT_EQ(sets->cached_bytes(), 4000U);  // all are pinned
  for (int i = 1; i <= 4; ++i) text(vm_ref(i), FileRole::sha256sums);
  EXPECT_EQ(source.fetches, 4);
  pass_pin();
  EXPECT_LE(sets->cached_bytes(), 2500U);
  text(vm_ref(4), FileRole::nvram);
  EXPECT_EQ(source.fetches, 4);  // the youngest is still there
  text(vm_ref(1), FileRole::nvram);
  EXPECT_EQ(source.fetches, 5);
}

TEST_F(GenerationTest, KeepsPagesOnlyOfWhatTheKernelGotBefore) {
  add(tpm_detail(1));
  const auto same = [&](FileRole role) {
    const auto set = sets->open(kVm, role);
    EXPECT_TRUE(set);
    const bool answer = sets->same_content_as_before(*set, role);
    wait_for(start_read(*set, role));
    return answer;
  };
  for (const FileRole role : kFileRoles) EXPECT_FALSE(same(role)) << file_name(role);
  for (const FileRole role : kFileRoles) EXPECT_TRUE(same(role)) << file_name(role);
  pass_pin();
  source.set_nvram(kVm, "other bytes", 10);
  reread(kVm);
  EXPECT_TRUE(same(FileRole::firmware));
  EXPECT_FALSE(same(FileRole::nvram));
  EXPECT_FALSE(same(FileRole::sha256sums));
  EXPECT_TRUE(same(FileRole::nvram));
}

TEST_F(GenerationTest, BytesThatChangedUnderTheSameTimeGetALaterTime) {
  sets.reset();
  settings.cache_bytes = 0;
  make_sets();
  add(tpm_detail(1), "AAAA");
  EXPECT_EQ(text(kVm, FileRole::nvram), "AAAA");
  const auto before = listed(kVm, FileRole::nvram);
  const auto sums_before = listed(kVm, FileRole::sha256sums);
  pass_pin();
  EXPECT_TRUE(eventually([&] {  // the fetch that has just ended lets go of them
    sets->sweep();
    return sets->cached_bytes() == 0;
  }));
  source.files[source.nvram_path_of(kVm)] = "BBBB";  // same size, same second
  EXPECT_EQ(text(kVm, FileRole::nvram), "BBBB");
  pass_pin();
  EXPECT_GE(listed(kVm, FileRole::nvram).time, before.time + std::chrono::seconds(1));
  EXPECT_GE(listed(kVm, FileRole::sha256sums).time, sums_before.time + std::chrono::seconds(1));
}

TEST_F(GenerationTest, ARemovedVmIsGoneButForWhoHasItOpen) {
  add(tpm_detail(1));
  const auto set = sets->open(kVm, FileRole::key_id);
  sets->remove(kVm);
  EXPECT_EQ(sets->listing(kVm).error().code, Errno{ENOENT});
  EXPECT_EQ(sets->open(kVm, FileRole::key_id).error().code, Errno{ENOENT});
  EXPECT_TRUE(wait_for(start_read(*set, FileRole::key_id)));
}

TEST_F(GenerationTest, ADownloadThatDoesNotEndIsGivenUp) {
  add(tpm_detail(1));
  source.hold_fetches = true;
  const auto set = sets->open(kVm, FileRole::nvram);
  vsphere::Call call;
  call.timeout = std::chrono::seconds(10);
  auto answer = start_read(*set, FileRole::nvram, call);
  clock.advance(std::chrono::seconds(5));
  sets->sweep();
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  clock.advance(std::chrono::seconds(7));
  sets->sweep();
  EXPECT_EQ(wait_for(std::move(answer)).error().code, Errno{ETIMEDOUT});
}

TEST_F(GenerationTest, TheEndOfTheMountAnswersAllWhoWait) {
  std::vector<std::future<Bytes>> answers;
  std::vector<PinnedSetPtr> open_files;
  source.hold_fetches = true;
  for (int i = 1; i <= 10; ++i) {
    add(tpm_detail(i));
    open_files.push_back(*sets->open(vm_ref(i), FileRole::nvram));
    answers.push_back(start_read(open_files.back(), FileRole::nvram));
  }
  sets.reset();
  for (auto& answer : answers) EXPECT_FALSE(wait_for(std::move(answer)));
  open_files.clear();  // handles may outlive it
}

TEST_F(GenerationTest, ManyReadersCancellersAndChangesAtOnce) {
  for (int i = 1; i <= 8; ++i) add(tpm_detail(i));
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 60; ++round) {
        const MoRef vm = vm_ref(1 + (round + t) % 8);
        const FileRole role = kFileRoles[static_cast<size_t>(round) % kFileRoles.size()];
        const auto set = sets->open(vm, role);
        if (!set) continue;
        vsphere::Call call;
        auto answer = start_read(*set, role, call);
        if (round % 3 == 0) call.cancel.cancel();
        wait_for(std::move(answer));
        ++answered;
      }
    });
  }
  threads.emplace_back([&] {
    int round = 0;
    while (!stop) {
      ++round;
      {
        const std::lock_guard lock(source.mutex);
        source.set_nvram(vm_ref(1 + round % 8), "nvram byte" + std::to_string(round % 10), round);
        source.vms[vm_ref(1 + round % 8)].config.annotation = std::to_string(round % 10);
      }
      reread(vm_ref(1 + round % 8));
      clock.advance(std::chrono::seconds(7));
      sets->sweep();
    }
  });
  for (int t = 0; t < 3; ++t) threads[static_cast<size_t>(t)].join();
  stop = true;
  threads.back().join();
  EXPECT_GT(answered, 0);
}

}  // namespace
}  // namespace vtpmfs::cache::testing
