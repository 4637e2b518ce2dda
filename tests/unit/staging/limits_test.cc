// Limits of the store, and a disk that is full.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/staging/store_fixture.h"

namespace vtpmfs::cache::staging_test {
namespace {

class StagingLimitsTest : public StoreTest {};

TEST_F(StagingLimitsTest, AFileTooLargeIsEFBIG) {
  StagingLimits limits;
  limits.file_bytes = 1000;
  reopen(limits);
  const StagedId file = make(root_, "nvram", false);
  EXPECT_EQ(code_of(store_->write(file, 0, std::string(1000, 'x'))), 0);
  EXPECT_EQ(code_of(store_->write(file, 1000, "x")), EFBIG);
  EXPECT_EQ(code_of(store_->write(file, UINT64_MAX, "x")), EFBIG);
  EXPECT_EQ(code_of(store_->truncate(file, 1001)), EFBIG);
  EXPECT_EQ(store_->attributes(file)->size, 1000U);
}

TEST_F(StagingLimitsTest, TooManyBytesAreENOSPCAndRoomComesBack) {
  StagingLimits limits;
  limits.total_bytes = 1000;
  reopen(limits);
  const StagedId first = make_file("a", std::string(600, 'x'));
  const StagedId second = make(root_, "b", false);
  EXPECT_EQ(code_of(store_->write(second, 0, std::string(401, 'x'))), ENOSPC);
  EXPECT_EQ(code_of(store_->truncate(second, 401)), ENOSPC);
  EXPECT_EQ(code_of(store_->write(second, 0, std::string(400, 'x'))), 0);
  EXPECT_EQ(code_of(store_->write(first, 0, std::string(600, 'y'))), 0);  // nothing is added
  ASSERT_TRUE(store_->truncate(first, 100));
  EXPECT_EQ(code_of(store_->write(second, 400, std::string(500, 'x'))), 0);
  ASSERT_TRUE(store_->unlink(root_, "b"));
  EXPECT_EQ(code_of(store_->write(first, 100, std::string(900, 'x'))), 0);
  reopen(limits);  // counted anew
  EXPECT_EQ(code_of(store_->write(make(root_, "c", false), 0, "x")), ENOSPC);
}

TEST_F(StagingLimitsTest, TooManyEntriesAreENOSPC) {
  StagingLimits limits;
  limits.entries = 3;  // one of them is the root
  reopen(limits);
  make(root_, "a", true);
  make(root_, "b", false);
  EXPECT_EQ(code_of(store_->create(root_, "c", false, 0600, 0, 0)), ENOSPC);
  EXPECT_EQ(code_of(store_->rename(root_, "b", root_, "c", 0)), 0);
  ASSERT_TRUE(store_->remove_directory(root_, "a"));
  EXPECT_EQ(code_of(store_->create(root_, "d", false, 0600, 0, 0)), 0);
}

TEST_F(StagingLimitsTest, TooDeepIsELOOP) {
  StagingLimits limits;
  limits.depth = 3;
  reopen(limits);
  const StagedId one = make(root_, "1", true);
  const StagedId two = make(one, "2", true);
  const StagedId three = make(two, "3", true);
  EXPECT_EQ(code_of(store_->create(three, "4", true, 0700, 0, 0)), ELOOP);
  EXPECT_EQ(code_of(store_->create(three, "f", false, 0600, 0, 0)), ELOOP);
  const StagedId flat = make(root_, "flat", true);
  make(flat, "below", false);
  EXPECT_EQ(code_of(store_->rename(root_, "flat", two, "flat", 0)), ELOOP);
  EXPECT_EQ(code_of(store_->rename(root_, "flat", one, "flat", 0)), 0);
  const StagedId other = make(root_, "other", true);
  make(make(other, "x", true), "y", false);
  // Exchanging would put the deep one below.
  EXPECT_EQ(code_of(store_->rename(two, "3", root_, "other", 2)), ELOOP);
  EXPECT_EQ(code_of(store_->rename(root_, "other", two, "3", 2)), ELOOP);
}

TEST_F(StagingLimitsTest, NamesAreChecked) {
  EXPECT_EQ(code_of(store_->create(root_, std::string(256, 'n'), false, 0600, 0, 0)), ENAMETOOLONG);
  EXPECT_EQ(code_of(store_->create(root_, std::string(255, 'n'), false, 0600, 0, 0)), 0);
  EXPECT_EQ(code_of(store_->rename(root_, std::string(255, 'n'), root_, std::string(256, 'n'), 0)),
            ENAMETOOLONG);
  for (const char* name : {"", ".", "..", "a/b"})
    EXPECT_EQ(code_of(store_->create(root_, name, true, 0700, 0, 0)), EINVAL) << name;
}

TEST_F(StagingLimitsTest, AttributesAreLimited) {
  const StagedId file = make_file("a", "x");
  EXPECT_EQ(code_of(store_->set_xattr(file, "user.a", std::string(65'537, 'v'), 0)), E2BIG);
  EXPECT_EQ(code_of(store_->set_xattr(file, "user.a", std::string(65'536, 'v'), 0)), 0);
  EXPECT_EQ(code_of(store_->set_xattr(file, "user.a", "v", 1)), EEXIST);
  EXPECT_EQ(code_of(store_->set_xattr(file, "user.b", "v", 2)), ENODATA);
  for (int i = 1; i < 256; ++i)
    ASSERT_TRUE(store_->set_xattr(file, "user." + std::to_string(i), "v", 0));
  EXPECT_EQ(code_of(store_->set_xattr(file, "user.one more", "v", 0)), ENOSPC);
  EXPECT_EQ(code_of(store_->set_xattr(file, "user.a", "w", 0)), 0);
}

TEST_F(StagingLimitsTest, WhatIsGoneIsENOENT) {
  const StagedId directory = make(root_, "d", true);
  ASSERT_TRUE(store_->remove_directory(root_, "d"));
  EXPECT_EQ(code_of(store_->create(directory, "f", false, 0600, 0, 0)), ENOENT);
  EXPECT_EQ(code_of(store_->list(directory)), ENOENT);
  EXPECT_EQ(code_of(store_->read(directory, 0, 1)), ENOENT);
  const StagedId other = make(root_, "e", true);
  EXPECT_EQ(code_of(store_->read(other, 0, 1)), EISDIR);
}

TEST_F(StagingLimitsTest, ManyThreadsNeverOverstepTheLimit) {
  StagingLimits limits;
  limits.total_bytes = 50'000;
  reopen(limits);
  std::vector<StagedId> files;
  for (int i = 0; i < 4; ++i) files.push_back(make(root_, std::to_string(i), false));
  std::vector<std::thread> writers;
  writers.reserve(files.size());
  for (const StagedId file : files)
    writers.emplace_back([this, file] {
      for (uint64_t at = 0; store_->write(file, at, std::string(97, 'x')); at += 97) {
      }
    });
  for (std::thread& writer : writers) writer.join();
  uint64_t total = 0;
  for (const StagedId file : files) total += store_->attributes(file)->size;
  EXPECT_LE(total, 50'000U);
  EXPECT_GT(total, 50'000U - 4 * 97);
}

TEST_F(StagingLimitsTest, ADirectoryThatIsGoneFromUnderUsIsEIO) {
  const StagedId file = make_file("a", "bytes");
  std::filesystem::remove_all(path());
  EXPECT_EQ(code_of(store_->create(root_, "b", false, 0600, 0, 0)), EIO);
  EXPECT_EQ(code_of(store_->read(file, 0, 5)), EIO) << "it is not empty";
  EXPECT_EQ(code_of(store_->write(file, 0, "other")), EIO);
  EXPECT_EQ(code_of(store_->truncate(file, 0)), EIO);
  EXPECT_EQ(code_of(store_->fsync(file)), EIO);
  EXPECT_EQ(store_->list(root_)->size(), 1U);
}

/// A file system of 256 KiB, where that may be mounted: in a mount namespace of this process, so
/// that it goes with it however it ends.
class StagingFullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", temporary_.path().c_str(), "tmpfs", 0, "size=256k,nr_inodes=200") != 0)
      GTEST_SKIP() << "no tmpfs can be mounted here";
    mounted_ = true;
    open();
  }
  void TearDown() override {
    store_.reset();
    if (mounted_) {
      EXPECT_EQ(umount(temporary_.path().c_str()), 0);
    }
  }
  void open() {
    store_.reset();
    auto opened = StagingStore::open(temporary_.path() + "/s", clock_);
    ASSERT_TRUE(opened) << opened.error().words;
    store_ = std::move(*opened);
    root_ = store_->root("dc").value();
  }

  TemporaryDirectory temporary_;
  TickingClock clock_;
  std::unique_ptr<StagingStore> store_;
  StagedId root_ = 0;
  bool mounted_ = false;
};

TEST_F(StagingFullDisk, AWriteThatDoesNotFitIsENOSPCAndLeavesAWholeStore) {
  const StagedId file = store_->create(root_, "nvram", false, 0600, 0, 0).value();
  EXPECT_EQ(code_of(store_->write(file, 0, std::string(1U << 20, 'x'))), ENOSPC);
  const uint64_t size = store_->attributes(file)->size;  // what did fit
  EXPECT_LT(size, 256U << 10);
  EXPECT_EQ(store_->read(file, 0, 1U << 20)->size(), size);
  ASSERT_TRUE(store_->truncate(file, 10));
  EXPECT_EQ(code_of(store_->write(file, 10, "y")), 0);
  open();
  EXPECT_EQ(store_->read(file, 0, 100).value_or("?"), std::string(10, 'x') + "y");
}

TEST_F(StagingFullDisk, ChangesThatFindNoRoomInTheIndexDidNotHappen) {
  const StagedId file = store_->create(root_, "filler", false, 0600, 0, 0).value();
  EXPECT_EQ(code_of(store_->write(file, 0, std::string(1U << 20, 'x'))), ENOSPC);
  // Now the index: names until its last page is full.
  int made = 0;
  Result<StagedId> last = StagedId{0};
  while ((last = store_->create(root_, "d" + std::to_string(made), true, 0700, 0, 0))) ++made;
  EXPECT_EQ(code_of(last), ENOSPC);
  EXPECT_EQ(store_->list(root_)->size(), static_cast<size_t>(made) + 1);
  EXPECT_EQ(code_of(store_->set_xattr(root_, "user.long", std::string(10'000, 'v'), 0)), ENOSPC);
  EXPECT_EQ(code_of(store_->get_xattr(root_, "user.long")), ENODATA);
  // Room again: what comes now follows the last whole record.
  ASSERT_TRUE(store_->truncate(file, 0));
  ASSERT_TRUE(store_->create(root_, "after", true, 0700, 0, 0));
  open();
  EXPECT_EQ(store_->list(root_)->size(), static_cast<size_t>(made) + 2);
  EXPECT_TRUE(store_->lookup(root_, "after"));
}

TEST_F(StagingFullDisk, RemovingNeedsNoRoom) {
  const StagedId directory = store_->create(root_, "d", true, 0700, 0, 0).value();
  for (const char* name : {"keyId", "nvram"}) {
    const StagedId file = store_->create(directory, name, false, 0600, 0, 0).value();
    store_->write(file, 0, std::string(1U << 20, 'x'));
  }
  Result<StagedId> more = StagedId{0};
  for (int i = 0; more; ++i)
    more = store_->create(root_, std::to_string(i) + std::string(200, 'n'), true, 0700, 0, 0);
  EXPECT_EQ(code_of(more), ENOSPC);
  EXPECT_EQ(code_of(store_->end_with_mount(directory)), 0);
  EXPECT_EQ(code_of(store_->unlink(directory, "nvram")), 0);
  EXPECT_EQ(code_of(store_->unlink(directory, "keyId")), 0);
  EXPECT_EQ(code_of(store_->remove_directory(root_, "d")), 0);
  EXPECT_EQ(code_of(store_->create(root_, "d", true, 0700, 0, 0)), 0);
  open();
  EXPECT_TRUE(store_->lookup(root_, "d"));
}

TEST_F(StagingFullDisk, ThatAFileFoundNoRoomIsKept) {
  const StagedId file = store_->create(root_, "nvram", false, 0600, 0, 0).value();
  EXPECT_EQ(code_of(store_->write(file, 0, std::string(1U << 20, 'x'))), ENOSPC);
  EXPECT_EQ(store_->incomplete(file), 0);
  EXPECT_EQ(code_of(store_->set_incomplete(file, ENOSPC)), 0);
  ASSERT_TRUE(store_->truncate(file, 1000));  // room for the new index
  open();
  EXPECT_EQ(store_->incomplete(file), ENOSPC);
  open();  // also from the index that was written anew
  EXPECT_EQ(store_->incomplete(file), ENOSPC);
  EXPECT_EQ(code_of(store_->set_incomplete(file, 0)), 0);
  open();
  EXPECT_EQ(store_->incomplete(file), 0);
  EXPECT_EQ(code_of(store_->set_incomplete(12345, EIO)), ENOENT);
}

TEST_F(StagingFullDisk, WhatWasKeptForRemovalsIsEnoughToBeginAnew) {
  ASSERT_TRUE(store_->create(root_, "d", true, 0700, 0, 0));
  std::ofstream filler(temporary_.path() + "/filler");
  while (filler << std::string(4096, 'x') << std::flush) {
  }
  open();
  EXPECT_TRUE(store_->lookup(root_, "d"));
  EXPECT_EQ(code_of(store_->remove_directory(root_, "d")), 0);
}

TEST_F(StagingFullDisk, WhatEndedWithTheMountMakesRoomForTheNext) {
  const StagedId done = store_->create(root_, "done", true, 0700, 0, 0).value();
  const StagedId file = store_->create(done, "nvram", false, 0600, 0, 0).value();
  ASSERT_TRUE(store_->write(file, 0, std::string(100'000, 'x')));
  ASSERT_TRUE(store_->end_with_mount(done));
  const StagedId kept = store_->create(root_, "kept", false, 0600, 0, 0).value();
  EXPECT_EQ(code_of(store_->write(kept, 0, std::string(1U << 20, 'y'))), ENOSPC);
  open();
  EXPECT_EQ(code_of(store_->lookup(root_, "done")), ENOENT);
  EXPECT_TRUE(store_->lookup(root_, "kept"));
  EXPECT_EQ(code_of(store_->create(root_, "more", false, 0600, 0, 0)), 0);
}

TEST_F(StagingFullDisk, AReadOnlyDiskCanStillBeRead) {
  const StagedId file = store_->create(root_, "nvram", false, 0600, 0, 0).value();
  ASSERT_TRUE(store_->write(file, 0, "bytes"));
  // The index is open for writing, and keeps the whole disk from being remounted: its files alone
  // turn read-only.
  const std::string data = temporary_.path() + "/s/data";
  ASSERT_EQ(mount(data.c_str(), data.c_str(), nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(mount(nullptr, data.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
  EXPECT_EQ(store_->read(file, 0, 100).value_or("?"), "bytes");
  EXPECT_EQ(code_of(store_->write(file, 0, "other")), EROFS);
  EXPECT_EQ(code_of(store_->truncate(file, 0)), EROFS);
  EXPECT_EQ(code_of(store_->create(root_, "more", false, 0600, 0, 0)), EROFS);
  store_->hold(file);
  EXPECT_EQ(store_->read(file, 0, 100).value_or("?"), "bytes");
  ASSERT_EQ(umount(data.c_str()), 0);
  EXPECT_EQ(code_of(store_->write(file, 0, "other")), 0) << "it is well again";
  store_->let_go(file);
}

}  // namespace
}  // namespace vtpmfs::cache::staging_test
