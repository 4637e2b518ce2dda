#include "vsphere/cancel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace vtpmfs::vsphere {
namespace {

TEST(CancelToken, RunsEachActionOnce) {
  const CancelToken token;
  int first = 0;
  int second = 0;
  const auto a = token.on_cancel([&] { ++first; });
  const auto b = token.on_cancel([&] { ++second; });
  EXPECT_FALSE(token.cancelled());
  token.cancel();
  token.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(CancelToken, CopiesShareOneState) {
  const CancelToken token;
  const CancelToken copy = token;  // NOLINT: the copy is the point
  copy.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_FALSE(CancelToken().cancelled());
}

TEST(CancelToken, RunsAtOnceWhenAlreadyCancelled) {
  const CancelToken token;
  token.cancel();
  bool ran = false;
  const auto registration = token.on_cancel([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(CancelToken, AnActionThatWasTakenBackNeverRuns) {
  const CancelToken token;
  bool ran = false;
  {
    const auto registration = token.on_cancel([&] { ran = true; });
  }
  token.cancel();
  EXPECT_FALSE(ran);
}

TEST(CancelToken, AssigningTakesTheOldActionBack) {
  const CancelToken token;
  bool old_ran = false;
  bool new_ran = false;
  auto registration = token.on_cancel([&] { old_ran = true; });
  registration = token.on_cancel([&] { new_ran = true; });
  token.cancel();
  EXPECT_FALSE(old_ran);
  EXPECT_TRUE(new_ran);
}

TEST(CancelToken, TheDestructorWaitsForARunningAction) {
  const CancelToken token;
  std::promise<void> started;
  std::promise<void> go_on;
  std::atomic<bool> ended{false};
  auto registration = std::make_unique<CancelToken::Registration>(token.on_cancel([&] {
    started.set_value();
    go_on.get_future().wait();
    ended = true;
  }));
  std::thread canceller([&] { token.cancel(); });
  started.get_future().wait();
  auto destroyed = std::async(std::launch::async, [&] {
    registration.reset();
    return ended.load();
  });
  EXPECT_EQ(destroyed.wait_for(std::chrono::milliseconds(30)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_TRUE(destroyed.get());
  canceller.join();
}

TEST(CancelToken, AnActionMayTakeItselfBack) {
  const CancelToken token;
  std::optional<CancelToken::Registration> registration;
  bool ran = false;
  registration = token.on_cancel([&] {
    ran = true;
    registration.reset();
  });
  token.cancel();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(registration.has_value());
}

TEST(CancelToken, WhatAnActionHoldsIsGoneAfterTheRegistration) {
  const CancelToken token;
  auto held = std::make_shared<int>(1);
  {
    const auto registration = token.on_cancel([held] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(CancelToken, ManyThreadsRegisterWhileOneCancels) {
  for (int round = 0; round < 10; ++round) {
    const CancelToken token;
    std::atomic<int> going{0};
    std::atomic<int> ran_twice{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        int ran = 0;  // not atomic: the registration's end is what orders the two threads
        for (bool first = true; ran == 0; first = false) {
          const int before = ran;
          {
            const auto registration = token.on_cancel([&ran] { ++ran; });
          }
          if (ran > before + 1) ++ran_twice;
          if (first) ++going;
        }
      });
    }
    while (going < 4) std::this_thread::yield();
    token.cancel();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ran_twice, 0);
  }
}

}  // namespace
}  // namespace vtpmfs::vsphere
