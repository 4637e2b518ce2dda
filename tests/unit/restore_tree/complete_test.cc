// When a set is complete, who is told what, and how it is started otherwise.
#include <thread>

#include "tests/patience.h"
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

using testing::HasSubstr;
using Errors = std::map<std::string, int>;

class RestoreComplete : public RestoreTreeTest {
 protected:
  Files damaged(const std::string& name) {
    Files files = pay01();
    files[name].back() ^= 1;
    return files;
  }
  const std::string to_ = "Finance/pay01";
};

TEST_F(RestoreComplete, NothingIsToldAtReleaseCreateOrSetattr) {
  ASSERT_EQ(mkdir(to_), 0);
  std::vector<OpenFilePtr> files;
  for (const auto& [name, bytes] : pay01()) {
    files.push_back(*create(to_ + "/" + name));
    EXPECT_EQ(write(files.back(), 0, bytes), 0);
    EXPECT_EQ(chmod(to_ + "/" + name, 0400), 0);
  }
  EXPECT_EQ(utimens(to_), 0);
  files.clear();  // released without a flush
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, AFlushOfAReaderIsNoArrival) {
  restorer_.fail_with = Error{Errno{EIO}, "no"};
  EXPECT_EQ(copy(pay01(), to_), (Errors{{"vtpm.json", EIO}}));
  const auto reader = open_file(to_ + "/keyId", O_RDONLY);
  EXPECT_EQ(flush(*reader), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreComplete, ContentDecidesWhoeverHasAFileOpen) {
  ASSERT_EQ(mkdir(to_), 0);
  const Files set = pay01();
  const auto nvram = create(to_ + "/nvram");
  EXPECT_EQ(write(*nvram, 0, set.at("nvram")), 0);  // all bytes, never closed
  EXPECT_TRUE(copy(without(set, "nvram"), to_).empty());
  expect_one_vm("pay01", {"Finance"}, set);
  EXPECT_EQ(write(*nvram, 0, "late"), EPERM);
  EXPECT_EQ(read(to_ + "/nvram"), set.at("nvram"));
  EXPECT_EQ(flush(*nvram), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreComplete, EbadmsgGoesToTheLastPieceWhereAnEarlierFileDiffers) {
  for (const char* name : {"keyId", "nvram", "config.json", "firmware"})
    EXPECT_EQ(copy(damaged(name), std::string("Finance/bad-") + name),
              (Errors{{"vtpm.json", EBADMSG}}))
        << name;
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, EbadmsgGoesToTheFlushOfAWrongFileItself) {
  EXPECT_EQ(copy(damaged("vtpm.json"), to_), (Errors{{"vtpm.json", EBADMSG}}));
  // Written again, wrong again, by a handle that writes it whole: told; then right: a VM.
  auto file = open_file(to_ + "/vtpm.json", O_WRONLY | O_TRUNC);
  EXPECT_EQ(write(*file, 0, "wrong"), 0);
  EXPECT_EQ(flush(*file), EBADMSG);
  file = open_file(to_ + "/vtpm.json", O_WRONLY | O_TRUNC);
  EXPECT_EQ(write(*file, 0, pay01().at("vtpm.json")), 0);
  EXPECT_EQ(flush(*file), 0);
  expect_one_vm("pay01", {"Finance"}, pay01());
}

TEST_F(RestoreComplete, ADamagedSparseFileThatCameLastIsToldByRestoreStatus) {
  const Files set = pay01();
  const std::string& nvram = set.at("nvram");
  EXPECT_TRUE(copy(without(set, "nvram"), to_).empty());
  {
    // As cp copies holes: a hole in the middle, where the bytes were lost.
    const auto file = create(to_ + "/nvram");
    EXPECT_EQ(write(*file, 0, nvram.substr(0, 2)), 0);
    EXPECT_EQ(write(*file, 6, nvram.substr(6)), 0);
    EXPECT_EQ(flush(*file), 0);  // restic closes such files, too, and comes back
    EXPECT_THAT(status(to_), HasSubstr("\"state\": \"waiting\""));
  }
  EXPECT_THAT(status(to_), testing::AllOf(HasSubstr("\"state\": \"failed\""),
                                          HasSubstr("\"errno\": \"EBADMSG\""),
                                          HasSubstr("nvram differs"), HasSubstr("copy the set")));
  EXPECT_TRUE(restorer_.requests.empty());
  open();
  EXPECT_THAT(status(to_), HasSubstr("\"state\": \"failed\""));
  {
    const auto file = open_file(to_ + "/nvram", O_WRONLY);
    EXPECT_EQ(write(*file, 2, nvram.substr(2, 4)), 0);
    EXPECT_EQ(flush(*file), 0);
  }
  expect_one_vm("pay01", {"Finance"}, set);
  EXPECT_THAT(status(to_), HasSubstr("\"state\": \"done\""));
}

TEST_F(RestoreComplete, EbadmsgGoesToTheRenameThatBroughtTheLastPiece) {
  EXPECT_TRUE(copy(without(damaged("keyId"), "nvram"), to_).empty());
  EXPECT_EQ(put(to_ + "/.nvram.Xy", pay01().at("nvram")), 0);
  EXPECT_EQ(rename(to_ + "/.nvram.Xy", to_ + "/nvram"), EBADMSG);
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, ARenameSaysThatAFileIsFinishedHoweverItWasWritten) {
  ASSERT_EQ(mkdir(to_), 0);
  const auto temporary = create(to_ + "/.nvram.part");
  EXPECT_EQ(write(*temporary, 10, "a part of it"), 0);
  EXPECT_EQ(flush(*temporary), 0);
  EXPECT_EQ(rename(to_ + "/.nvram.part", to_ + "/nvram"), 0);
  EXPECT_EQ(copy(without(pay01(), "nvram"), to_), (Errors{{"vtpm.json", EBADMSG}}));
}

TEST_F(RestoreComplete, AnEmptyFileThatCpMadeIsTold) {
  Files files = pay01();
  files["nvram"] = "";
  EXPECT_EQ(copy(files, to_,
                 {"SHA256SUMS", "config.json", "encryption.bundle", "firmware", "keyId",
                  "vtpm.json", "nvram"}),
            (Errors{{"nvram", EBADMSG}}));
  EXPECT_EQ(copy(files, "Finance/other"), (Errors{{"vtpm.json", EBADMSG}}));
}

TEST_F(RestoreComplete, AnEmptyFileThatIsListedAsSuchCompletesTheSet) {
  Files files = pay01();
  files["firmware"] = "";
  files = with_manifest(files);
  EXPECT_TRUE(copy(files, to_,
                   {"SHA256SUMS", "config.json", "encryption.bundle", "keyId", "vtpm.json", "nvram",
                    "firmware"})
                  .empty());
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreComplete, WhileASetIsRefusedSetattrOfItsDirectoryIsToo) {
  copy(damaged("nvram"), to_);
  EXPECT_EQ(utimens(to_), EBADMSG);
  EXPECT_EQ(chmod(to_, 0755), EBADMSG);
  EXPECT_EQ(utimens(to_ + "/nvram"), 0);
  EXPECT_THAT(status(to_), testing::AllOf(HasSubstr("EBADMSG"), HasSubstr("nvram"),
                                          HasSubstr("\"state\": \"failed\"")));
  const auto file = open_file(to_ + "/nvram", O_WRONLY | O_TRUNC);
  EXPECT_EQ(write(*file, 0, pay01().at("nvram")), 0);
  EXPECT_EQ(flush(*file), 0);
  EXPECT_EQ(utimens(to_), 0);
}

TEST_F(RestoreComplete, ASetThatWasNeverWholeIsEinval) {
  for (const char* name : {"keyId", "nvram", "firmware", "vtpm.json", "encryption.bundle"}) {
    const Files files = with_manifest(without(pay01(), name));
    const std::string to = std::string("Finance/no-") + name;
    const std::string last = std::string(name) == "vtpm.json" ? "nvram" : "vtpm.json";
    EXPECT_EQ(copy(files, to), (Errors{{last, EINVAL}})) << name;
    EXPECT_EQ(utimens(to), EINVAL);
  }
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, WithoutNvramOnlyWhereTheListedConfigSaysSo) {
  auto from = origin("pay01", "Finance");
  from.no_nvram = true;
  const Files whole = without(set_of(from), "nvram");
  // The manifest does not vouch for config.json: it may say what it likes.
  Files unlisted = with_manifest(without(whole, "config.json"));
  unlisted["config.json"] = whole.at("config.json");
  EXPECT_EQ(copy(unlisted, "Legal/unlisted"), (Errors{{"vtpm.json", EINVAL}}));
  const Files listed = with_manifest(whole);
  EXPECT_TRUE(copy(listed, to_).empty());
  expect_one_vm("pay01", {"Finance"}, listed);
}

TEST_F(RestoreComplete, WhatTheManifestDoesNotListTakesNoPart) {
  const Files listed = with_manifest(without(pay01(), "config.json"));
  Files files = listed;
  files["config.json"] = "{ half of it";
  files["notes.txt"] = "by hand";
  EXPECT_TRUE(copy(files, to_).empty());
  expect_one_vm("pay01", {"Finance"}, listed);
}

TEST_F(RestoreComplete, AManifestThatDoesNotParseIsToldOnceAllIsThere) {
  Files files = pay01();
  files["SHA256SUMS"] = "not a manifest\n";
  EXPECT_EQ(copy(files, to_), (Errors{{"vtpm.json", EINVAL}}));  // it came first
  EXPECT_EQ(utimens(to_), EINVAL);
  EXPECT_EQ(copy(files, "Finance/last",
                 {"config.json", "encryption.bundle", "firmware", "keyId", "nvram", "vtpm.json",
                  "SHA256SUMS"}),
            (Errors{{"SHA256SUMS", EINVAL}}));
  EXPECT_EQ(put("Finance/last/.S", pay01().at("SHA256SUMS")), 0);
  EXPECT_EQ(rename("Finance/last/.S", "Finance/last/SHA256SUMS"), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreComplete, ASha256sumsOfAFolderIsAnyFile) {
  EXPECT_EQ(put("SHA256SUMS", std::string(100'000, 'x')), 0);
  EXPECT_EQ(put("Finance/SHA256SUMS", "what is this"), 0);
  EXPECT_TRUE(copy(pay01(), to_).empty());
  expect_one_vm("pay01", {"Finance"}, pay01());
}

TEST_F(RestoreComplete, FilesOverALimitAreEfbig) {
  Files files = pay01();
  files["nvram"] = std::string(nvram_max_ + 1, 'n');
  EXPECT_EQ(copy(with_manifest(files), to_), (Errors{{"vtpm.json", EFBIG}}));
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, WithoutAManifestASetWaitsAndSaysSo) {
  EXPECT_TRUE(copy(without(pay01(), "SHA256SUMS"), to_).empty());
  EXPECT_TRUE(restorer_.requests.empty());
  EXPECT_THAT(status(to_),
              testing::AllOf(HasSubstr("\"state\": \"waiting\""), HasSubstr("SHA256SUMS")));
  EXPECT_EQ(utimens(to_), 0);
}

TEST_F(RestoreComplete, FsyncOfTheDirectoryOrTheAttributeStartsItUnverifiedAndWaits) {
  restorer_.stall = true;
  copy(without(pay01(), "SHA256SUMS"), to_);
  const auto waiting = fsync_later(to_);
  EXPECT_FALSE(waiting.given());
  ASSERT_EQ(restorer_.requests.size(), 1U);
  EXPECT_FALSE(restorer_.requests.front().manifest_verified);
  restorer_.end_all(fail(ENOKEY, "no such key"));
  EXPECT_EQ(waiting.code(), ENOKEY);
  restorer_.stall = false;
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "2"), EINVAL);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "1"), 0);
  EXPECT_EQ(restorer_.requests.size(), 2U);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "1"), 0);  // done: nothing more
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 2U);
}

