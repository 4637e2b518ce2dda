// What names tell before a file is read.
#include "fs/audit/set_names.h"

#include <gtest/gtest.h>

namespace vtpmfs::fs {
namespace {

SetNames names_of(const std::vector<std::string>& names) {
  SetNames result;
  for (const std::string& name : names) result.add(name, false);
  return result;
}

TEST(SetNames, LeftoversOfCopyingTools) {
  for (const char* name :
       {".nvram.Xy12Ab", ".SHA256SUMS.000000", ".encryption.bundle.abcdef", ".~tmp~",
        ".rsync-partial", "nvram.partial", "nvram.1a2b3c4d.partial", "vtpm.json.part",
        "config.json.filepart", "keyId.tmp", ".keyId.tmp", ".syncthing.nvram.tmp",
        ".fuse_hidden0000000300000001", ".nfs00000000012a4c5e00000001"})
    EXPECT_TRUE(is_leftover(name)) << name;
}

TEST(SetNames, OtherNamesAreNone) {
  for (const char* name : {"nvram", ".nvram", ".nvram.", ".nvram.Xy12A", ".nvram.Xy12Abc",
                           ".nvram.Xy 2Ab", "nvram.bak", "nvram.1a 2.partial", "notes.part",
                           ".other.Xy12Ab", "pay01", "", ".", "config.json~", ".nfs"})
    EXPECT_FALSE(is_leftover(name)) << name;
}

TEST(SetNames, LeftoversAreCountedAndAFewAreNamed) {
  SetNames names;
  for (int i = 0; i < 100; ++i) names.add(".nvram.00000" + std::to_string(i % 10), false);
  EXPECT_EQ(names.leftover_count, 100U);
  EXPECT_EQ(names.leftovers.size(), 5U);
}

TEST(SetNames, WhatLooksLikeASet) {
  for (const char* name : {"keyId", "encryption.bundle", "vtpm.json", "nvram"})
    EXPECT_EQ(likeness(names_of({name})), Likeness::set) << name;
  EXPECT_EQ(likeness(names_of({"firmware", "config.json"})), Likeness::set);
  for (const char* name : {"firmware", "config.json", "SHA256SUMS"})
    EXPECT_EQ(likeness(names_of({name})), Likeness::content_tells) << name;
  EXPECT_EQ(likeness(names_of({"other", "restore.status", ".nvram.Xy12Ab"})), Likeness::none);
}

TEST(SetNames, ADirectoryIsNoFileOfASet) {
  SetNames names;
  names.add("nvram", true);
  names.add("restore.status", true);
  EXPECT_TRUE(names.known.empty());
  EXPECT_FALSE(names.restore_status);
}

}  // namespace
}  // namespace vtpmfs::fs
