// What the kernel was told of, and what it forgets; listings with and without attributes.
#include <dirent.h>
#include <sys/stat.h>

#include <set>

#include "fake_kernel.h"
#include "fs/kernel/inode_table.h"
#include "memory_tree.h"

namespace vtpmfs::fs::kernel {
namespace {

using memory::MemoryDirectory;
using memory::MemoryFile;

struct Listed {
  std::string name;
  uint64_t ino = 0;
  uint32_t type = 0;
  uint64_t node = 0;  ///< of readdirplus
  uint64_t offset = 0;
};

std::vector<Listed> parse(const std::string& page, bool plus) {
  std::vector<Listed> entries;
  size_t at = 0;
  while (at + FUSE_NAME_OFFSET < page.size()) {
    Listed listed;
    if (plus) {
      fuse_entry_out entry{};
      std::memcpy(&entry, page.data() + at, sizeof entry);
      listed.node = entry.nodeid;
      at += sizeof entry;
    }
    fuse_dirent dirent{};
    std::memcpy(&dirent, page.data() + at, FUSE_NAME_OFFSET);
    listed.name = page.substr(at + FUSE_NAME_OFFSET, dirent.namelen);
    listed.ino = dirent.ino;
    listed.type = dirent.type;
    listed.offset = dirent.off;
    at += FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + dirent.namelen);
    entries.push_back(listed);
  }
  return entries;
}

class ReferencesTest : public testing::Test {
 protected:
  ReferencesTest() {
    for (int i = 0; i < 100; ++i) {
      folder_->add("file" + std::to_string(i),
                   std::make_shared<MemoryFile>(100 + static_cast<uint64_t>(i), "x"));
    }
    root_->add("folder", folder_);
    kernel_.init();
    kernel_.lookup(1, "folder");
    handle_ = kernel_.call(FUSE_OPENDIR, 50, FakeKernel::open_request(0)).as<fuse_open_out>().fh;
  }
  std::vector<Listed> list(bool plus, uint32_t size, uint64_t from = 0) {
    std::vector<Listed> all;
    while (true) {
      const auto answer = kernel_.call(plus ? FUSE_READDIRPLUS : FUSE_READDIR, 50,
                                       FakeKernel::read_request(handle_, from, size));
      EXPECT_EQ(answer.error, 0);
      if (answer.bytes.empty()) return all;
      for (const Listed& listed : parse(answer.bytes, plus)) all.push_back(listed);
      from = all.back().offset;
    }
  }