TEST_F(RestoreComplete, WhereNothingCanBeStartedFsyncIsQuietAndTheAttributeIsNot) {
  copy({{"keyId", "x"}, {"SHA256SUMS", pay01().at("SHA256SUMS")}}, to_);
  copy(pay01(), ".hidden");
  for (const std::string& directory : std::vector<std::string>{to_, ".hidden", "Legal", ""}) {
    EXPECT_EQ(fsync(directory), 0) << directory;
    EXPECT_EQ(setxattr(directory, "user.vtpmfs.commit", "1"), EINVAL) << directory;
  }
  EXPECT_TRUE(restorer_.requests.empty());
  copy(damaged("nvram"), "Finance/bad");
  EXPECT_EQ(fsync("Finance/bad"), EBADMSG);
}

TEST_F(RestoreComplete, WithoutAManifestHalfASetIsNotStarted) {
  settle_ = std::chrono::seconds(30);
  open();
  ASSERT_EQ(mkdir(to_), 0);
  const std::vector<std::string> names = {"keyId", "encryption.bundle", "vtpm.json", "nvram",
                                          "firmware"};
  for (const std::string& name : names) {
    EXPECT_TRUE(restorer_.requests.empty()) << name;
    EXPECT_EQ(put(to_ + "/" + name, pay01().at(name)), 0);
    if (name == names.back()) break;
    // As programs do that sync the directory after each file.
    EXPECT_EQ(fsync(to_), 0) << name;
    EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "1"), EINVAL) << name;
    clock_.advance(std::chrono::seconds(31));
    sets_->sweep([](cache::StagedId) { return false; });
    EXPECT_EQ(utimens(to_), 0) << name;
    EXPECT_THAT(status(to_), HasSubstr("firmware")) << name;
  }
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreComplete, AVcenterThatFallsSilentLetsTheWaitersGoAndTheRestoreGoesOn) {
  restorer_.stall = true;
  Files set = pay01();
  const std::string last = set.rbegin()->first;
  copy(without(set, last), to_);
  const auto file = create(to_ + "/" + last);
  ASSERT_TRUE(file);
  ASSERT_EQ(write(*file, 0, set.at(last)), 0);
  const auto closing = flush_later(*file);
  ASSERT_EQ(restorer_.running.size(), 1U);
  EXPECT_FALSE(closing.given());
  RestoreStatus silent;
  silent.state = RestoreStatus::State::creating;
  silent.step = "the vCenter does not answer";
  silent.unanswered = true;
  restorer_.running.front().changed(silent);
  EXPECT_EQ(closing.code(), ETIMEDOUT);
  EXPECT_EQ(utimens(to_), 0) << "it was not refused";
  EXPECT_THAT(status(to_), HasSubstr("does not answer"));
  // Who comes later waits for the same restore.
  const auto joined = fsync_later(to_);
  EXPECT_FALSE(joined.given());
  EXPECT_EQ(restorer_.requests.size(), 1U);
  restorer_.end_all({});
  EXPECT_EQ(joined.code(), 0);
}

