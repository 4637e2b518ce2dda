// The glue under the real kernel: what programs see.
#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <set>
#include <vector>

#include "tests/mount/glue/mounted_tree.h"

namespace vtpmfs::fs {
namespace {

using memory::MemoryDirectory;
using memory::MemoryFile;
using memory::MemoryFilePtr;

class RealKernelTest : public MountedTree {
 protected:
  RealKernelTest() {
    for (int i = 0; i < 300; ++i)
      large_content_ += std::string(1000, static_cast<char>('a' + i % 26));
    large_ = std::make_shared<MemoryFile>(20, large_content_);
    small_ = std::make_shared<MemoryFile>(21, "efi\n");
    folder_->add("large", large_);
    folder_->add("small", small_);
    folder_->add("empty", std::make_shared<MemoryFile>(22, ""));
    root_->add("folder", folder_);
    root_->add("slow", slow_);
  }

  static int errno_of_reading(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char byte = 0;
    const int result = ::read(file, &byte, 1) < 0 ? errno : 0;
    ::close(file);
    return result;
  }

  std::string large_content_;
  MemoryFilePtr large_, small_;
  MemoryFilePtr slow_ = std::make_shared<MemoryFile>(30, std::string(100000, 's'));
  std::shared_ptr<MemoryDirectory> folder_ = std::make_shared<MemoryDirectory>(50);
};

TEST_F(RealKernelTest, CopyingToolsReadEveryByte) {
  EXPECT_EQ(shell("cp -r mount/folder copied && diff -r mount/folder copied"), 0);
  EXPECT_EQ(shell("mkdir tarred && tar -C mount -cf - folder | tar -C tarred -xf -"), 0);
  EXPECT_EQ(shell("diff -r mount/folder tarred/folder"), 0);
  EXPECT_EQ(shell("mkdir sparse && tar -S -C mount -cf - folder | tar -C sparse -xf -"), 0);
  EXPECT_EQ(content_of(scratch_ / "sparse/folder/large"), large_content_);
  EXPECT_EQ(shell("cat mount/folder/small mount/folder/empty > joined"), 0);
  EXPECT_EQ(content_of(scratch_ / "joined"), "efi\n");
  EXPECT_EQ(shell("test \"$(find mount -type f | wc -l)\" = 4"), 0);
  EXPECT_EQ(session_->counts().dropped, 0U);
}

TEST_F(RealKernelTest, StatShowsWhatTheNodeSays) {
  struct stat status {};
  ASSERT_EQ(::stat(at("folder/large").c_str(), &status), 0);
  EXPECT_EQ(status.st_ino, 20U);
  EXPECT_EQ(status.st_size, 300000);
  EXPECT_EQ(status.st_blocks, (300000 + 511) / 512);
  EXPECT_EQ(status.st_mtim.tv_sec, 1700000000);
  struct statvfs file_system {};
  ASSERT_EQ(::statvfs(mount_.c_str(), &file_system), 0);
  EXPECT_EQ(file_system.f_namemax, 255U);
}

TEST_F(RealKernelTest, ListingCarriesAttributes) {
  DIR* directory = ::opendir(at("folder").c_str());
  ASSERT_NE(directory, nullptr);
  std::set<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    EXPECT_NE(entry->d_ino, 0U);
    names.insert(entry->d_name);
  }
  ::closedir(directory);
  EXPECT_EQ(names, (std::set<std::string>{".", "..", "empty", "large", "small"}));
  EXPECT_GE(session_->counts()[kernel::Operation::readdirplus].requests, 1U);
  EXPECT_EQ(session_->counts()[kernel::Operation::readdir].requests, 0U);
}

TEST_F(RealKernelTest, CloseTellsTheError) {
  root_->prepare_new_files([](MemoryFile& file) { file.flush_error = EBADMSG; });
  const int file = ::open(at("written").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0) << errno;
  EXPECT_EQ(::write(file, "data", 4), 4);
  EXPECT_EQ(::close(file), -1);
  EXPECT_EQ(errno, EBADMSG);
  EXPECT_EQ(shell("cp mount/folder/small mount/copied"), 1);
  EXPECT_EQ(shell("cat mount/folder/small > mount/catted"), 1);
  EXPECT_EQ(shell("install mount/folder/small mount/installed"), 1);
  root_->prepare_new_files(nullptr);
  EXPECT_EQ(shell("cp mount/folder/small mount/good && cmp mount/good mount/folder/small"), 0);
}

TEST_F(RealKernelTest, OpenAndReadTellTheirErrors) {
  small_->open_error = ENOKEY;
  EXPECT_EQ(::open(at("folder/small").c_str(), O_RDONLY | O_CLOEXEC), -1);
  EXPECT_EQ(errno, ENOKEY);
  large_->read_error = ETIMEDOUT;
  const int file = ::open(at("folder/large").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  char byte = 0;
  EXPECT_EQ(::read(file, &byte, 1), -1);
  EXPECT_EQ(errno, ETIMEDOUT);
  ::close(file);
  EXPECT_NE(shell("cp -r mount/folder failed"), 0);
}

TEST_F(RealKernelTest, ChangesThatNodesDoNotKnowAreErofs) {
  EXPECT_EQ(::rename(at("folder").c_str(), at("other").c_str()), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::rename(at("slow").c_str(), at("folder/slow").c_str()), -1);
  EXPECT_EQ(errno, EROFS);  // EXDEV would make mv copy and delete
  EXPECT_EQ(::symlink("x", at("link").c_str()), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::rmdir(at("folder").c_str()), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::setxattr(at("slow").c_str(), "user.x", "1", 1, 0), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_F(RealKernelTest, LeftOutOperationsFallBack) {
  const int file = ::open(at("new").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  EXPECT_EQ(::fallocate(file, 0, 0, 100), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  EXPECT_EQ(::isatty(file), 0);
  EXPECT_EQ(errno, ENOTTY);
  ASSERT_EQ(::write(file, "0123456789", 10), 10);
  EXPECT_EQ(::lseek(file, 0, SEEK_DATA), 0);
  EXPECT_EQ(::lseek(file, 0, SEEK_HOLE), 10);
  EXPECT_EQ(::fsync(file), 0);
  EXPECT_EQ(::ftruncate(file, 3), 0);
  struct stat status {};
  EXPECT_EQ(::fstat(file, &status), 0);
  EXPECT_EQ(status.st_size, 3);
  EXPECT_EQ(::close(file), 0);
  EXPECT_EQ(shell("cp mount/new mount/newer && sync mount/folder"), 0);
}

TEST_F(RealKernelTest, SixtyFourStalledOpensStopNobodyElse) {
  slow_->open_gate.close();
  std::vector<std::thread> openers;
  std::atomic<int> opened{0};
  for (int i = 0; i < 64; ++i) {
    openers.emplace_back([&] {
      const int file = ::open(at("slow").c_str(), O_RDONLY | O_CLOEXEC);
      if (file >= 0) ++opened;
      ::close(file);
    });
  }
  EXPECT_TRUE(slow_->open_gate.wait_for_arrivals(64));
  struct stat status {};
  EXPECT_EQ(::stat(at("folder/small").c_str(), &status), 0);
  EXPECT_EQ(content_of(at("folder/small")), "efi\n");
  EXPECT_EQ(opened, 0);
  slow_->open_gate.open();
  for (std::thread& opener : openers) opener.join();
  EXPECT_EQ(opened, 64);
}

TEST_F(RealKernelTest, StalledReadsOfManyFilesStopNoOther) {
  constexpr int kFiles =
      40;  // more than the 12 background requests that the kernel allows by itself
  std::vector<MemoryFilePtr> files;
  for (int i = 0; i < kFiles; ++i) {
    files.push_back(std::make_shared<MemoryFile>(500 + static_cast<uint64_t>(i), "content"));
    files.back()->read_gate.close();
    root_->add("file" + std::to_string(i), files.back());
  }
  std::vector<std::thread> readers;
  std::atomic<int> right{0};
  for (int i = 0; i < kFiles; ++i) {
    readers.emplace_back([&, i] {
      if (content_of(at("file" + std::to_string(i))) == "content") ++right;
    });
  }
  for (const MemoryFilePtr& file : files) EXPECT_TRUE(file->read_gate.wait_for_arrivals(1));
  EXPECT_EQ(content_of(at("folder/large")), large_content_);
  for (const MemoryFilePtr& file : files) file->read_gate.open();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(right, kFiles);
}

TEST_F(RealKernelTest, AKilledProgramEndsAtOnce) {
  slow_->open_gate.close();
  const std::string path = at("slow");  // a child of many threads may not allocate
  const pid_t child = ::fork();
  if (child == 0) {
    ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    ::_exit(0);
  }
  EXPECT_TRUE(slow_->open_gate.wait_for_arrivals(1));
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);  // hangs if INTERRUPT is not honoured
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(eventually([&] { return slow_->interrupted(); }));
  slow_->open_gate.open();
  EXPECT_EQ(slow_->live_handles, 0);
}

TEST_F(RealKernelTest, AnInterruptedCloseIsEintr) {
  root_->prepare_new_files([](MemoryFile& file) { file.flush_gate.close(); });
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  std::atomic<int> close_errno{-1};
  std::thread writer([&] {
    const int file = ::open(at("written").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close_errno = ::close(file) == 0 ? 0 : errno;
  });
  ASSERT_TRUE(eventually([&] { return root_->find("written") != nullptr; }));
  const auto file = std::dynamic_pointer_cast<MemoryFile>(root_->find("written"));
  ASSERT_TRUE(file->flush_gate.wait_for_arrivals(1));
  ::pthread_kill(writer.native_handle(), SIGUSR1);
  writer.join();
  EXPECT_EQ(close_errno, EINTR);
  file->flush_gate.open();
}

TEST_F(RealKernelTest, ExitFreesWhoWaitsAndUnmounts) {
  large_->read_gate.close();
  std::atomic<int> read_errno{-1};
  std::thread reader([&] { read_errno = errno_of_reading(at("folder/large")); });
  ASSERT_TRUE(large_->read_gate.wait_for_arrivals(1));
  session_->exit();
  reader.join();
  EXPECT_THAT(read_errno.load(), testing::AnyOf(ENOTCONN, ECONNABORTED));
  EXPECT_TRUE(wait_for_end());
  EXPECT_TRUE(std::filesystem::is_empty(mount_));
  large_->read_gate.open();
}

TEST_F(RealKernelTest, UnmountingEndsTheSession) {
  EXPECT_EQ(shell("fusermount3 -u mount || umount mount"), 0);
  EXPECT_TRUE(wait_for_end());
}

TEST_F(RealKernelTest, InvalidatedEntriesAndInodesAreAskedForAgain) {
  for (const MemoryFilePtr& file : {large_, small_}) {
    file->entry_timeout = file->attribute_timeout = std::chrono::hours(1);
    file->keep_cache = true;
  }
  struct stat status {};
  EXPECT_EQ(content_of(at("folder/small")), "efi\n");
  const uint64_t reads = session_->counts()[kernel::Operation::read].requests;
  EXPECT_EQ(content_of(at("folder/small")), "efi\n");
  EXPECT_EQ(session_->counts()[kernel::Operation::read].requests, reads);  // pages were kept

  // Another object under the same name.
  folder_->add("small", std::make_shared<MemoryFile>(60, "bios and more\n"));
  session_->notifier().invalidate_entry(InodeNumber{50}, "small");
  EXPECT_TRUE(eventually(
      [&] { return ::stat(at("folder/small").c_str(), &status) == 0 && status.st_ino == 60U; }));
  EXPECT_EQ(content_of(at("folder/small")), "bios and more\n");

  // Other content of the same object.
  EXPECT_EQ(content_of(at("folder/large")), large_content_);
  EXPECT_EQ(::stat(at("folder/large").c_str(), &status), 0);  // reading made the kernel ask again
  AttributeChange shorter;
  shorter.size = 5;
  large_->set_attributes(shorter, nullptr, {}, [](const Result<Attributes>&) {});
  EXPECT_EQ(::stat(at("folder/large").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 300000);  // as promised for an hour
  session_->notifier().invalidate_inode(InodeNumber{20});
  EXPECT_TRUE(eventually(
      [&] { return ::stat(at("folder/large").c_str(), &status) == 0 && status.st_size == 5; }));
  EXPECT_EQ(content_of(at("folder/large")), large_content_.substr(0, 5));
}

TEST_F(RealKernelTest, EstaleAtOpenMakesTheKernelAskForTheSize) {
  large_->entry_timeout = large_->attribute_timeout = std::chrono::hours(1);
  struct stat status {};
  ASSERT_EQ(::stat(at("folder/large").c_str(), &status), 0);
  const auto change_size = [this](uint64_t size) {
    const uint64_t told = large_->told_size;
    AttributeChange change;
    change.size = size;
    large_->set_attributes(change, nullptr, {}, [](const Result<Attributes>&) {});
    large_->told_size = told;  // the kernel got no answer of this
  };
  // It grows, and no notification comes before it is opened.
  change_size(400'000);
  ASSERT_EQ(::stat(at("folder/large").c_str(), &status), 0);
  ASSERT_EQ(status.st_size, 300'000);
  large_->stale_unless_told = true;
  EXPECT_EQ(content_of(at("folder/large")).size(), 400'000U);
  // ... the same from a directory that is open, as tar does it, and where it shrinks
  const int folder = ::open(at("folder").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(folder, 0);
  change_size(7);
  const int file = ::openat(folder, "large", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ASSERT_GE(file, 0) << errno;
  ASSERT_EQ(::fstat(file, &status), 0);
  EXPECT_EQ(status.st_size, 7);
  ::close(file);
  ::close(folder);
}

TEST_F(RealKernelTest, NotificationsDuringStalledReadsNeverHoldUpTheEnd) {
  slow_->read_gate.close();
  std::atomic<int> read_errno{-1};
  std::thread reader([&] { read_errno = errno_of_reading(at("slow")); });
  ASSERT_TRUE(slow_->read_gate.wait_for_arrivals(1));
  // Waits in the kernel for the page that the read has locked.
  session_->notifier().invalidate_inode(InodeNumber{30});
  struct stat status {};
  EXPECT_EQ(::stat(at("folder/small").c_str(), &status), 0);
  session_->exit();
  reader.join();
  EXPECT_THAT(read_errno.load(), testing::AnyOf(ENOTCONN, ECONNABORTED));
  EXPECT_TRUE(wait_for_end());
  slow_->read_gate.open();
}

TEST(MountPointTest, AMountThatIsNotPossibleSaysSo) {
  if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "no /dev/fuse here";
  const auto session = kernel::FuseSession::mount(std::make_shared<MemoryDirectory>(1),
                                                  "/nonexistent/mount/point", {});
  ASSERT_FALSE(session);
  kernel::SessionSettings settings;
  settings.options = {"no_such_option_at_all"};
  std::string scratch = (std::filesystem::temp_directory_path() / "vtpmfs-glue-XXXXXX").string();
  ASSERT_NE(::mkdtemp(scratch.data()), nullptr);
  const auto unknown =
      kernel::FuseSession::mount(std::make_shared<MemoryDirectory>(1), scratch, settings);
  std::filesystem::remove(scratch);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errno{EINVAL});
}

}  // namespace
}  // namespace vtpmfs::fs
