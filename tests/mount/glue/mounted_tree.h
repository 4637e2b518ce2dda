// A tree in memory, mounted through /dev/fuse for the time of one test.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "fs/kernel/session.h"
#include "tests/patience.h"
#include "tests/unit/kernel/memory_tree.h"

namespace vtpmfs::fs {

class MountedTree : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "no /dev/fuse here";
    std::string pattern = (std::filesystem::temp_directory_path() / "vtpmfs-glue-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    scratch_ = pattern;
    mount_ = scratch_ / "mount";
    std::filesystem::create_directory(mount_);

    kernel::SessionSettings settings;
    settings.options = {"fsname=memory"};
    settings.on_ready = [this] {
      const std::lock_guard lock(mutex_);
      ready_ = true;
      changed_.notify_all();
    };
    auto session = kernel::FuseSession::mount(root_, mount_.string(), std::move(settings));
    if (!session && ::geteuid() != 0 &&
        (session.error().code == Errno{EPERM} || session.error().code == Errno{EACCES}))
      GTEST_SKIP() << "may not mount: " << session.error().words;
    ASSERT_TRUE(session) << session.error().words;
    session_ = std::move(*session);
    server_ = std::thread([this] {
      const Status status = session_->run();
      EXPECT_TRUE(status) << (status ? "" : status.error().words);
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(
        changed_.wait_for(lock, patience(std::chrono::seconds(20)), [this] { return ready_; }));
  }

  void TearDown() override {
    if (session_) session_->exit();
    if (server_.joinable()) server_.join();
    session_.reset();
    if (!scratch_.empty()) std::filesystem::remove_all(scratch_);
  }

  bool wait_for_end() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience(std::chrono::seconds(20)), [this] { return ended_; });
  }

  [[nodiscard]] std::string at(const std::string& name) const { return (mount_ / name).string(); }

  /// Runs a shell command in the scratch directory; its exit status.
  [[nodiscard]] int shell(const std::string& command) const {
    const int status =
        std::system(("cd '" + scratch_.string() + "' && { " + command + "; } 2>>log").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Looks again until it holds: invalidations arrive by another thread.
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(20));
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::shared_ptr<memory::MemoryDirectory> root_ = std::make_shared<memory::MemoryDirectory>(1);
  std::filesystem::path scratch_, mount_;
  std::unique_ptr<kernel::FuseSession> session_;

 private:
  std::thread server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false, ended_ = false;
};

}  // namespace vtpmfs::fs