TEST_F(RestoreComplete, SettlingStartsWhatHasBeenQuietForSoLong) {
  settle_ = std::chrono::seconds(30);
  open();
  const auto sweep = [this] {
    sets_->sweep([this](cache::StagedId directory) { return tree_->busy(directory); });
  };
  copy(without(pay01(), "SHA256SUMS"), to_);
  auto writer = open_file(to_ + "/nvram", O_WRONLY);
  clock_.advance(std::chrono::seconds(100));
  sweep();
  EXPECT_TRUE(restorer_.requests.empty()) << "a handle is open for writing";
  writer->reset();
  clock_.advance(std::chrono::seconds(29));
  sweep();
  EXPECT_TRUE(restorer_.requests.empty()) << "it was closed only 29 s ago";
  clock_.advance(std::chrono::seconds(1));
  restorer_.fail_with = Error{Errno{ENOSPC}, "full"};
  sweep();
  ASSERT_EQ(restorer_.requests.size(), 1U);
  EXPECT_FALSE(restorer_.requests.front().manifest_verified);
  clock_.advance(std::chrono::seconds(100));
  sweep();
  EXPECT_EQ(restorer_.requests.size(), 1U) << "what failed is tried again after a change only";
  EXPECT_EQ(utimens(to_), ENOSPC);
}

