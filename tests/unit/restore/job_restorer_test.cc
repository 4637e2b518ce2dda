// Many restores at once.
#include "fs/restore/job/job_restorer.h"

#include <atomic>

#include "tests/unit/restore/answers.h"
#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

class JobRestorerTest : public RestoreFixture {
 protected:
  void start(JobRestorer& restorer, const std::string& name) {
    RestoreRequest asked = request();
    asked.vm_name = name;
    restorer.start(
        std::move(asked), interrupted_, [](const RestoreStatus&) {}, answers_.taker());
  }
  Answers answers_;
  Gate gate_;
};

TEST_F(JobRestorerTest, TwoHundredRestoresMakeTwoHundredVmsEightAtATime) {
  constexpr int kRestores = 200;
  target_.at_call = [&](int, const std::string& call) {
    if (call == "create_vm") gate_.pass();
  };
  std::atomic<int> told{0};
  JobRestorer restorer(surroundings(), [&](const vsphere::MoRef&) { ++told; });
  for (int i = 0; i < kRestores; ++i) start(restorer, "vm" + std::to_string(i));
  ASSERT_TRUE(gate_.wait_inside(JobRestorer::kThreads));
  gate_.open();
  EXPECT_EQ(answers_.wait_for(kRestores), std::vector<int>(kRestores, 0));
  EXPECT_EQ(gate_.most(), JobRestorer::kThreads);
  EXPECT_EQ(target_.machines.size(), static_cast<size_t>(kRestores));
  EXPECT_EQ(told, kRestores);
  restorer.shut_down();
  EXPECT_TRUE(journal_.records().empty());
  std::set<std::string> uuids, marks;
  for (const auto& [id, machine] : target_.machines) {
    uuids.insert(machine.spec.instance_uuid);
    marks.insert(machine.spec.marks.at(0).second);
  }
  EXPECT_EQ(uuids.size(), static_cast<size_t>(kRestores));
  EXPECT_EQ(marks.size(), static_cast<size_t>(kRestores));
}

TEST_F(JobRestorerTest, TwoRestoresOfOneNameMakeOneVm) {
  target_.at_call = [&](int, const std::string& call) {
    if (call == "create_vm") gate_.pass();
  };
  JobRestorer restorer(surroundings(), nullptr);
  start(restorer, "pay01");
  ASSERT_TRUE(gate_.wait_inside(1));
  start(restorer, "PAY01");
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{EEXIST});
  gate_.open();
  EXPECT_EQ(answers_.wait_for(2), (std::vector<int>{0, EEXIST}));
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(JobRestorerTest, ANameIsFreeAgainAfterARestoreThatFailed) {
  target_.faults["placement"] = {Error{Errno{EACCES}, "no right"}};
  JobRestorer restorer(surroundings(), nullptr);
  start(restorer, "pay01");
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{EACCES});
  start(restorer, "pay01");
  EXPECT_EQ(answers_.wait_for(2), (std::vector<int>{0, EACCES}));
}

TEST_F(JobRestorerTest, AVmIsShownBeforeAnybodyIsToldThatItIsDone) {
  std::atomic<bool> shown{false}, shown_when_done{false};
  JobRestorer restorer(surroundings(), [&](const vsphere::MoRef&) { shown = true; });
  restorer.start(
      request(), interrupted_,
      [&](const RestoreStatus& status) {
        if (status.state == RestoreStatus::State::done) shown_when_done = shown.load();
      },
      answers_.taker());
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{0});
  EXPECT_TRUE(shown_when_done);
}

TEST_F(JobRestorerTest, AnExceptionEndsItsRestoreAlone) {
  std::atomic<bool> first{true};
  JobRestorer restorer(surroundings(), [&](const vsphere::MoRef&) {
    if (first.exchange(false)) throw std::bad_alloc();
  });
  start(restorer, "pay01");
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{EIO});
  start(restorer, "pay02");
  EXPECT_EQ(answers_.wait_for(2), (std::vector<int>{0, EIO}));
}

TEST_F(JobRestorerTest, TheEndFinishesWhatRunsAndRefusesWhatWaits) {
  target_.at_call = [&](int, const std::string& call) {
    if (call == "create_vm") gate_.pass();
  };
  JobRestorer restorer(surroundings(), nullptr);
  constexpr int kRestores = 20;
  for (int i = 0; i < kRestores; ++i) start(restorer, "vm" + std::to_string(i));
  ASSERT_TRUE(gate_.wait_inside(JobRestorer::kThreads));
  std::thread ending([&] { restorer.shut_down(); });
  // What waits is answered while the others still run.
  EXPECT_EQ(answers_.wait_for(kRestores - JobRestorer::kThreads),
            std::vector<int>(kRestores - JobRestorer::kThreads, EINTR));
  start(restorer, "late");
  EXPECT_EQ(answers_.wait_for(kRestores - JobRestorer::kThreads + 1).back(), EINTR);
  gate_.open();
  ending.join();
  const std::vector<int> all = answers_.wait_for(kRestores + 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), 0), JobRestorer::kThreads);
  EXPECT_EQ(target_.machines.size(), static_cast<size_t>(JobRestorer::kThreads));
}

TEST_F(JobRestorerTest, ARollBackThatHangsAtTheEndIsLeftToTheJournal) {
  target_.faults["upload"] = {Error{Errno{EIO}, "broken"}};
  target_.at_call = [&](int, const std::string& call) {
    if (call == "destroy") gate_.pass();
  };
  const EndPatience none{std::chrono::milliseconds(1), std::chrono::milliseconds(1)};
  JobRestorer restorer(surroundings(), nullptr, none);
  start(restorer, "pay01");
  ASSERT_TRUE(gate_.wait_inside(1));
  restorer.shut_down();
  gate_.open();
  EXPECT_EQ(answers_.wait_for(1).size(), 1U);
  EXPECT_EQ(target_.machines.size(), 1U);
  ASSERT_EQ(journal_.records().size(), 1U);
  EXPECT_EQ(journal_.records().begin()->second.state, RestoreRecord::State::left_behind);
}

}  // namespace
}  // namespace vtpmfs::fs
