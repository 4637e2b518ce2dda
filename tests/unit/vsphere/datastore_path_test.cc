#include "vsphere/datastore_path.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace vtpmfs::vsphere {
namespace {

using Name = std::optional<std::string>;

TEST(DatastorePath, TakesApart) {
  const auto path = DatastorePath::parse("[datastore1] dir/sub/vm.vmx");
  ASSERT_TRUE(path) << path.error().words;
  EXPECT_EQ(path->datastore, "datastore1");
  EXPECT_EQ(path->path, "dir/sub/vm.vmx");
  EXPECT_EQ(path->directory(), "dir/sub");
  EXPECT_EQ(path->name(), "vm.vmx");
  EXPECT_EQ(path->text(), "[datastore1] dir/sub/vm.vmx");
}

TEST(DatastorePath, KeepsEscapesBlanksAndBrackets) {
  const auto path = DatastorePath::parse("[ds %2f [x]] [prod] a%25b/[prod] a%25b.vmx");
  ASSERT_TRUE(path) << path.error().words;
  EXPECT_EQ(path->datastore, "ds %2f [x]");
  EXPECT_EQ(path->path, "[prod] a%25b/[prod] a%25b.vmx");
}

TEST(DatastorePath, RootAndDirectories) {
  const auto root = DatastorePath::parse("[ds]");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->path, "");
  EXPECT_EQ(root->directory(), "");
  const auto file = DatastorePath::parse("[ds] x.vmx");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->directory(), "");
  EXPECT_EQ(file->name(), "x.vmx");
  const auto folder = DatastorePath::parse("[ds] dir/");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->directory(), "dir");
  EXPECT_EQ(folder->name(), "");
}

TEST(DatastorePath, RefusesOtherForms) {
  const std::string with_nul("[ds] a\0b", 8);
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("ds/x"), std::string("[]"),
        std::string("[] x"), std::string("[ds"), std::string("[ds]x"), std::string("[ds] ../x"),
        std::string("[ds] a/../x"), std::string("[ds] a/.."), std::string("[ds] ./x"),
        std::string("[ds] a/."), std::string("[ds] a\\b"), std::string("[ds] a\nb"),
        std::string("[d\ts] a"), std::string("[ds] a\x7f"), std::string("[ds] a\xc2\x85"),
        std::string("/vmfs/volumes/x/a.vmx"), with_nul}) {
    const auto path = DatastorePath::parse(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().code.value(), EINVAL) << text;
  }
}

TEST(NvramName, PlainNames) {
  for (const std::string& name :
       {std::string("win11.nvram"), std::string("WIN11.NVRAM"), std::string("Test VM_1.nVrAm"),
        std::string("[prod] web.nvram"), std::string("a%2fb.nvram"), std::string("größe.nvram"),
        std::string(".nvram"), std::string(249, 'a') + ".nvram"}) {
    EXPECT_TRUE(is_plain_nvram_name(name)) << name;
  }
}

TEST(NvramName, EverythingElse) {
  for (const std::string& name :
       {std::string(), std::string("nvram"), std::string("x.vmx"), std::string("x.nvram.vmx"),
        std::string("x.nvram "), std::string("../x.nvram"), std::string("..x.nvram"),
        std::string("other/x.nvram"), std::string("/etc/x.nvram"), std::string("a\\x.nvram"),
        std::string("a\nb.nvram"), std::string("a\x01.nvram"), std::string("a\xc2\x9f.nvram"),
        std::string("a\0b.nvram", 9), std::string(250, 'a') + ".nvram"}) {
    EXPECT_FALSE(is_plain_nvram_name(name)) << name;
  }
}

TEST(NvramPath, ExtraConfigWins) {
  const auto path = nvram_path("[ds] dir/vm.vmx", Name("a.nvram"), Name("[ds] dir/b.nvram"));
  ASSERT_TRUE(path && *path);
  EXPECT_EQ((*path)->text(), "[ds] dir/a.nvram");
}

TEST(NvramPath, OfLayoutOnlyTheLastComponentCounts) {
  for (const char* layout :
       {"[ds] dir/b.nvram", "[ds] b.nvram", "[other] b.nvram", "[ds] victim/b.nvram"}) {
    for (const Name& none : {Name(), Name("")}) {
      const auto path = nvram_path("[ds] dir/vm.vmx", none, Name(layout));
      ASSERT_TRUE(path && *path) << layout;
      EXPECT_EQ((*path)->text(), "[ds] dir/b.nvram") << layout;
    }
  }
}

TEST(NvramPath, NoNameIsNoNvram) {
  const auto path = nvram_path("[ds] dir/vm.vmx", Name(), Name());
  ASSERT_TRUE(path);
  EXPECT_FALSE(*path);
}

TEST(NvramPath, AtTheRootOfADatastore) {
  const auto path = nvram_path("[ds] vm.vmx", Name("vm.nvram"), Name());
  ASSERT_TRUE(path && *path);
  EXPECT_EQ((*path)->text(), "[ds] vm.nvram");
}

TEST(NvramPath, HostileExtraConfigNeverLeavesTheDirectory) {
  for (const std::string& name :
       {std::string("../victim/victim.nvram"), std::string("/vmfs/volumes/x/victim.nvram"),
        std::string("victim/victim.nvram"), std::string("..\\victim.nvram"),
        std::string("a\r\nHost: x.nvram"), std::string("vm.vmx"),
        std::string("[other] victim/x.nvram"), std::string(300, 'a') + ".nvram"}) {
    const auto path = nvram_path("[ds] dir/vm.vmx", Name(name), Name("[ds] dir/vm.nvram"));
    ASSERT_FALSE(path) << name;
    EXPECT_EQ(path.error().code.value(), EIO);
    EXPECT_EQ(path.error().words.find('\n'), std::string::npos);
    EXPECT_LT(path.error().words.size(), 300U);
  }
  // Brackets alone do not name another datastore here: it is a file of the VM's own directory.
  const auto own = nvram_path("[ds] dir/vm.vmx", Name("[other] x.nvram"), Name());
  ASSERT_TRUE(own && *own);
  EXPECT_EQ((*own)->datastore, "ds");
  EXPECT_EQ((*own)->path, "dir/[other] x.nvram");
}

TEST(NvramPath, HostileLayoutOrVmx) {
  for (const char* layout : {"[ds] dir/..", "[ds] dir/vm.vmx", "[ds] dir/", "vm.nvram"}) {
    const auto path = nvram_path("[ds] dir/vm.vmx", Name(), Name(layout));
    ASSERT_FALSE(path) << layout;
    EXPECT_EQ(path.error().code.value(), EIO);
  }
  for (const char* vmx : {"", "dir/vm.vmx", "[ds] ../vm.vmx", "/vmfs/volumes/x/vm.vmx"}) {
    const auto path = nvram_path(vmx, Name("vm.nvram"), Name());
    ASSERT_FALSE(path) << vmx;
    EXPECT_EQ(path.error().code.value(), EIO);
  }
}

}  // namespace
}  // namespace vtpmfs::vsphere