TEST_F(RestoreComplete, SettlingIsOffUnlessAskedForAndNeverAfterARemount) {
  copy(without(pay01(), "SHA256SUMS"), to_);
  clock_.advance(std::chrono::hours(10));
  sets_->sweep([](cache::StagedId) { return false; });
  settle_ = std::chrono::seconds(1);
  open();
  clock_.advance(std::chrono::hours(10));
  sets_->sweep([](cache::StagedId) { return false; });
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, StagingSurvivesARemountStartsNothingAndCanBeCompleted) {
  copy(without(pay01(), "nvram"), to_);
  open();
  EXPECT_EQ(names(to_).size(), 7U);  // six files and restore.status
  EXPECT_TRUE(restorer_.requests.empty());
  EXPECT_EQ(put(to_ + "/nvram", pay01().at("nvram")), 0);
  expect_one_vm("pay01", {"Finance"}, pay01());
}

TEST_F(RestoreComplete, ACompleteSetDoesNotStartAtARemount) {
  restorer_.fail_with = Error{Errno{EIO}, "no"};
  copy(pay01(), to_);
  restorer_.fail_with.reset();
  open();
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_THAT(status(to_), HasSubstr("complete, and not started"));
  EXPECT_EQ(restorer_.requests.size(), 1U);
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 2U);
  EXPECT_TRUE(restorer_.requests.back().manifest_verified);
}

