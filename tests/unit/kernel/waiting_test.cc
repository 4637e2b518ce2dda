// Requests that wait: interrupts, answers that come late, twice or never, and the end of a session.
#include <fcntl.h>

#include <thread>

#include "fake_kernel.h"
#include "memory_tree.h"

namespace vtpmfs::fs::kernel {
namespace {

using memory::MemoryDirectory;
using memory::MemoryFile;

class WaitingTest : public testing::Test {
 protected:
  explicit WaitingTest(unsigned threads = 16) : kernel_(root_, {{}, threads, false, {}}) {
    root_->add("slow", slow_);
    root_->add("fast", fast_);
    kernel_.init();
    kernel_.lookup(1, "slow");
    kernel_.lookup(1, "fast");
  }
  uint64_t open_slow(uint32_t flags = O_RDONLY) {
    return kernel_.call(FUSE_OPEN, 20, FakeKernel::open_request(flags)).as<fuse_open_out>().fh;
  }

  std::shared_ptr<MemoryDirectory> root_ = std::make_shared<MemoryDirectory>(1);
  std::shared_ptr<MemoryFile> slow_ = std::make_shared<MemoryFile>(20, "slowly");
  std::shared_ptr<MemoryFile> fast_ = std::make_shared<MemoryFile>(21, "at once");
  FakeKernel kernel_;
};

/// Requests are taken up in the order in which they were sent.
class OneWorkerTest : public WaitingTest {
 protected:
  OneWorkerTest() : WaitingTest(1) {}
};

TEST_F(WaitingTest, InterruptedReadIsAnsweredAtOnceAndItsLateAnswerDropped) {
  const uint64_t handle = open_slow();
  slow_->read_gate.close();
  const uint64_t read = kernel_.send(FUSE_READ, 20, FakeKernel::read_request(handle, 0, 4096));
  ASSERT_TRUE(slow_->read_gate.wait_for_arrivals(1));
  EXPECT_EQ(kernel_.answers_to(read), 0U);

  kernel_.interrupt(read);
  const auto answer = kernel_.wait(read);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, EINTR);
  EXPECT_TRUE(slow_->interrupted());
  EXPECT_EQ(kernel_.session().counts().interrupted, 1U);

  kernel_.call(FUSE_RELEASE, 20, FakeKernel::release_request(handle));
  EXPECT_EQ(slow_->live_handles, 1);  // the read that is under way still has it
  slow_->read_gate.open();
  EXPECT_TRUE(FakeKernel::eventually([&] { return slow_->live_handles == 0; }));
  kernel_.getattr(1);
  EXPECT_EQ(kernel_.answers_to(read), 1U);
}

TEST_F(OneWorkerTest, InterruptBeforeTheRequestIsNotLost) {
  // The kernel queues INTERRUPT ahead of other requests; libfuse keeps it for the next one.
  const uint64_t handle = open_slow();
  slow_->read_gate.close();
  const uint64_t marker = kernel_.send(FUSE_GETATTR, 1, FakeKernel::bytes_of(fuse_getattr_in{}));
  kernel_.interrupt(marker + 4);  // the interrupt itself takes one number
  const uint64_t read = kernel_.send(FUSE_READ, 20, FakeKernel::read_request(handle, 0, 4096));
  ASSERT_EQ(read, marker + 4);
  const auto answer = kernel_.wait(read);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, EINTR);
  slow_->read_gate.open();
}

TEST_F(WaitingTest, InterruptedOpenGivesTheFileBack) {
  slow_->open_gate.close();
  const uint64_t open = kernel_.send(FUSE_OPEN, 20, FakeKernel::open_request(O_RDONLY));
  ASSERT_TRUE(slow_->open_gate.wait_for_arrivals(1));
  kernel_.interrupt(open);
  ASSERT_EQ(kernel_.wait(open).value().error, EINTR);
  slow_->open_gate.open();
  EXPECT_EQ(slow_->live_handles, 0);
  EXPECT_EQ(kernel_.session().open_handles(), 0U);
}

TEST_F(WaitingTest, InterruptedLookupCountsNothing) {
  root_->add("late", std::make_shared<MemoryFile>(30, ""));
  root_->lookup_gate.close();
  const uint64_t lookup = kernel_.send(FUSE_LOOKUP, 1, std::string("late\0", 5));
  ASSERT_TRUE(root_->lookup_gate.wait_for_arrivals(3));
  kernel_.interrupt(lookup);
  ASSERT_EQ(kernel_.wait(lookup).value().error, EINTR);
  root_->lookup_gate.open();
  EXPECT_EQ(kernel_.session().known_nodes(), 2U);
}

