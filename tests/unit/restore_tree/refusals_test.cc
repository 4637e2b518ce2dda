// What a set is refused for, how long, and who is told: cases that random sequences came upon.
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Errors = std::map<std::string, int>;

class RestoreRefusals : public RestoreTreeTest {
 protected:
  Files damaged(const std::string& name) {
    Files files = pay01();
    files[name].back() ^= 1;
    return files;
  }
  int overwrite(const std::string& path, const std::string& bytes) {
    const auto file = open_file(path, O_WRONLY | O_TRUNC);
    if (!file) return file.error().code.value();
    if (const int code = write(*file, 0, bytes); code != 0) return code;
    return flush(*file);
  }
  const std::string to_ = "Finance/pay01";
};

TEST_F(RestoreRefusals, HalfASetWithHalfAManifestWaits) {
  copy({{"keyId", "k"}, {"SHA256SUMS", ""}}, to_);
  const auto manifest = open_file(to_ + "/SHA256SUMS", O_WRONLY);
  EXPECT_EQ(write(*manifest, 0, pay01().at("SHA256SUMS").substr(0, 100)), 0);
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "1"), EINVAL);
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_THAT(status(to_), HasSubstr("\"state\": \"waiting\""));
}

TEST_F(RestoreRefusals, NothingStartsBesideAnEmptyManifest) {
  settle_ = std::chrono::seconds(30);
  open();
  Files files = pay01();
  files["SHA256SUMS"] = "";
  EXPECT_TRUE(copy(files, to_).empty());
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "1"), EINVAL);
  clock_.advance(std::chrono::seconds(100));
  sets_->sweep([](cache::StagedId) { return false; });
  EXPECT_TRUE(restorer_.requests.empty()) << "its bytes are on their way, or found no room";
  EXPECT_THAT(status(to_), HasSubstr("SHA256SUMS is empty"));
  EXPECT_EQ(unlink(to_ + "/SHA256SUMS"), 0);
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreRefusals, AManifestThatCanBeReadAtLastIsALastPiece) {
  for (const std::string& before :
       {std::string("no sums\n"), with_manifest(without(pay01(), "nvram")).at("SHA256SUMS")}) {
    Files files = damaged("nvram");
    files["SHA256SUMS"] = before;
    EXPECT_FALSE(copy(files, to_).empty());
    EXPECT_EQ(overwrite(to_ + "/SHA256SUMS", pay01().at("SHA256SUMS")), EBADMSG) << before;
    for (const auto& [name, bytes] : files) ASSERT_EQ(unlink(to_ + "/" + name), 0);
    ASSERT_EQ(rmdir(to_), 0);
  }
}

TEST_F(RestoreRefusals, SoIsOneThatWasTooLarge) {
  EXPECT_EQ(copy(damaged("nvram"), to_), (Errors{{"vtpm.json", EBADMSG}}));
  EXPECT_EQ(truncate(to_ + "/SHA256SUMS", 5000), 0);
  EXPECT_EQ(overwrite(to_ + "/keyId", pay01().at("keyId")), EFBIG);
  EXPECT_EQ(overwrite(to_ + "/SHA256SUMS", pay01().at("SHA256SUMS")), EBADMSG);
}

TEST_F(RestoreRefusals, WhatWasEmptiedIsAFolderAgain) {
  const Files files = damaged("nvram");
  EXPECT_EQ(copy(files, to_), (Errors{{"vtpm.json", EBADMSG}}));
  for (const auto& [name, bytes] : files) ASSERT_EQ(unlink(to_ + "/" + name), 0);
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_THAT(names(to_), Not(Contains("restore.status")));
}

TEST_F(RestoreRefusals, ARestoreStatusThatWasListedCanBeRemovedLast) {
  ASSERT_EQ(mkdir(to_), 0);
  ASSERT_EQ(put(to_ + "/keyId", "k"), 0);
  open();
  ASSERT_THAT(names(to_), Contains("restore.status"));
  // rm -r goes by what it has listed, and the kernel looks a name up before it is unlinked.
  ASSERT_EQ(unlink(to_ + "/keyId"), 0);
  EXPECT_TRUE(find(to_ + "/restore.status"));
  EXPECT_THAT(names(to_), Not(Contains("restore.status")));
  EXPECT_EQ(unlink(to_ + "/restore.status"), 0);
  EXPECT_EQ(rmdir(to_), 0);
}