  std::shared_ptr<MemoryDirectory> root_ = std::make_shared<MemoryDirectory>(1);
  std::shared_ptr<MemoryDirectory> folder_ = std::make_shared<MemoryDirectory>(50);
  FakeKernel kernel_{root_};
  uint64_t handle_ = 0;
};

TEST_F(ReferencesTest, PlainListingGivesNoReferences) {
  const auto entries = list(false, 500);  // many pages
  ASSERT_EQ(entries.size(), 102U);
  EXPECT_EQ(entries[0].name, ".");
  EXPECT_EQ(entries[0].ino, 50U);
  EXPECT_EQ(entries[1].name, "..");
  EXPECT_EQ(entries[1].ino, 1U);
  EXPECT_EQ(entries[2].type, static_cast<uint32_t>(DT_REG));
  std::set<std::string> names;
  for (const Listed& listed : entries) {
    EXPECT_NE(listed.ino, 0U);
    names.insert(listed.name);
  }
  EXPECT_EQ(names.size(), 102U);
  EXPECT_EQ(kernel_.session().known_nodes(), 1U);
}

TEST_F(ReferencesTest, ListingWithAttributesGivesOneReferenceEach) {
  const auto entries = list(true, 4096);
  ASSERT_EQ(entries.size(), 102U);
  EXPECT_EQ(entries[0].node, 0U);
  EXPECT_EQ(entries[1].node, 0U);
  for (size_t i = 2; i < entries.size(); ++i) EXPECT_EQ(entries[i].node, entries[i].ino);
  EXPECT_EQ(kernel_.session().known_nodes(), 101U);

  list(true, 4096);  // rewound: a second reference each
  for (uint64_t node = 100; node < 200; ++node) kernel_.forget(node, 1);
  kernel_.getattr(1);
  EXPECT_EQ(kernel_.session().known_nodes(), 101U);

  fuse_batch_forget_in batch{};
  batch.count = 100;
  std::string payload = FakeKernel::bytes_of(batch);
  for (uint64_t node = 100; node < 200; ++node) {
    payload += FakeKernel::bytes_of(fuse_forget_one{node, 1});
  }
  kernel_.send(FUSE_BATCH_FORGET, 0, payload);
  EXPECT_TRUE(FakeKernel::eventually([&] { return kernel_.session().known_nodes() == 1; }));
  EXPECT_EQ(kernel_.getattr(150).error, ESTALE);
}

TEST_F(ReferencesTest, AnEntryThatHasGoneIsListedWithoutReference) {
  const auto gone = folder_->find("file7");
  gone->gone = true;
  const auto entries = list(true, 1U << 16);
  size_t without = 0;
  for (const Listed& listed : entries) without += listed.node == 0 ? 1 : 0;
  EXPECT_EQ(without, 3U);  // and the two dots
  EXPECT_EQ(kernel_.session().known_nodes(), 100U);
}

TEST_F(ReferencesTest, RewindingSeesWhatChanged) {
  EXPECT_EQ(list(false, 1U << 16).size(), 102U);
  folder_->remove("file3");
  EXPECT_EQ(list(false, 1U << 16, 2).size(), 100U);  // going on: the old snapshot
  EXPECT_EQ(list(false, 1U << 16).size(), 101U);
}

TEST_F(ReferencesTest, WhatTheKernelMayKeepIsNeverOlderThanItsTime) {
  EXPECT_EQ(folder_->snapshots, 1);
  list(false, 1U << 16);
  EXPECT_EQ(folder_->snapshots, 1);
  folder_->cacheable = true;
  const auto opened = kernel_.call(FUSE_OPENDIR, 50, FakeKernel::open_request(0));
  const auto out = opened.as<fuse_open_out>();
  EXPECT_TRUE(out.open_flags & FOPEN_CACHE_DIR);
  EXPECT_TRUE(out.open_flags & FOPEN_KEEP_CACHE);
  handle_ = out.fh;
  list(false, 1U << 16);
  EXPECT_EQ(folder_->snapshots, 3);  // opened, and again when the kernel read from the start
}

TEST_F(ReferencesTest, HandlesOfDirectoriesAreGivenBack) {
  EXPECT_EQ(kernel_.session().open_handles(), 1U);
  kernel_.call(FUSE_RELEASEDIR, 50, FakeKernel::release_request(handle_));
  EXPECT_EQ(kernel_.session().open_handles(), 0U);
  EXPECT_EQ(kernel_.call(FUSE_READDIR, 50, FakeKernel::read_request(handle_, 0, 4096)).error,
            EBADF);
}

TEST(InodeTableTest, TwoObjectsUnderOneNumberAreRefused) {
  InodeTable table(std::make_shared<MemoryDirectory>(1));
  const auto file = std::make_shared<MemoryFile>(9, "");
  ASSERT_TRUE(table.remember(file, NodeType::file, kRootInode));
  const auto directory = std::make_shared<MemoryDirectory>(9);
  const Status collision = table.remember(directory, NodeType::directory, kRootInode);
  ASSERT_FALSE(collision);
  EXPECT_EQ(collision.error().code, Errno{EIO});
  EXPECT_EQ(table.find(InodeNumber{9}), file);
  EXPECT_EQ(table.references(InodeNumber{9}), 1U);
}

TEST(InodeTableTest, ReservedNumbersAreRefused) {
  InodeTable table(std::make_shared<MemoryDirectory>(1));
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) {
    EXPECT_FALSE(
        table.remember(std::make_shared<MemoryFile>(number, ""), NodeType::file, kRootInode));
  }
  EXPECT_EQ(table.size(), 0U);
}

TEST(InodeTableTest, ForgettingMoreThanWasGivenEndsAtZero) {
  InodeTable table(std::make_shared<MemoryDirectory>(1));
  const auto file = std::make_shared<MemoryFile>(9, "");
  ASSERT_TRUE(table.remember(file, NodeType::file, kRootInode));
  table.forget(InodeNumber{9}, 5);
  table.forget(InodeNumber{10}, 1);
  EXPECT_EQ(table.size(), 0U);
  table.forget(kRootInode, 1);
  EXPECT_TRUE(table.known(kRootInode));
}

TEST(InodeTableTest, LookupsRaceWithTheLastForget) {
  InodeTable table(std::make_shared<MemoryDirectory>(1));
  constexpr int kRounds = 20000;
  const auto work = [&] {
    for (int i = 0; i < kRounds; ++i) {
      const auto node = std::make_shared<MemoryFile>(9, "");
      ASSERT_TRUE(table.remember(node, NodeType::file, kRootInode));
      ASSERT_NE(table.find(InodeNumber{9}), nullptr);
      table.forget(InodeNumber{9}, 1);
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace vtpmfs::fs::kernel