TEST_F(WaitingTest, InterruptedFlushLetsTheCallerGoAndTheWorkGoesOn) {
  const uint64_t handle = open_slow(O_WRONLY);
  slow_->flush_gate.close();
  const uint64_t flush = kernel_.send(FUSE_FLUSH, 20, FakeKernel::flush_request(handle));
  ASSERT_TRUE(slow_->flush_gate.wait_for_arrivals(1));
  kernel_.interrupt(flush);
  EXPECT_EQ(kernel_.wait(flush).value().error, EINTR);
  slow_->flush_error = EIO;
  slow_->flush_gate.open();  // its answer finds nobody
  EXPECT_EQ(kernel_.getattr(20).error, 0);
  EXPECT_EQ(kernel_.answers_to(flush), 1U);
}

TEST_F(OneWorkerTest, AnInterruptThatMissesItsRequestDoesNoHarm) {
  const uint64_t getattr = kernel_.send(FUSE_GETATTR, 1, FakeKernel::bytes_of(fuse_getattr_in{}));
  ASSERT_TRUE(kernel_.wait(getattr));
  kernel_.interrupt(getattr);
  EXPECT_EQ(kernel_.getattr(1).error, 0);
  EXPECT_EQ(kernel_.answers_to(getattr), 1U);
}

TEST_F(WaitingTest, ADroppedAnswerIsEio) {
  slow_->open_gate.close();
  const uint64_t open = kernel_.send(FUSE_OPEN, 20, FakeKernel::open_request(O_RDONLY));
  ASSERT_TRUE(slow_->open_gate.wait_for_arrivals(1));
  slow_->open_gate.drop();
  EXPECT_EQ(kernel_.wait(open).value().error, EIO);
  EXPECT_EQ(kernel_.session().counts().dropped, 1U);
  EXPECT_EQ(kernel_.session().counts().io_errors, 1U);
}

/// A file that answers its opens twice.
class Twice : public MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) override {
    MemoryFile::open(flags, caller, answer);
    answer(fail(EPERM, "again"));
    MemoryFile::open(flags, caller, answer);
  }
};

TEST_F(WaitingTest, ASecondAnswerIsNotSent) {
  auto twice = std::make_shared<Twice>(22, "");
  root_->add("twice", twice);
  kernel_.lookup(1, "twice");
  const uint64_t open = kernel_.send(FUSE_OPEN, 22, FakeKernel::open_request(O_RDONLY));
  EXPECT_EQ(kernel_.wait(open).value().error, 0);
  kernel_.getattr(1);
  EXPECT_EQ(kernel_.answers_to(open), 1U);
  EXPECT_EQ(kernel_.session().open_handles(), 1U);
  // The surplus file goes with its answer, which may be a moment after the reply.
  EXPECT_TRUE(FakeKernel::eventually([&] { return twice->live_handles == 1; }));
}

/// A file that throws.
class Throwing : public MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  void open(int /*flags*/, const Caller& /*caller*/, Answer<OpenFilePtr> /*answer*/) override {
    throw std::bad_alloc();
  }
};

TEST_F(WaitingTest, WhatIsThrownBecomesAnErrno) {
  root_->add("throwing", std::make_shared<Throwing>(23, ""));
  kernel_.lookup(1, "throwing");
  EXPECT_EQ(kernel_.call(FUSE_OPEN, 23, FakeKernel::open_request(O_RDONLY)).error, ENOMEM);
}

TEST_F(WaitingTest, SixtyFourWaitingOpensStopNobodyElse) {
  slow_->open_gate.close();
  std::vector<uint64_t> opens;
  for (int i = 0; i < 64; ++i) {
    opens.push_back(kernel_.send(FUSE_OPEN, 20, FakeKernel::open_request(O_RDONLY)));
  }
  ASSERT_TRUE(slow_->open_gate.wait_for_arrivals(64));
  EXPECT_EQ(kernel_.getattr(21).error, 0);
  const uint64_t handle =
      kernel_.call(FUSE_OPEN, 21, FakeKernel::open_request(O_RDONLY)).as<fuse_open_out>().fh;
  EXPECT_EQ(kernel_.call(FUSE_READ, 21, FakeKernel::read_request(handle, 0, 4096)).bytes,
            "at once");
  // A request counts as waiting when its operation has returned, just after it came to the gate.
  EXPECT_TRUE(FakeKernel::eventually([&] { return kernel_.session().counts().waiting == 64; }));
  slow_->open_gate.open();
  for (const uint64_t open : opens) EXPECT_EQ(kernel_.wait(open).value().error, 0);
  EXPECT_TRUE(FakeKernel::eventually([&] { return kernel_.session().counts().waiting == 0; }));
}