TEST_F(RestoreRefusals, WhatIsFoundIncompleteIsNotRefusedAnyMore) {
  EXPECT_EQ(copy(damaged("nvram"), to_), (Errors{{"vtpm.json", EBADMSG}}));
  ASSERT_EQ(unlink(to_ + "/nvram"), 0);
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_THAT(status(to_), HasSubstr("waiting for nvram"));
}

TEST_F(RestoreRefusals, AManifestOverItsLimitIsRefusedHoweverItWasLookedAt) {
  ASSERT_EQ(mkdir(to_), 0);
  ASSERT_EQ(put(to_ + "/keyId", "k"), 0);
  ASSERT_TRUE(create(to_ + "/SHA256SUMS"));
  EXPECT_EQ(truncate(to_ + "/SHA256SUMS", 5000), 0);
  EXPECT_EQ(fsync(to_), EFBIG);
  EXPECT_EQ(utimens(to_), EFBIG);
}

TEST_F(RestoreRefusals, BothThatWereExchangedAreLookedAt) {
  ASSERT_EQ(mkdir(".in"), 0);
  ASSERT_EQ(mkdir("b"), 0);
  EXPECT_TRUE(copy(pay01(), ".in/a").empty());
  ASSERT_EQ(mkdir("b/a"), 0);
  EXPECT_EQ(rename("b/a", ".in/a", 2), 0);
  expect_one_vm("a", {"b"}, pay01());
}

TEST_F(RestoreRefusals, ThoseWhoWereExchangedAnswerTogether) {
  Files files = pay01();
  std::swap(files["keyId"], files["firmware"]);
  EXPECT_EQ(copy(files, to_), (Errors{{"vtpm.json", EBADMSG}}));
  EXPECT_EQ(rename(to_ + "/keyId", to_ + "/firmware", 2), 0);
  expect_one_vm("pay01", {"Finance"}, pay01());
}

TEST_F(RestoreRefusals, NoDirectoryComesToAMachinesNameByAnExchange) {
  ASSERT_EQ(mkdir("mine"), 0);
  ASSERT_EQ(put("note", "x"), 0);
  ASSERT_EQ(rename("note", "web"), 0);
  EXPECT_EQ(rename("web", "mine", 2), EEXIST);
}

TEST_F(RestoreRefusals, WhatTheManifestDoesNotListIsNotTooLarge) {
  auto from = origin("pay01", "Finance");
  from.no_nvram = true;
  const Files listed = with_manifest(without(set_of(from), "nvram"));
  Files files = listed;
  files["nvram"] = std::string(nvram_max_ + 1, 'n');
  EXPECT_TRUE(copy(files, to_).empty());
  expect_one_vm("pay01", {"Finance"}, listed);
}

TEST_F(RestoreRefusals, AHandleThatWroteMoreThanIsLeftWroteTheWhole) {
  EXPECT_TRUE(copy(without(pay01(), "keyId"), to_).empty());
  const auto file = create(to_ + "/keyId");
  EXPECT_EQ(write(*file, 0, "wrong key"), 0);
  EXPECT_EQ(write(*file, 100, "more"), 0);
  EXPECT_EQ(truncate(to_ + "/keyId", 5), 0);  // by somebody else
  EXPECT_EQ(flush(*file), EBADMSG);
}

TEST_F(RestoreRefusals, DirectoriesInASetStayWhileItsRestoreRuns) {
  restorer_.stall = true;
  copy(without(pay01(), "nvram"), to_);
  ASSERT_EQ(mkdir(to_ + "/deep"), 0);
  const auto nvram = create(to_ + "/nvram");
  EXPECT_EQ(write(*nvram, 0, pay01().at("nvram")), 0);
  const auto completing = flush_later(*nvram);
  EXPECT_EQ(rmdir(to_ + "/deep"), EBUSY);
  restorer_.end_all({});
  EXPECT_EQ(completing.code(), 0);
  EXPECT_EQ(rmdir(to_ + "/deep"), 0);
}

