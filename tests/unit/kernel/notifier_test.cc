// The notifier: what reaches the kernel, in which order, and that it never holds anybody up.
#include "fs/kernel/notifier.h"

#include "fake_kernel.h"
#include "memory_tree.h"
#include "tests/patience.h"

namespace vtpmfs::fs::kernel {
namespace {

using memory::Gate;
using memory::MemoryDirectory;
using memory::MemoryFile;

/// A kernel whose notifications block until the test lets them go on.
class SlowKernel {
 public:
  Notifier::Kernel functions() {
    return {[](InodeNumber inode) { return inode.value < 1000; },
            [this](InodeNumber parent, const std::string& name) {
              return record(std::to_string(parent.value) + "/" + name);
            },
            [this](InodeNumber inode) { return record(std::to_string(inode.value)); },
            [this](InodeNumber inode) { return record("a" + std::to_string(inode.value)); }};
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience(std::chrono::seconds(20)),
                      [&] { return sent_.size() >= count; });
    return sent_;
  }

 private:
  int record(const std::string& what) {
    std::unique_lock lock(mutex_);
    sent_.push_back(what);
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    return -ENOENT;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> sent_;
  bool held_ = false;
};

TEST(NotifierTest, CoalescesAndSendsWhatNeverWaitsFirst) {
  SlowKernel kernel;
  kernel.hold();
  Notifier notifier(kernel.functions());
  notifier.invalidate_inode(InodeNumber{7});
  kernel.wait_for(1);  // the thread is held in the first one
  for (int i = 0; i < 1000; ++i) {
    notifier.invalidate_inode(InodeNumber{8});
    notifier.invalidate_attributes(InodeNumber{9});
    notifier.invalidate_entry(InodeNumber{5}, "name");
    notifier.invalidate_entry(InodeNumber{5}, "other");
  }
  EXPECT_EQ(notifier.queued(), 4U);
  kernel.let_go();
  const auto sent = kernel.wait_for(5);
  EXPECT_EQ(sent, (std::vector<std::string>{"7", "5/name", "5/other", "a9", "8"}));
}

TEST(NotifierTest, WhatTheKernelDoesNotKnowIsNotSent) {
  SlowKernel kernel;
  Notifier notifier(kernel.functions());
  notifier.invalidate_inode(InodeNumber{5000});
  notifier.invalidate_entry(InodeNumber{5000}, "name");
  notifier.invalidate_inode(InodeNumber{5});
  EXPECT_EQ(kernel.wait_for(1), std::vector<std::string>{"5"});
  EXPECT_EQ(notifier.queued(), 0U);
}

TEST(NotifierTest, StopDropsWhatIsQueuedAndWaitsForWhatIsSent) {
  SlowKernel kernel;
  kernel.hold();
  Notifier notifier(kernel.functions());
  notifier.invalidate_inode(InodeNumber{7});
  kernel.wait_for(1);
  notifier.invalidate_inode(InodeNumber{8});
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    notifier.stop();
    stopped = true;
  });
  ASSERT_TRUE(FakeKernel::eventually([&] { return notifier.queued() == 0; }));
  EXPECT_FALSE(stopped);
  kernel.let_go();
  stopper.join();
  notifier.invalidate_inode(InodeNumber{9});
  notifier.stop();
  EXPECT_EQ(kernel.wait_for(1), std::vector<std::string>{"7"});
}

TEST(NotifierTest, SpeaksTheProtocol) {
  auto root = std::make_shared<MemoryDirectory>(1);
  root->add("plain", std::make_shared<MemoryFile>(20, "x"));
  FakeKernel kernel(root);
  kernel.init();
  kernel.session().notifier().invalidate_inode(InodeNumber{20});  // not known yet
  kernel.lookup(1, "plain");
  kernel.session().notifier().invalidate_entry(kRootInode, "plain");
  const auto entry = kernel.next_notification();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->code, FUSE_NOTIFY_INVAL_ENTRY);
  fuse_notify_inval_entry_out entry_out{};
  std::memcpy(&entry_out, entry->bytes.data(), sizeof entry_out);
  EXPECT_EQ(entry_out.parent, 1U);
  EXPECT_EQ(entry->bytes.substr(sizeof entry_out), std::string("plain\0", 6));

  kernel.session().notifier().invalidate_inode(InodeNumber{20});
  const auto inode = kernel.next_notification();
  ASSERT_TRUE(inode);
  EXPECT_EQ(inode->code, FUSE_NOTIFY_INVAL_INODE);
  fuse_notify_inval_inode_out inode_out{};
  std::memcpy(&inode_out, inode->bytes.data(), sizeof inode_out);
  EXPECT_EQ(inode_out.ino, 20U);
  EXPECT_EQ(inode_out.off, 0);
  EXPECT_EQ(inode_out.len, 0);

  kernel.session().notifier().invalidate_attributes(InodeNumber{20});
  const auto attributes = kernel.next_notification();
  ASSERT_TRUE(attributes);
  std::memcpy(&inode_out, attributes->bytes.data(), sizeof inode_out);
  EXPECT_EQ(inode_out.off, -1);  // no page is waited for
}

}  // namespace
}  // namespace vtpmfs::fs::kernel
