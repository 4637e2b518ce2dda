#include "fs/tree/inode_numbers.h"

#include <gtest/gtest.h>

#include <set>

namespace vtpmfs::fs {
namespace {

using cache::FileRole;
using vsphere::MoRef;

const MoRef kVm{"VirtualMachine", "vm-42"};

TEST(InodeNumbersTest, AreTheSameInEveryBuildAndMount) {
  // Backup tools keep them for years: these values (from another SHA-256) must never change.
  const InodeNumbers numbers("4c5a1e3a-1b0c-4b3e-9d3e-0123456789ab");
  EXPECT_EQ(numbers.directory(kVm).value, 0x2ed7080c0d2a0f55ULL);
  EXPECT_EQ(numbers.file(kVm, FileRole::nvram).value, 0x62f41abffb1a2404ULL);
}

TEST(InodeNumbersTest, DependOnVcenterObjectAndPart) {
  const InodeNumbers one("one"), two("two");
  std::set<InodeNumber> seen{one.directory(kVm), two.directory(kVm), one.part(kVm, "restore"),
                             one.directory({"Folder", "vm-42"}),
                             one.directory({"VirtualMachine", "vm-4"})};
  for (const FileRole role : cache::kFileRoles) seen.insert(one.file(kVm, role));
  EXPECT_EQ(seen.size(), 5 + cache::kFileRoles.size());
  // Parts are kept apart, wherever the border between them lies.
  EXPECT_NE(one.directory({"ab", "c"}), one.directory({"a", "bc"}));
}

TEST(InodeNumbersTest, InventoryAndStagingNeverMeet) {
  const InodeNumbers numbers("one");
  for (int i = 0; i < 10000; ++i) {
    const InodeNumber inode = numbers.directory({"VirtualMachine", "vm-" + std::to_string(i)});
    ASSERT_GT(inode.value, 1U);
    ASSERT_FALSE(InodeNumbers::is_staged(inode));
  }
  EXPECT_TRUE(InodeNumbers::is_staged(InodeNumbers::staged(1)));
  EXPECT_NE(InodeNumbers::staged(1), InodeNumbers::staged(2));
}

}  // namespace
}  // namespace vtpmfs::fs