class RestoreWithoutRoom : public RestoreRefusals {
 protected:
  /// nvram finds room for its first piece alone; no SHA256SUMS tells so.
  RestoreWithoutRoom() {
    settle_ = std::chrono::seconds(30);
    limits_.total_bytes = 600'000;
    open();
    EXPECT_EQ(put("filler", std::string(400'000, 'x')), 0);
    EXPECT_EQ(copy(without(pay01(), "SHA256SUMS"), to_), (Errors{{"nvram", ENOSPC}}));
  }
  void settle() {
    clock_.advance(std::chrono::seconds(100));
    sets_->sweep([this](cache::StagedId directory) { return tree_->busy(directory); });
  }
};

TEST_F(RestoreWithoutRoom, HalfAFileIsNeverStarted) {
  EXPECT_EQ(node(to_ + "/nvram")->attributes()->size, kPiece);
  settle();
  EXPECT_EQ(fsync(to_), ENOSPC);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.commit", "1"), ENOSPC);
  EXPECT_EQ(utimens(to_), ENOSPC);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.check", "1"), ENOSPC);
  EXPECT_THAT(status(to_), HasSubstr("nvram was not written as a whole"));
  // The disk is well again, and the rest has still not come; another name does not bring it.
  ASSERT_EQ(unlink("filler"), 0);
  settle();
  EXPECT_EQ(fsync(to_), ENOSPC);
  ASSERT_EQ(rename(to_ + "/nvram", to_ + "/.nvram.Xy"), 0);
  ASSERT_EQ(rename(to_ + "/.nvram.Xy", to_ + "/nvram"), 0);
  EXPECT_EQ(fsync(to_), ENOSPC);
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreWithoutRoom, ThatIsKnownAfterARemount) {
  for (int mount = 0; mount < 2; ++mount) {
    open();
    EXPECT_EQ(fsync(to_), ENOSPC);
    EXPECT_THAT(status(to_), HasSubstr("nvram was not written as a whole"));
  }
  // The same copy comes again, SHA256SUMS before what is half there: that is no wrong hash.
  ASSERT_EQ(unlink("filler"), 0);
  EXPECT_EQ(put(to_ + "/SHA256SUMS", pay01().at("SHA256SUMS")), 0);
  EXPECT_EQ(overwrite(to_ + "/nvram", pay01().at("nvram")), 0);
  expect_one_vm("pay01", {"Finance"}, pay01());
}

TEST_F(RestoreWithoutRoom, AlsoThatItWasWrittenAgain) {
  ASSERT_EQ(unlink("filler"), 0);
  EXPECT_EQ(overwrite(to_ + "/nvram", pay01().at("nvram")), 0);
  open();
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreWithoutRoom, ItIsStartedOnceTheFileWasWrittenAgain) {
  ASSERT_EQ(unlink("filler"), 0);
  EXPECT_EQ(overwrite(to_ + "/nvram", pay01().at("nvram")), 0);
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreWithoutRoom, AlsoByTheHandleThatFoundNone) {
  ASSERT_EQ(unlink(to_ + "/nvram"), 0);
  const auto file = create(to_ + "/nvram");
  const std::string bytes = pay01().at("nvram");
  EXPECT_EQ(write(*file, 0, bytes.substr(0, kPiece)), 0);
  EXPECT_EQ(write(*file, kPiece, bytes.substr(kPiece)), ENOSPC);
  EXPECT_EQ(flush(*file), 0);
  EXPECT_EQ(fsync(to_), ENOSPC);
  ASSERT_EQ(unlink("filler"), 0);
  EXPECT_EQ(write(*file, kPiece, bytes.substr(kPiece)), 0);
  EXPECT_EQ(flush(*file), 0);
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreWithoutRoom, OfAVerifiedSetTheHashesTell) {
  EXPECT_EQ(put(to_ + "/SHA256SUMS", pay01().at("SHA256SUMS")), 0) << "nvram is still to come";
  EXPECT_THAT(status(to_), HasSubstr("nvram was not written as a whole"));
  EXPECT_EQ(fsync(to_), EBADMSG);
  EXPECT_THAT(status(to_), HasSubstr("nvram was not written as a whole"));
  ASSERT_EQ(unlink("filler"), 0);
  EXPECT_EQ(overwrite(to_ + "/nvram", pay01().at("nvram")), 0);
  expect_one_vm("pay01", {"Finance"}, pay01());
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
