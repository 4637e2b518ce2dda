// Restores that end after their checks: a dry run, and who only asks.
#include "tests/unit/restore/answers.h"
#include "tests/unit/restore/restore_fixture.h"

#include "fs/restore/job/job_restorer.h"

namespace vtpmfs::fs {
namespace {

using testing::Contains;
using testing::HasSubstr;

class PreflightTest : public RestoreFixture {
 protected:
  /// Nothing that changes the vCenter was sent, and nothing was written down.
  void expect_nothing_made() const {
    for (const std::string& call : target_.log)
      for (const char* change : {"create_policy", "create_folder", "create_vm", "upload", "finish",
                                 "destroy", "journal:"})
        EXPECT_EQ(call.find(change), std::string::npos) << call;
    EXPECT_TRUE(target_.machines.empty());
  }
  RestoreRequest question() {
    RestoreRequest asked = request();
    asked.check_only = true;
    return asked;
  }
};

TEST_F(PreflightTest, WhoOnlyAsksIsAnsweredAndNothingIsMade) {
  target_.policies.clear();  // one would have to be made
  RestoreRequest asked = question();
  asked.folders = {"Finance", "New"};
  const Status answer = restore(asked);
  ASSERT_TRUE(answer) << answer.error().words;
  EXPECT_EQ(status_.state, RestoreStatus::State::checked);
  EXPECT_FALSE(status_.error);
  EXPECT_EQ(status_.vm_path, "/DC0/vm/Finance/New/pay01");
  expect_nothing_made();
}

TEST_F(PreflightTest, WhatARestoreWouldLackIsToldByTheCheck) {
  config_.devices[0].network_name = "elsewhere";
  config_.version = "vmx-10";
  ASSERT_TRUE(restore(question()));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("elsewhere")));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("vmx-14")));
  expect_nothing_made();
}

TEST_F(PreflightTest, ACheckAnswersTheErrnoOfTheRestore) {
  target_.providers.clear();
  const Status answer = restore(question());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code.value(), ENOKEY);
  EXPECT_EQ(status_.state, RestoreStatus::State::failed);
  EXPECT_EQ(status_.error, Errno{ENOKEY});
  expect_nothing_made();
}

TEST_F(PreflightTest, ADryRunThatFindsNothingWrongIsNoSuccess) {
  options_.dry_run = true;
  target_.policies.clear();
  const Status answer = restore();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code.value(), ECANCELED);
  EXPECT_EQ(status_.state, RestoreStatus::State::checked);
  EXPECT_EQ(status_.error, Errno{ECANCELED});
  EXPECT_THAT(status_.reason, HasSubstr("dry run"));
  EXPECT_THAT(status_.what_to_do, HasSubstr("--restore-dry-run"));
  expect_nothing_made();
}

TEST_F(PreflightTest, ADryRunThatFindsSomethingSaysWhat) {
  options_.dry_run = true;
  target_.offered.datastores[0].free_bytes = 0;
  EXPECT_EQ(refusal(), ENOSPC);
  expect_nothing_made();
}

TEST_F(PreflightTest, InADryRunWhoOnlyAsksIsAnsweredAsElsewhere) {
  options_.dry_run = true;
  EXPECT_TRUE(restore(question()));
  EXPECT_EQ(status_.state, RestoreStatus::State::checked);
}

TEST_F(PreflightTest, ACheckAndARestoreOfOneNameAreNotInEachOthersWay) {
  Gate gate;
  Answers answers;
  target_.at_call = [&](int, const std::string& call) {
    if (call == "placement") gate.pass();
  };
  bool told = false;
  JobRestorer restorer(surroundings(), [&](const vsphere::MoRef&) { told = true; });
  restorer.start(
      question(), interrupted_, [](const RestoreStatus&) {}, answers.taker());
  ASSERT_TRUE(gate.wait_inside(1));
  restorer.start(
      request(), interrupted_, [](const RestoreStatus&) {}, answers.taker());
  ASSERT_TRUE(gate.wait_inside(2)) << "the restore was refused or waited";
  gate.open();
  EXPECT_EQ(answers.wait_for(2), (std::vector<int>{0, 0}));
  restorer.shut_down();
  EXPECT_EQ(target_.machines.size(), 1U);
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace vtpmfs::fs
