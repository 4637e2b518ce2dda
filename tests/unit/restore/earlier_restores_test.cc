// Restores that were broken off are looked after until they are settled, and nobody is kept waiting
// by them for longer than that.
#include "fs/restore/job/earlier_restores.h"

#include <atomic>
#include <new>

#include "fs/restore/job/job_restorer.h"
#include "tests/unit/restore/answers.h"
#include "tests/unit/restore/broken_off_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;
constexpr EarlierRestores::Pauses kShort{std::chrono::milliseconds(1),
                                         std::chrono::milliseconds(4)};

/// The news of restores, to be waited for.
class News {
 public:
  EarlierRestores::Told taker() {
    return [this](const RestoreRecord& record, const RestoreStatus& status) {
      const std::lock_guard hold(lock_);
      all_.emplace_back(record.staged, status);
      changed_.notify_all();
    };
  }
  /// The first one in this state; nothing within the deadline: empty.
  std::optional<std::pair<uint64_t, RestoreStatus>> wait_for(RestoreStatus::State state) {
    std::unique_lock hold(lock_);
    std::optional<std::pair<uint64_t, RestoreStatus>> found;
    changed_.wait_for(hold, patience(std::chrono::seconds(60)), [&] {
      for (const auto& news : all_)
        if (news.second.state == state) found = news;
      return found.has_value();
    });
    return found;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::pair<uint64_t, RestoreStatus>> all_;
};

class EarlierRestoresTest : public BrokenOffFixture {
 protected:
  [[nodiscard]] std::vector<RestoreRecord> left() const {
    std::vector<RestoreRecord> out;
    for (const auto& [id, record] : journal_.records()) out.push_back(record);
    return out;
  }
  /// Around a half-made VM of an earlier mount, whose removal waits at the gate.
  RestoreSurroundings left_with_its_removal_held() {
    killed_in("upload");
    target_.at_call = [this](int, const std::string& call) {
      if (call == "destroy") gate_.pass();
    };
    return surroundings();
  }
  /// The record goes last of all.
  void expect_no_records() {
    const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(60));
    while (!journal_.records().empty() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    EXPECT_TRUE(journal_.records().empty());
  }
  void start(JobRestorer& restorer) {
    restorer.start(
        request(), interrupted_,
        [this](const RestoreStatus& status) {
          const std::lock_guard hold(seen_lock_);
          seen_.push_back(status);
        },
        answers_.taker());
  }
  News news_;
  Answers answers_;
  Gate gate_;
  std::mutex seen_lock_;
};

TEST_F(EarlierRestoresTest, TheirDirectoryIsToldWhatBecameOfThem) {
  RestoreRequest asked = request();
  asked.staged_directory = 77;
  killed_in("upload", asked);
  JobRestorer restorer(surroundings(), nullptr, {}, kShort);
  restorer.settle_earlier(left(), news_.taker());
  const auto news = news_.wait_for(RestoreStatus::State::failed);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->first, 77U);
  EXPECT_THAT(news->second.reason, HasSubstr("removed"));
  restorer.shut_down();
  EXPECT_TRUE(target_.machines.empty());
}

TEST_F(EarlierRestoresTest, AVmThatIsFinishedIsShown) {
  killed_in("finish");
  vsphere::MoRef shown;
  JobRestorer restorer(
      surroundings(), [&](const vsphere::MoRef& vm) { shown = vm; }, {}, kShort);
  restorer.settle_earlier(left(), news_.taker());
  ASSERT_TRUE(news_.wait_for(RestoreStatus::State::done));
  EXPECT_EQ(shown, the_vm().found.detail.vm);
}

TEST_F(EarlierRestoresTest, AVCenterThatIsAwayIsAskedAgainUntilItAnswers) {
  killed_in("upload");
  for (int i = 0; i < 5; ++i)
    target_.faults["identify"].push_back(Error{Errno{EHOSTUNREACH}, "no route"});
  JobRestorer restorer(surroundings(), nullptr, {}, kShort);
  restorer.settle_earlier(left(), news_.taker());
  ASSERT_TRUE(news_.wait_for(RestoreStatus::State::failed));
  EXPECT_GE(target_.count("identify"), 6);
  EXPECT_TRUE(target_.machines.empty());
  expect_no_records();
}