TEST_F(RestoreComplete, WhatHasBecomeAVmIsForgottenWhenTheMountEnds) {
  copy(pay01(), to_);
  ASSERT_EQ(restorer_.requests.size(), 1U);
  EXPECT_EQ(chmod(to_, 0750), 0);
  EXPECT_TRUE(find(to_ + "/nvram"));
  open();
  EXPECT_FALSE(find(to_));
  // The name is free, and nothing of the old set makes a second VM.
  EXPECT_TRUE(copy(pay01(), to_).empty());
  EXPECT_EQ(restorer_.requests.size(), 2U);
}

TEST_F(RestoreComplete, WhatFailedStaysAfterTheMount) {
  restorer_.fail_with = Error{Errno{ENOSPC}, "full"};
  copy(pay01(), to_);
  open();
  EXPECT_TRUE(find(to_ + "/nvram"));
}

TEST_F(RestoreComplete, AfterAFailureAWriteTriesAgain) {
  restorer_.fail_with = Error{Errno{ENOSPC}, "the datastore is full"};
  EXPECT_EQ(copy(pay01(), to_), (Errors{{"vtpm.json", ENOSPC}}));
  EXPECT_EQ(utimens(to_), ENOSPC);
  EXPECT_THAT(status(to_), HasSubstr("\"reason\": \"the datastore is full\""));
  restorer_.fail_with.reset();
  const auto file = open_file(to_ + "/keyId", O_WRONLY);
  EXPECT_EQ(write(*file, 0, pay01().at("keyId")), 0);
  EXPECT_EQ(flush(*file), 0);
  EXPECT_EQ(restorer_.requests.size(), 2U);
  EXPECT_EQ(utimens(to_), 0);
}

