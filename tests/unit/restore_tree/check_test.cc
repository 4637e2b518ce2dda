// user.vtpmfs.check: whether a staged set could be restored, without restoring it.
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class RestoreCheck : public RestoreTreeTest {
 protected:
  /// All of the set is there, and nothing was started: it waits since it came without its sums.
  void stage() { copy(without(pay01(), "SHA256SUMS"), to_); }
  Reply<void> check_later(const std::string& directory) {
    Reply<void> reply;
    node(directory)->set_attribute("user.vtpmfs.check", "1", 0, caller_, reply.take());
    return reply;
  }
  static RestoreStatus checked() {
    RestoreStatus status;
    status.state = RestoreStatus::State::checked;
    status.step = "all is well";
    return status;
  }
  const std::string to_ = "Finance/pay01";
};

TEST_F(RestoreCheck, AsksTheRestorerWhichIsToMakeNothing) {
  stage();
  restorer_.stall = true;
  const auto waiting = check_later(to_);
  EXPECT_FALSE(waiting.given());
  ASSERT_EQ(restorer_.requests.size(), 1U);
  EXPECT_TRUE(restorer_.requests[0].check_only);
  EXPECT_THAT(status(to_), HasSubstr("\"checking\""));
  restorer_.running[0].changed(checked());
  restorer_.end_all({});
  EXPECT_EQ(waiting.code(), 0);
  EXPECT_THAT(status(to_), HasSubstr("\"checked\""));
}

TEST_F(RestoreCheck, TheSetIsStillOpenAndCanBeRestoredAfterwards) {
  stage();
  restorer_.stall = true;
  check_later(to_);
  // While it is checked and after it: nothing is frozen.
  EXPECT_EQ(put(to_ + "/notes.txt", "x"), 0);
  const auto file = open_file(to_ + "/firmware", O_WRONLY | O_TRUNC);
  EXPECT_EQ(write(*file, 0, pay01().at("firmware")), 0);
  EXPECT_EQ(flush(*file), 0);
  restorer_.end_all({});
  restorer_.stall = false;
  EXPECT_EQ(fsync(to_), 0);
  ASSERT_EQ(restorer_.requests.size(), 2U);
  EXPECT_FALSE(restorer_.requests[1].check_only);
  EXPECT_THAT(status(to_), HasSubstr("\"done\""));
  EXPECT_EQ(check_later(to_).code(), 0);  // it has become its VM
  EXPECT_EQ(restorer_.requests.size(), 2U);
  EXPECT_THAT(status(to_), HasSubstr("\"done\""));
}

TEST_F(RestoreCheck, ItsErrnoIsTheAnswerAndNoRefusalOfTheSet) {
  stage();
  restorer_.fail_with = Error{Errno{ENOKEY}, "no such key"};
  EXPECT_EQ(check_later(to_).code(), ENOKEY);
  EXPECT_THAT(status(to_), HasSubstr("ENOKEY"));
  EXPECT_THAT(status(to_), HasSubstr("no such key"));
  EXPECT_EQ(chmod(to_, 0755), 0) << "nobody tried to restore it";
}

TEST_F(RestoreCheck, ARestoreThatBeginsMeanwhileHasTheLastWord) {
  stage();
  restorer_.stall = true;
  const auto check = check_later(to_);
  const auto restore = fsync_later(to_);
  ASSERT_EQ(restorer_.running.size(), 2U);
  EXPECT_EQ(check_later(to_).code(), EBUSY);
  RestoreStatus failed;
  failed.state = RestoreStatus::State::failed;
  restorer_.running[1].changed(failed);
  restorer_.running[1].done(fail(ENOSPC, "no room"));
  restorer_.running[0].changed(checked());
  restorer_.running[0].done({});
  EXPECT_EQ(check.code(), 0);
  EXPECT_EQ(restore.code(), ENOSPC);
  EXPECT_THAT(status(to_), HasSubstr("ENOSPC"));
  EXPECT_THAT(status(to_), Not(HasSubstr("\"checked\"")));
}

TEST_F(RestoreCheck, WhatCannotBeStartedIsRefusedAndNobodyIsAsked) {
  EXPECT_EQ(setxattr("Legal", "user.vtpmfs.check", "1"), EINVAL);  // a folder
  copy({{"keyId", "x"}}, to_);
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.check", "1"), EINVAL);
  EXPECT_THAT(status(to_), HasSubstr("EINVAL"));
  EXPECT_EQ(setxattr(to_, "user.vtpmfs.check", "2"), EINVAL);
  Files damaged = pay01();
  damaged["nvram"].back() ^= 1;
  copy(damaged, "Finance/bad");
  EXPECT_EQ(setxattr("Finance/bad", "user.vtpmfs.check", "1"), EBADMSG);
  copy(pay01(), ".hidden");
  EXPECT_EQ(setxattr(".hidden", "user.vtpmfs.check", "1"), EINVAL);
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreCheck, WhatIsNewInTheSetEndsTheNews) {
  stage();
  restorer_.fail_with = Error{Errno{ENOKEY}, "no such key"};
  EXPECT_EQ(check_later(to_).code(), ENOKEY);
  restorer_.fail_with.reset();
  const auto file = open_file(to_ + "/firmware", O_WRONLY | O_TRUNC);
  EXPECT_EQ(write(*file, 0, pay01().at("firmware")), 0);
  EXPECT_EQ(flush(*file), 0);
  EXPECT_THAT(status(to_), HasSubstr("\"waiting\""));
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