TEST_F(EarlierRestoresTest, ANewRestoreOfTheNameWaitsUntilTheOldVmIsGone) {
  JobRestorer restorer(left_with_its_removal_held(), nullptr, {}, kShort);
  restorer.settle_earlier(left(), news_.taker());
  ASSERT_TRUE(gate_.wait_inside(1));
  News told;
  restorer.start(
      request(), interrupted_,
      [tell = told.taker()](const RestoreStatus& status) { tell({}, status); }, answers_.taker());
  const auto waiting = told.wait_for(RestoreStatus::State::waiting);
  ASSERT_TRUE(waiting);
  EXPECT_THAT(waiting->second.step, HasSubstr("broken off"));
  EXPECT_EQ(target_.count("create_vm"), 0);
  gate_.open();
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{0});
  EXPECT_EQ(target_.machines.size(), 1U);
  EXPECT_TRUE(the_vm().found.marks.empty());
}

TEST_F(EarlierRestoresTest, ARemovalThatTakesLongIsToldToWhoeverWaitsForIt) {
  JobRestorer restorer(left_with_its_removal_held(), nullptr, {}, kShort);
  restorer.settle_earlier(left(), news_.taker());
  ASSERT_TRUE(gate_.wait_inside(1));
  News told;
  restorer.start(
      request(), interrupted_,
      [&, tell = told.taker()](const RestoreStatus& status) {
        if (status.unanswered) tell({}, status);
      },
      answers_.taker());
  // Which answers the tool; the restore itself goes on when the old VM is gone.
  EXPECT_TRUE(told.wait_for(RestoreStatus::State::waiting));
  EXPECT_EQ(target_.count("create_vm"), 0);
  gate_.open();
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{0});
}

TEST_F(EarlierRestoresTest, NewsThatCannotBeToldEndNothing) {
  killed_in("upload");
  std::atomic<int> tries = 0;
  JobRestorer restorer(surroundings(), nullptr, {}, kShort);
  restorer.settle_earlier(left(), [&](const RestoreRecord&, const RestoreStatus&) {
    if (++tries == 1) throw std::bad_alloc();
  });
  expect_no_records();
  EXPECT_GE(tries, 2);
}

TEST_F(EarlierRestoresTest, WhoNoLongerWaitsIsLetGo) {
  JobRestorer restorer(left_with_its_removal_held(), nullptr, {}, kShort);
  restorer.settle_earlier(left(), news_.taker());
  ASSERT_TRUE(gate_.wait_inside(1));
  start(restorer);
  interrupted_.cancel();
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{EINTR});
  gate_.open();
}

TEST_F(EarlierRestoresTest, ACreationWithoutAnEndIsWatchedInTheSameMount) {
  // The answer is lost, and the VM does not appear for as long as the restore looks for it.
  target_.creation_hangs = true;
  target_.lost_with_effect["create_vm"] = 1;
  RestoreSurroundings around = surroundings();
  around.between_looks = std::chrono::milliseconds(0);
  JobRestorer restorer(around, nullptr, {}, kShort);
  restorer.settle_earlier({}, news_.taker());
  start(restorer);
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{ETIMEDOUT});
  ASSERT_TRUE(news_.wait_for(RestoreStatus::State::creating));
  EXPECT_EQ(target_.count("create_vm"), 1);
  // Now it comes, and goes.
  target_.creation_hangs = false;
  const vsphere::NewVm late = target_.sent.at(0);
  ASSERT_TRUE(target_.start_create_vm(kVmFolder, {}, {}, late, {}));
  const auto news = news_.wait_for(RestoreStatus::State::failed);
  ASSERT_TRUE(news);
  EXPECT_THAT(news->second.reason, HasSubstr("removed"));
  EXPECT_TRUE(target_.machines.empty());
  expect_no_records();
}

TEST_F(EarlierRestoresTest, AFinishThatGotNoAnswerIsDoneLater) {
  target_.faults["finish"] = {Error{Errno{EHOSTUNREACH}, "no route"}};
  JobRestorer restorer(surroundings(), nullptr, {}, kShort);
  restorer.settle_earlier({}, news_.taker());
  start(restorer);
  EXPECT_EQ(answers_.wait_for(1), std::vector<int>{EHOSTUNREACH});
  ASSERT_TRUE(news_.wait_for(RestoreStatus::State::done));
  expect_no_records();
  EXPECT_TRUE(the_vm().found.marks.empty());
  EXPECT_EQ(target_.count("create_vm"), 1);
}

TEST_F(EarlierRestoresTest, TheEndOfTheMountLeavesTheRestToTheJournal) {
  killed_in("upload");
  target_.at_call = [&](int, const std::string& call) {
    if (call == "identify") gate_.pass();
  };
  {
    JobRestorer restorer(surroundings(), nullptr, {}, kShort);
    restorer.settle_earlier(left(), news_.taker());
    ASSERT_TRUE(gate_.wait_inside(1));
    restorer.shut_down();
    gate_.open();
  }
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(journal_.records().begin()->second.state, RestoreRecord::State::created);
}

}  // namespace
}  // namespace vtpmfs::fs
