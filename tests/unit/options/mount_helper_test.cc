#include "fs/options/mount_helper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmfs::fs {
namespace {

using ::testing::ElementsAre;

TEST(MountHelper, IsKnownByItsName) {
  EXPECT_TRUE(is_mount_helper("/sbin/mount.vtpmfs"));
  EXPECT_TRUE(is_mount_helper("mount.fuse.vtpmfs"));
  EXPECT_FALSE(is_mount_helper("/usr/bin/vtpmfs"));
  EXPECT_FALSE(is_mount_helper("/opt/mount.d/vtpmfs"));
}

TEST(MountHelper, TakesMountsWordsAsOurs) {
  const auto call = read_helper_words({"vc.example.com", "/mnt", "-sn", "-v", "-o", "ro,vms=all",
                                       "-t", "fuse.vtpmfs", "-N", "/proc/1/ns/mnt"});
  ASSERT_TRUE(call) << call.error().words;
  EXPECT_THAT(call->words, ElementsAre("vc.example.com", "/mnt", "-o", "ro,vms=all"));
  EXPECT_FALSE(call->pretend);
}

TEST(MountHelper, ItsFIsNotOurs) {
  const auto call = read_helper_words({"vc", "/mnt", "-fv", "-oro"});
  ASSERT_TRUE(call) << call.error().words;
  EXPECT_TRUE(call->pretend);
  EXPECT_THAT(call->words, ElementsAre("vc", "/mnt", "-o", "ro"));
}

TEST(MountHelper, NoneLeavesTheVCenterToTheConfigurationFile) {
  const auto call = read_helper_words({"none", "/mnt", "-o", "config=/c"});
  ASSERT_TRUE(call) << call.error().words;
  EXPECT_THAT(call->words, ElementsAre("/mnt", "-o", "config=/c"));
}

TEST(MountHelper, RefusesWhatMountDoesNotHave) {
  EXPECT_FALSE(read_helper_words({"vc", "/mnt", "-x"}));
  EXPECT_FALSE(read_helper_words({"vc", "/mnt", "-o"}));
}

}  // namespace
}  // namespace vtpmfs::fs