TEST_F(RestoreComplete, ASecondFlushJoinsTheRestoreThatRuns) {
  restorer_.stall = true;
  ASSERT_EQ(mkdir(to_), 0);
  const Files set = pay01();
  const auto first = create(to_ + "/keyId");
  const auto second = create(to_ + "/nvram");
  EXPECT_EQ(write(*first, 0, set.at("keyId")), 0);
  EXPECT_EQ(write(*second, 0, set.at("nvram")), 0);
  EXPECT_TRUE(copy(without(without(without(set, "keyId"), "nvram"), "SHA256SUMS"), to_).empty());
  const auto manifest = create(to_ + "/SHA256SUMS");
  EXPECT_EQ(write(*manifest, 0, set.at("SHA256SUMS")), 0);
  const auto completing = flush_later(*manifest);
  const auto joining = flush_later(*first);
  const auto syncing = fsync_later(to_);
  EXPECT_FALSE(completing.given());
  EXPECT_FALSE(joining.given());
  EXPECT_FALSE(syncing.given());
  restorer_.end_all(fail(EHOSTUNREACH, "away"));
  EXPECT_EQ(completing.code(), EHOSTUNREACH);
  EXPECT_EQ(joining.code(), EHOSTUNREACH);
  EXPECT_EQ(syncing.code(), EHOSTUNREACH);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreComplete, ARestoreBeginsOnlyAfterChangesThatWereLetThrough) {
  copy(without(pay01(), "SHA256SUMS"), to_);
  const cache::StagedId directory =
      *store_->lookup(*store_->lookup(*store_->root(kDatacenter.value), "Finance"), "pay01");
  auto change = std::make_optional(sets_->change(directory));
  ASSERT_TRUE(*change);
  const auto manifest = create(to_ + "/SHA256SUMS");
  EXPECT_EQ(write(*manifest, 0, pay01().at("SHA256SUMS")), 0);
  Reply<void> completing;
  std::thread other([&] { (*manifest)->flush(caller_, completing.take()); });
  const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(20));
  while (sets_->may_write(directory) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_FALSE(sets_->may_write(directory)) << "nothing more is let through";
  EXPECT_TRUE(store_->write(*store_->lookup(directory, "nvram"), 0, "x"));
  change.reset();
  other.join();
  EXPECT_EQ(completing.code(), EBADMSG);
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreComplete, ManyThreadsThatCompleteASetMakeOneVm) {
  for (int round = 0; round < 20; ++round) {
    const std::string to = "Legal/vm" + std::to_string(round);
    ASSERT_EQ(mkdir(to), 0);
    const Files set = pay01();
    std::vector<OpenFilePtr> files;
    for (const auto& [name, bytes] : set) {
      files.push_back(*create(to + "/" + name));
      ASSERT_EQ(write(files.back(), 0, bytes), 0);
    }
    std::vector<std::thread> threads;
    std::vector<Reply<void>> replies(files.size());
    for (size_t i = 0; i < files.size(); ++i)
      threads.emplace_back([&, i] { files[i]->flush(caller_, replies[i].take()); });
    for (auto& thread : threads) thread.join();
    for (auto& reply : replies) EXPECT_EQ(reply.code(), 0);
    ASSERT_EQ(restorer_.requests.size(), static_cast<size_t>(round) + 1);
  }
}

TEST_F(RestoreComplete, WhatIsWrittenWhileASetIsCompletedIsInTheVmOrRefused) {
  for (int round = 0; round < 50; ++round) {
    const std::string to = "Legal/vm" + std::to_string(round);
    const Files set = pay01();
    copy(without(set, "SHA256SUMS"), to);
    const auto writer = open_file(to + "/keyId", O_WRONLY);
    const auto manifest = create(to + "/SHA256SUMS");
    ASSERT_EQ(write(*manifest, 0, set.at("SHA256SUMS")), 0);
    Reply<size_t> wrote;
    std::thread other([&] { (*writer)->write(0, "KMX", caller_, wrote.take()); });
    const size_t before = restorer_.requests.size();
    const int told = flush(*manifest);
    other.join();
    const bool made = restorer_.requests.size() > before;
    if (made) {
      EXPECT_EQ(told, 0);
      EXPECT_EQ(wrote.code(), EPERM);
      EXPECT_EQ(restorer_.requests.back().files, set);
    } else {
      EXPECT_EQ(wrote.code(), 0);
    }
    EXPECT_EQ(read(to + "/keyId"), made ? set.at("keyId") : "KMX" + set.at("keyId").substr(3));
  }
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
