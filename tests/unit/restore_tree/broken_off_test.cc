// What a staged set says of a restore of it that was broken off.
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class BrokenOffSet : public RestoreTreeTest {
 protected:
  /// A whole set whose restore never ended, after a remount.
  void SetUp() override {
    restorer_.stall = true;
    ASSERT_EQ(mkdir("Finance/pay01"), 0);
    std::vector<std::string> names;
    for (const auto& [name, bytes] : set_) {
      const auto file = create("Finance/pay01/" + name);
      ASSERT_TRUE(file);
      for (size_t at = 0; at < bytes.size(); at += kPiece)
        ASSERT_EQ(write(*file, at, bytes.substr(at, kPiece)), 0);
      static_cast<void>(flush_later(*file));
    }
    ASSERT_EQ(restorer_.requests.size(), 1U);
    restorer_.running.clear();
    restorer_.requests.clear();
    restorer_.stall = false;
    open();
  }
  void tell(RestoreStatus::State state) {
    RestoreStatus news;
    news.state = state;
    news.step = "its VM is looked at";
    news.reason = "it was broken off";
    std::map<std::string, std::string> files;
    for (const auto& [name, bytes] : set_) files[name] = cache::hex(cache::sha256(bytes));
    sets_->broken_off(staged("Finance/pay01"), files, news);
  }
  const Files set_ = pay01();
};

TEST_F(BrokenOffSet, SaysWhatBecameOfItUntilItIsTriedAgain) {
  tell(RestoreStatus::State::creating);
  EXPECT_THAT(status("Finance/pay01"), HasSubstr("looked at"));
  tell(RestoreStatus::State::failed);
  EXPECT_THAT(status("Finance/pay01"), HasSubstr("it was broken off"));
  // It is not refused: rsync and cp -a may set times before they try again.
  EXPECT_EQ(utimens("Finance/pay01"), 0);
  EXPECT_EQ(fsync("Finance/pay01"), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
  EXPECT_THAT(status("Finance/pay01"), Not(HasSubstr("broken off")));
}

TEST_F(BrokenOffSet, HasBecomeItsVmWhereTheRestoreWasFinished) {
  tell(RestoreStatus::State::done);
  EXPECT_THAT(status("Finance/pay01"), HasSubstr("\"done\""));
  EXPECT_EQ(fsync("Finance/pay01"), 0);
  EXPECT_TRUE(restorer_.requests.empty());
  {
    const auto file = open_file("Finance/pay01/nvram", O_WRONLY);
    EXPECT_TRUE(!file || write(*file, 0, "x") == EPERM);
  }
  // And it is no set that waits at the next mount.
  open();
  EXPECT_FALSE(find("Finance/pay01"));
}

TEST_F(BrokenOffSet, ThatWasChangedSinceStaysWhatItIs) {
  auto file = open_file("Finance/pay01/nvram", O_WRONLY);
  ASSERT_TRUE(file);
  EXPECT_EQ(write(*file, 0, "x"), 0);
  tell(RestoreStatus::State::done);
  EXPECT_THAT(status("Finance/pay01"), HasSubstr("\"done\""));
  EXPECT_EQ(write(*file, 0, "y"), 0);
  file = fail(EIO, "closed");  // as the end of a mount does
  open();
  EXPECT_TRUE(find("Finance/pay01"));
}

TEST_F(BrokenOffSet, ThatWasChangedAndTriedAgainInVainIsNotThrownAway) {
  restorer_.stall = true;
  auto file = open_file("Finance/pay01/nvram", O_WRONLY);
  ASSERT_TRUE(file);
  EXPECT_EQ(write(*file, 0, "x"), 0);
  ASSERT_EQ(unlink("Finance/pay01/SHA256SUMS"), 0);
  const auto waiting = fsync_later("Finance/pay01");
  ASSERT_EQ(restorer_.running.size(), 1U);
  restorer_.end_all(fail(EEXIST, "its VM is there"));
  EXPECT_EQ(waiting.code(), EEXIST);
  tell(RestoreStatus::State::done);
  file = fail(EIO, "closed");
  open();
  EXPECT_TRUE(find("Finance/pay01"));
}

TEST_F(BrokenOffSet, ThatIsAnotherOneUnderTheSameNumberIsNotThrownAway) {
  ASSERT_EQ(mkdir("Finance/pay02"), 0);
  auto file = create("Finance/pay02/keyId");
  ASSERT_TRUE(file);
  EXPECT_EQ(write(*file, 0, "another key"), 0);
  file = fail(EIO, "closed");
  open();
  std::map<std::string, std::string> files;
  for (const auto& [name, bytes] : set_) files[name] = cache::hex(cache::sha256(bytes));
  RestoreStatus news;
  news.state = RestoreStatus::State::done;
  sets_->broken_off(staged("Finance/pay02"), files, news);
  open();
  EXPECT_TRUE(find("Finance/pay02/keyId"));
}

TEST_F(BrokenOffSet, ThatWasRemovedIsForgotten) {
  const cache::StagedId directory = staged("Finance/pay01");
  for (const std::string& name : names("Finance/pay01"))
    if (name != "restore.status") {
      ASSERT_EQ(unlink("Finance/pay01/" + name), 0) << name;
    }
  ASSERT_EQ(rmdir("Finance/pay01"), 0);
  RestoreStatus news;
  news.state = RestoreStatus::State::failed;
  sets_->broken_off(directory, {}, news);
  ASSERT_EQ(mkdir("Finance/pay01"), 0);
  EXPECT_FALSE(find("Finance/pay01/restore.status"));
}

TEST_F(BrokenOffSet, ANewTryIsNotToldOfTheOldOne) {
  restorer_.stall = true;
  const auto waiting = fsync_later("Finance/pay01");
  ASSERT_EQ(restorer_.running.size(), 1U);
  tell(RestoreStatus::State::failed);
  EXPECT_THAT(status("Finance/pay01"), Not(HasSubstr("broken off")));
  restorer_.end_all({});
  EXPECT_EQ(waiting.code(), 0);
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