TEST_F(WaitingTest, ExitLetsEverybodyGo) {
  slow_->open_gate.close();
  slow_->flush_gate.close();
  fast_->read_gate.close();
  const uint64_t open = kernel_.send(FUSE_OPEN, 20, FakeKernel::open_request(O_RDONLY));
  const uint64_t handle =
      kernel_.call(FUSE_OPEN, 21, FakeKernel::open_request(O_RDONLY)).as<fuse_open_out>().fh;
  const uint64_t read = kernel_.send(FUSE_READ, 21, FakeKernel::read_request(handle, 0, 10));
  ASSERT_TRUE(slow_->open_gate.wait_for_arrivals(1));
  ASSERT_TRUE(fast_->read_gate.wait_for_arrivals(1));
  ASSERT_TRUE(FakeKernel::eventually([&] { return kernel_.session().counts().waiting == 2; }));

  kernel_.session().exit();
  EXPECT_TRUE(kernel_.wait_for_end());
  EXPECT_EQ(kernel_.wait(open).value().error, ENOTCONN);
  EXPECT_EQ(kernel_.wait(read).value().error, ENOTCONN);
  kernel_.close();
  // Answers after the end find no session, and do not look for one.
  slow_->open_gate.open();
  fast_->read_gate.open();
  EXPECT_EQ(slow_->live_handles, 0);
  EXPECT_EQ(fast_->live_handles, 0);
}

TEST_F(WaitingTest, ARequestThatMayNotBeLetGoIsAnsweredWhenTheSessionIsGone) {
  // create waits for its own answer, even when interrupted ...
  root_->prepare_new_files([](MemoryFile& file) { file.open_gate.close(); });
  fuse_create_in in{};
  in.flags = O_WRONLY | O_CREAT;
  in.mode = 0600;
  const uint64_t create = kernel_.send(FUSE_CREATE, 1, FakeKernel::bytes_of(in) + "new" + '\0');
  ASSERT_TRUE(FakeKernel::eventually([&] { return kernel_.session().counts().waiting == 1; }));
  const auto file = std::dynamic_pointer_cast<MemoryFile>(root_->find("new"));
  kernel_.interrupt(create);
  ASSERT_TRUE(FakeKernel::eventually([&] { return file->interrupted(); }));
  EXPECT_EQ(kernel_.getattr(1).error, 0);
  EXPECT_EQ(kernel_.answers_to(create), 0U);
  // ... but not beyond the end.
  kernel_.session().exit();
  EXPECT_TRUE(kernel_.wait_for_end());
  EXPECT_EQ(kernel_.wait(create).value().error, ENOTCONN);
  kernel_.close();
  file->open_gate.open();
  EXPECT_EQ(file->live_handles, 0);
}

TEST_F(OneWorkerTest, InterruptsRaceWithAnswers) {
  const uint64_t handle = open_slow();
  for (int round = 0; round < 300; ++round) {
    slow_->read_gate.close();
    const uint64_t read = kernel_.send(FUSE_READ, 20, FakeKernel::read_request(handle, 0, 100));
    std::thread opener([&] { slow_->read_gate.open(); });
    kernel_.interrupt(read);
    opener.join();
    const auto answer = kernel_.wait(read);
    ASSERT_TRUE(answer) << "round " << round;
    ASSERT_TRUE(answer->error == EINTR || answer->bytes == "slowly") << answer->error;
    slow_->read_gate.open();  // the read may have come after the opener
    kernel_.getattr(1);       // libfuse remembers an interrupt that came too late until here
  }
  EXPECT_TRUE(FakeKernel::eventually([&] { return kernel_.session().counts().waiting == 0; }));
}

}  // namespace
}  // namespace vtpmfs::fs::kernel
