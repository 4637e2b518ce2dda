// The glue against a kernel made of a socket: what every request is answered with.
#include <fcntl.h>
#include <sys/stat.h>

#include "fake_kernel.h"
#include "memory_tree.h"

namespace vtpmfs::fs::kernel {
namespace {

using memory::MemoryDirectory;
using memory::MemoryFile;

class GlueTest : public testing::Test {
 protected:
  GlueTest() {
    root_->add("plain", file_);
    file_->xattrs["user.note"] = "hello";
    file_->entry_timeout = std::chrono::milliseconds(2500);
    file_->attribute_timeout = std::chrono::hours(1);
  }
  /// Looks `plain` up and opens it.
  uint64_t open_plain(uint32_t flags = O_RDONLY) {
    EXPECT_EQ(kernel_.lookup(1, "plain").error, 0);
    const auto opened = kernel_.call(FUSE_OPEN, 20, FakeKernel::open_request(flags));
    EXPECT_EQ(opened.error, 0);
    return opened.as<fuse_open_out>().fh;
  }

  std::shared_ptr<MemoryDirectory> root_ = std::make_shared<MemoryDirectory>(1);
  std::shared_ptr<MemoryFile> file_ = std::make_shared<MemoryFile>(20, std::string(700, 'x'));
  std::atomic<int> ready_{0};
  FakeKernel kernel_{root_, {{}, 16, false, [this] { ++ready_; }}};
};

TEST_F(GlueTest, InitNegotiatesWhatTheTreeNeeds) {
  EXPECT_EQ(ready_, 0);
  const fuse_init_out out = kernel_.init();
  EXPECT_EQ(ready_, 1);
  EXPECT_TRUE(out.flags & FUSE_DO_READDIRPLUS);
  EXPECT_FALSE(out.flags & FUSE_READDIRPLUS_AUTO);
  EXPECT_TRUE(out.flags & FUSE_ASYNC_READ);
  EXPECT_TRUE(out.flags & FUSE_AUTO_INVAL_DATA);
  EXPECT_FALSE(out.flags & FUSE_WRITEBACK_CACHE);
  EXPECT_FALSE(out.flags & FUSE_HANDLE_KILLPRIV);
  EXPECT_FALSE(out.flags & FUSE_POSIX_ACL);
  EXPECT_FALSE(out.flags & FUSE_EXPORT_SUPPORT);
  EXPECT_EQ(out.max_write, 1U << 20);
  EXPECT_GE(out.max_background, 64);
}

TEST_F(GlueTest, LookupTellsAttributesAndTimeouts) {
  kernel_.init();
  const auto answer = kernel_.lookup(1, "plain");
  ASSERT_EQ(answer.error, 0);
  const auto entry = answer.as<fuse_entry_out>();
  EXPECT_EQ(entry.nodeid, 20U);
  EXPECT_EQ(entry.attr.ino, 20U);
  EXPECT_EQ(entry.attr.mode, S_IFREG | 0644U);
  EXPECT_EQ(entry.attr.size, 700U);
  EXPECT_EQ(entry.attr.blocks, 2U);
  EXPECT_EQ(entry.attr.blksize, 4096U);
  EXPECT_EQ(entry.attr.mtime, 1700000000U);
  EXPECT_EQ(entry.entry_valid, 2U);
  EXPECT_EQ(entry.entry_valid_nsec, 500'000'000U);
  EXPECT_EQ(entry.attr_valid, 3600U);
}

TEST_F(GlueTest, ErrorsComeThroughAndAreCounted) {
  kernel_.init();
  EXPECT_EQ(kernel_.lookup(1, "absent").error, ENOENT);
  EXPECT_EQ(kernel_.getattr(999).error, ESTALE);
  file_->open_error = ENOKEY;
  kernel_.lookup(1, "plain");
  EXPECT_EQ(kernel_.call(FUSE_OPEN, 20, FakeKernel::open_request(O_RDONLY)).error, ENOKEY);
  const RequestCounts counts = kernel_.session().counts();
  EXPECT_EQ(counts[Operation::lookup].requests, 2U);
  EXPECT_EQ(counts[Operation::lookup].errors, 1U);
  EXPECT_EQ(counts[Operation::open].errors, 1U);
  EXPECT_EQ(counts.dropped, 0U);
}

TEST_F(GlueTest, EnosysNeverReachesTheKernel) {
  kernel_.init();
  kernel_.lookup(1, "plain");
  file_->open_error = ENOSYS;  // would switch OPEN off for good
  EXPECT_EQ(kernel_.call(FUSE_OPEN, 20, FakeKernel::open_request(O_RDONLY)).error, EIO);
}

TEST_F(GlueTest, ReadsWritesAndFlushes) {
  kernel_.init();
  const uint64_t handle = open_plain(O_RDWR);
  EXPECT_EQ(kernel_.call(FUSE_READ, 20, FakeKernel::read_request(handle, 690, 4096)).bytes,
            std::string(10, 'x'));
  EXPECT_EQ(kernel_.call(FUSE_READ, 20, FakeKernel::read_request(handle, 7000, 4096)).bytes, "");

  fuse_write_in write{};
  write.fh = handle;
  write.offset = 698;
  write.size = 4;
  const auto written = kernel_.call(FUSE_WRITE, 20, FakeKernel::bytes_of(write) + "abcd");
  EXPECT_EQ(written.as<fuse_write_out>().size, 4U);
  EXPECT_EQ(file_->content().substr(696), "xxabcd");

  file_->flush_error = EBADMSG;
  EXPECT_EQ(kernel_.call(FUSE_FLUSH, 20, FakeKernel::flush_request(handle)).error, EBADMSG);
  EXPECT_EQ(file_->live_handles, 1);
  EXPECT_EQ(kernel_.call(FUSE_RELEASE, 20, FakeKernel::release_request(handle)).error, 0);
  // The thread that answered the flush may still hold the file for a moment.
  EXPECT_TRUE(FakeKernel::eventually([&] { return file_->live_handles == 0; }));
  EXPECT_EQ(kernel_.call(FUSE_FLUSH, 20, FakeKernel::flush_request(handle)).error, EBADF);
}

TEST_F(GlueTest, OnlyReadersAreSparedTheFlush) {
  kernel_.init();
  kernel_.lookup(1, "plain");
  file_->no_flush = true;
  file_->keep_cache = true;
  const auto flags = [&](uint32_t open_flags) {
    return kernel_.call(FUSE_OPEN, 20, FakeKernel::open_request(open_flags))
        .as<fuse_open_out>()
        .open_flags;
  };
  EXPECT_TRUE(flags(O_RDONLY) & FOPEN_NOFLUSH);
  EXPECT_TRUE(flags(O_RDONLY) & FOPEN_KEEP_CACHE);
  EXPECT_FALSE(flags(O_WRONLY) & FOPEN_NOFLUSH);
  EXPECT_FALSE(flags(O_RDWR) & FOPEN_NOFLUSH);
}

TEST_F(GlueTest, SetattrDecodesWhatIsKnownAndIgnoresTheRest) {
  kernel_.init();
  kernel_.lookup(1, "plain");
  fuse_setattr_in in{};
  in.valid = FATTR_MODE | FATTR_UID | FATTR_SIZE | FATTR_MTIME | FATTR_KILL_SUIDGID | (1U << 30);
  in.mode = S_IFREG | 04751;
  in.uid = 7;
  in.size = 3;
  in.mtime = 1600000000;
  in.mtimensec = 123456789;
  const auto answer = kernel_.call(FUSE_SETATTR, 20, FakeKernel::bytes_of(in));
  ASSERT_EQ(answer.error, 0);
  EXPECT_EQ(answer.as<fuse_attr_out>().attr.size, 3U);
  EXPECT_EQ(file_->last_change.permissions, 04751U);
  EXPECT_EQ(file_->last_change.uid, 7U);
  EXPECT_FALSE(file_->last_change.gid);
  EXPECT_FALSE(file_->last_change.atime);
  EXPECT_EQ(file_->last_change.mtime,
            TimePoint{std::chrono::seconds{1600000000} + std::chrono::nanoseconds{123456789}});
  EXPECT_EQ(file_->content(), "xxx");
}

TEST_F(GlueTest, TouchMeansNow) {
  kernel_.init();
  kernel_.lookup(1, "plain");
  const auto before = std::chrono::system_clock::now();
  fuse_setattr_in in{};
  in.valid = FATTR_ATIME | FATTR_MTIME | FATTR_ATIME_NOW | FATTR_MTIME_NOW;
  ASSERT_EQ(kernel_.call(FUSE_SETATTR, 20, FakeKernel::bytes_of(in)).error, 0);
  ASSERT_TRUE(file_->last_change.atime && file_->last_change.mtime);
  EXPECT_GE(*file_->last_change.atime, before);
  EXPECT_GE(*file_->last_change.mtime, before);
}

TEST_F(GlueTest, CreateGivesNodeAndHandle) {
  kernel_.init();
  fuse_create_in in{};
  in.flags = O_WRONLY | O_CREAT | O_EXCL;
  in.mode = S_IFREG | 0600;
  const auto answer = kernel_.call(FUSE_CREATE, 1, FakeKernel::bytes_of(in) + "new" + '\0');
  ASSERT_EQ(answer.error, 0);
  const auto entry = answer.as<fuse_entry_out>();
  const auto opened = answer.as<fuse_open_out>(sizeof(fuse_entry_out));
  EXPECT_NE(entry.nodeid, 0U);
  EXPECT_FALSE(opened.open_flags & FOPEN_NOFLUSH);
  EXPECT_EQ(kernel_.session().known_nodes(), 1U);
  EXPECT_EQ(kernel_.session().open_handles(), 1U);
  EXPECT_EQ(kernel_.call(FUSE_FLUSH, entry.nodeid, FakeKernel::flush_request(opened.fh)).error, 0);
}

TEST_F(GlueTest, MknodMakesRegularFilesAndNothingElse) {
  kernel_.init();
  fuse_mknod_in in{};
  in.mode = S_IFREG | 0600;
  EXPECT_EQ(kernel_.call(FUSE_MKNOD, 1, FakeKernel::bytes_of(in) + "file" + '\0').error, 0);
  EXPECT_EQ(kernel_.session().open_handles(), 0U);
  in.mode = S_IFIFO | 0600;
  EXPECT_EQ(kernel_.call(FUSE_MKNOD, 1, FakeKernel::bytes_of(in) + "fifo" + '\0').error, EROFS);
  EXPECT_EQ(kernel_.call(FUSE_SYMLINK, 1, std::string("name\0target\0", 12)).error, EROFS);
  kernel_.lookup(1, "plain");
  fuse_link_in link{};
  link.oldnodeid = 20;
  EXPECT_EQ(kernel_.call(FUSE_LINK, 1, FakeKernel::bytes_of(link) + "hard" + '\0').error, EROFS);
}

TEST_F(GlueTest, RenameIsRefusedWithErofsNotExdev) {
  kernel_.init();
  fuse_rename_in in{};
  in.newdir = 1;
  EXPECT_EQ(kernel_.call(FUSE_RENAME, 1, FakeKernel::bytes_of(in) + std::string("a\0b\0", 4)).error,
            EROFS);
}

TEST_F(GlueTest, ExtendedAttributesFollowTheSizeProtocol) {
  kernel_.init();
  kernel_.lookup(1, "plain");
  const auto get = [&](const std::string& name, uint32_t room) {
    fuse_getxattr_in in{};
    in.size = room;
    return kernel_.call(FUSE_GETXATTR, 20, FakeKernel::bytes_of(in) + name + '\0');
  };
  EXPECT_EQ(get("user.note", 0).as<fuse_getxattr_out>().size, 5U);
  EXPECT_EQ(get("user.note", 4).error, ERANGE);
  EXPECT_EQ(get("user.note", 5).bytes, "hello");
  EXPECT_EQ(get("user.other", 0).error, ENODATA);

  fuse_getxattr_in list{};
  EXPECT_EQ(
      kernel_.call(FUSE_LISTXATTR, 20, FakeKernel::bytes_of(list)).as<fuse_getxattr_out>().size,
      10U);
  list.size = 100;
  EXPECT_EQ(kernel_.call(FUSE_LISTXATTR, 20, FakeKernel::bytes_of(list)).bytes,
            std::string("user.note\0", 10));
  fuse_setxattr_in set{};
  set.size = 1;
  // Without FUSE_SETXATTR_EXT the request is the short, old one.
  EXPECT_EQ(kernel_
                .call(FUSE_SETXATTR, 20,
                      FakeKernel::bytes_of(set).substr(0, FUSE_COMPAT_SETXATTR_IN_SIZE) +
                          "user.note" + '\0' + "1")
                .error,
            EROFS);
}

TEST_F(GlueTest, FileSystemStatusAndLeftOutOperations) {
  kernel_.init();
  const auto status = kernel_.call(FUSE_STATFS, 1).as<fuse_statfs_out>().st;
  EXPECT_EQ(status.namelen, 255U);
  EXPECT_GT(status.bavail, 0U);
  EXPECT_EQ(kernel_.call(FUSE_FALLOCATE, 1, FakeKernel::bytes_of(fuse_fallocate_in{})).error,
            ENOSYS);  // the kernel makes EOPNOTSUPP of it
  EXPECT_EQ(
      kernel_.call(FUSE_COPY_FILE_RANGE, 1, FakeKernel::bytes_of(fuse_copy_file_range_in{})).error,
      ENOSYS);
  EXPECT_EQ(kernel_.call(FUSE_IOCTL, 1, FakeKernel::bytes_of(fuse_ioctl_in{})).error, ENOTTY);
}

TEST_F(GlueTest, HangingUpEndsTheSessionAndFreesWhatIsOpen) {
  kernel_.init();
  open_plain();
  EXPECT_EQ(file_->live_handles, 1);
  kernel_.hang_up();
  EXPECT_TRUE(kernel_.wait_for_end());
  kernel_.close();
  EXPECT_EQ(file_->live_handles, 0);
}

}  // namespace
}  // namespace vtpmfs::fs::kernel
