// Each tool's operations, in the order that was measured: all of them make the one VM, with the
// bytes of the backup, and none of them is told of an error.
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

class RestoreTools : public RestoreTreeTest {
 protected:
  static std::vector<std::string> sorted(const Files& files) {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files) names.push_back(name);
    return names;
  }
  static std::vector<std::string> reversed(const Files& files) {
    auto names = sorted(files);
    std::reverse(names.begin(), names.end());
    return names;
  }
  const Files set_ = pay01();
  const std::string to_ = "Finance/pay01";
};

TEST_F(RestoreTools, CpInEveryRotationOfTheNames) {
  auto order = sorted(set_);
  for (size_t round = 0; round < order.size(); ++round) {
    std::rotate(order.begin(), order.begin() + 1, order.end());
    const std::string name = "vm" + std::to_string(round);
    EXPECT_TRUE(copy(set_, "Legal/" + name, order).empty());
    ASSERT_EQ(restorer_.requests.size(), round + 1) << order.back() << " last";
    EXPECT_EQ(restorer_.requests.back().vm_name, name);
    EXPECT_EQ(restorer_.requests.back().files, set_);
  }
}

TEST_F(RestoreTools, CpArchive) {
  ASSERT_EQ(mkdir(to_, 0700), 0);
  for (const std::string& name : reversed(set_)) {
    const auto file = create(to_ + "/" + name, O_WRONLY | O_CREAT | O_EXCL, 0400);
    ASSERT_TRUE(file);
    EXPECT_EQ(write(*file, 0, set_.at(name)), 0);
    EXPECT_EQ(utimens(to_ + "/" + name, *file), 0);
    EXPECT_EQ(setxattr(to_ + "/" + name, "system.posix_acl_access", "acl"), 0);
    EXPECT_EQ(flush(*file), 0);
  }
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_EQ(chown(to_, 0, 0), 0);
  EXPECT_EQ(setxattr(to_, "system.posix_acl_access", "acl"), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

/// The receiver's part of rsync -a: a temporary name in `temp`, then the final one.
class RestoreRsync : public RestoreTools {
 protected:
  void receive(const std::string& name, const std::string& temp) {
    const auto file = create(temp, O_RDWR | O_CREAT | O_EXCL);
    ASSERT_TRUE(file);
    EXPECT_EQ(chmod(temp, 0600), 0);
    EXPECT_EQ(write(*file, 0, set_.at(name)), 0);
    EXPECT_EQ(flush(*file), 0);
    EXPECT_EQ(utimens(temp), 0);
    const auto reader = open_file(temp, O_RDONLY);
    ASSERT_TRUE(reader);
    EXPECT_EQ(chmod(temp, 0644), 0);
    EXPECT_EQ(flush(*reader), 0);
  }
  void generator() {
    ASSERT_EQ(mkdir(to_, 0700), 0);
    EXPECT_EQ(utimens(to_), 0);
    EXPECT_EQ(chmod(to_, 0755), 0);
  }
};

TEST_F(RestoreRsync, ByTemporaryNames) {
  generator();
  for (const std::string& name : sorted(set_)) {
    const std::string temp = to_ + "/." + name + ".Xy12Zz";
    receive(name, temp);
    EXPECT_EQ(rename(temp, to_ + "/" + name), 0) << name;
  }
  EXPECT_EQ(utimens(to_), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreRsync, AgainTransfersNothingAndMayStillSetTimes) {
  EXPECT_TRUE(copy(set_, to_).empty());
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_EQ(chmod(to_ + "/nvram", 0600), 0);
  EXPECT_EQ(utimens(to_ + "/nvram"), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreRsync, InPlace) {
  generator();
  for (const std::string& name : sorted(set_)) {
    const std::string path = to_ + "/" + name;
    const auto file = create(path, O_WRONLY | O_CREAT);
    ASSERT_TRUE(file);
    EXPECT_EQ(write(*file, 0, set_.at(name)), 0);
    EXPECT_EQ(truncate(path, set_.at(name).size(), *file), 0);
    EXPECT_EQ(flush(*file), 0) << name;
    EXPECT_EQ(utimens(path), 0);
  }
  EXPECT_EQ(utimens(to_), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreRsync, DelayUpdates) {
  generator();
  ASSERT_EQ(mkdir(to_ + "/.~tmp~", 0700), 0);
  for (const std::string& name : sorted(set_)) {
    const std::string temp = to_ + "/." + name + ".Xy12Zz";
    receive(name, temp);
    EXPECT_EQ(rename(temp, to_ + "/.~tmp~/" + name), 0);
  }
  EXPECT_TRUE(restorer_.requests.empty());
  for (const std::string& name : sorted(set_))
    EXPECT_EQ(rename(to_ + "/.~tmp~/" + name, to_ + "/" + name), 0) << name;
  EXPECT_EQ(rmdir(to_ + "/.~tmp~"), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreRsync, PartialAndTemporaryDirectories) {
  generator();
  ASSERT_EQ(mkdir(to_ + "/.rsync-partial", 0700), 0);
  ASSERT_EQ(mkdir("tmp", 0700), 0);
  for (const std::string& name : sorted(set_)) {
    // An earlier run was cut off in the middle of this file.
    EXPECT_EQ(put(to_ + "/.rsync-partial/" + name, set_.at(name).substr(0, 3)), 0);
    const std::string temp = "tmp/." + name + ".Xy12Zz";
    receive(name, temp);
    EXPECT_EQ(rename(temp, to_ + "/" + name), 0) << name;
    EXPECT_EQ(unlink(to_ + "/.rsync-partial/" + name), 0);
  }
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreRsync, OverAnOlderGenerationThatWasRefused) {
  Files damaged = set_;
  damaged["nvram"][1000] = 'x';
  EXPECT_EQ(copy(damaged, to_), (std::map<std::string, int>{{"vtpm.json", EBADMSG}}));
  open();  // the second run comes after a remount
  for (const std::string& name : sorted(set_)) {
    if (damaged.at(name) == set_.at(name)) continue;
    const std::string temp = to_ + "/." + name + ".Xy12Zz";
    receive(name, temp);
    EXPECT_EQ(rename(temp, to_ + "/" + name), 0) << name;
  }
  EXPECT_EQ(utimens(to_), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, GnuTar) {
  ASSERT_EQ(mkdir(to_, 0700), 0);
  for (const std::string& name : reversed(set_)) {
    const std::string path = to_ + "/" + name;
    const auto file = create(path, O_WRONLY | O_CREAT | O_EXCL, 0400);
    ASSERT_TRUE(file);
    for (size_t at = 0; at < set_.at(name).size(); at += 10'000)
      EXPECT_EQ(write(*file, at, set_.at(name).substr(at, 10'000)), 0);
    EXPECT_EQ(utimens(path, *file), 0);
    EXPECT_EQ(chown(path, 0, 0), 0);
    EXPECT_EQ(chmod(path, 0644), 0);
    EXPECT_EQ(flush(*file), 0) << name;
  }
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_EQ(chmod(to_, 0755), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, GnuTarOverFilesThatAreThereIsToldOfTheWrongOneUntilItIsReplaced) {
  Files damaged = set_;
  damaged["nvram"][1000] = 'x';
  copy(damaged, to_);
  for (const std::string name : {"keyId", "vtpm.json", "SHA256SUMS", "nvram"}) {
    const std::string path = to_ + "/" + name;
    EXPECT_EQ(create(path).error().code.value(), EEXIST);
    ASSERT_EQ(unlink(path), 0);
    EXPECT_EQ(put(path, set_.at(name)), name == "nvram" ? 0 : EBADMSG) << name;
  }
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, BsdTar) {
  ASSERT_EQ(mkdir(to_), 0);
  EXPECT_EQ(chown(to_, 1000, 1000), 0);
  for (const std::string& name : sorted(set_)) {
    const auto file = create(to_ + "/" + name, O_WRONLY | O_CREAT | O_EXCL, 0444);
    ASSERT_TRUE(file);
    EXPECT_EQ(write(*file, 0, set_.at(name)), 0);
    EXPECT_EQ(chown(to_ + "/" + name, 1000, 1000), 0);
    EXPECT_EQ(utimens(to_ + "/" + name, *file), 0);
    EXPECT_EQ(flush(*file), 0);
  }
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_EQ(chmod(to_, 0755), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, ResticPreallocatesClosesAndComesBack) {
  ASSERT_EQ(mkdir(to_, 0700), 0);
  for (const std::string& name : reversed(set_)) {
    const auto file = create(to_ + "/" + name, O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_TRUE(file);
    EXPECT_EQ(truncate(to_ + "/" + name, set_.at(name).size(), *file), 0);
    EXPECT_EQ(flush(*file), 0) << name;
  }
  EXPECT_TRUE(restorer_.requests.empty());
  // Blobs come in any order, and large files in several of them; other files are whole meanwhile.
  const std::string nvram = to_ + "/nvram";
  const size_t half = set_.at("nvram").size() / 2;
  const auto first = open_file(nvram, O_WRONLY);
  ASSERT_TRUE(first);
  EXPECT_EQ(write(*first, half, set_.at("nvram").substr(half)), 0);
  EXPECT_EQ(flush(*first), 0);
  for (const std::string& name : reversed(set_)) {
    if (name == "nvram") continue;
    const auto file = open_file(to_ + "/" + name, O_WRONLY);
    ASSERT_TRUE(file);
    EXPECT_EQ(write(*file, 0, set_.at(name)), 0);
    EXPECT_EQ(flush(*file), 0) << name;
  }
  EXPECT_TRUE(restorer_.requests.empty());
  const auto second = open_file(nvram, O_WRONLY);
  ASSERT_TRUE(second);
  EXPECT_EQ(write(*second, 0, set_.at("nvram").substr(0, half)), 0);
  EXPECT_EQ(flush(*second), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
  // The second pass, by path.
  for (const std::string& name : sorted(set_)) {
    EXPECT_EQ(chown(to_ + "/" + name, 0, 0), 0);
    EXPECT_EQ(chmod(to_ + "/" + name, 0600), 0);
    EXPECT_EQ(utimens(to_ + "/" + name), 0);
  }
  EXPECT_EQ(chmod(to_, 0700), 0);
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreTools, ResticOfADamagedBackupIsToldByTheDirectorysSetattr) {
  ASSERT_EQ(mkdir(to_, 0700), 0);
  for (const auto& [name, bytes] : set_) {
    std::string damaged = bytes;
    if (name == "nvram") damaged[5] = 'x';
    const auto file = create(to_ + "/" + name, O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_TRUE(file);
    const size_t half = damaged.size() / 2;
    EXPECT_EQ(write(*file, half, damaged.substr(half)), 0);
    EXPECT_EQ(flush(*file), 0);
    EXPECT_EQ(write(*file, 0, damaged.substr(0, half / 2)), 0);
    EXPECT_EQ(flush(*file), 0);
    const auto again = open_file(to_ + "/" + name, O_WRONLY);
    ASSERT_TRUE(again);
    EXPECT_EQ(write(*again, half / 2, damaged.substr(half / 2)), 0);
    EXPECT_EQ(flush(*again), 0) << name;
  }
  EXPECT_TRUE(restorer_.requests.empty());
  EXPECT_EQ(utimens(to_ + "/nvram"), 0);
  EXPECT_EQ(utimens(to_), EBADMSG);
  EXPECT_THAT(status(to_), testing::HasSubstr("\"state\": \"failed\""));
}

TEST_F(RestoreTools, Borg) {
  ASSERT_EQ(mkdir(to_, 0700), 0);
  for (const std::string& name : sorted(set_)) {
    const std::string path = to_ + "/" + name;
    const auto file = create(path, O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_TRUE(file);
    EXPECT_EQ(write(*file, 0, set_.at(name)), 0);
    EXPECT_EQ(truncate(path, set_.at(name).size(), *file), 0);
    EXPECT_EQ(chown(path, 0, 0), 0);
    EXPECT_EQ(chmod(path, 0600), 0);
    EXPECT_EQ(utimens(path, *file), 0);
    EXPECT_EQ(flush(*file), 0) << name;
  }
  EXPECT_EQ(utimens(to_), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, CopytreeAndShellsWhichCloseACopyOfTheDescriptorFirst) {
  ASSERT_EQ(mkdir(to_), 0);
  for (const std::string& name : reversed(set_)) {
    const auto file = create(to_ + "/" + name, O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_TRUE(file);
    EXPECT_EQ(flush(*file), 0) << name;  // dup2 and close, before anything was written
    for (size_t at = 0; at < set_.at(name).size(); at += 65'536)
      EXPECT_EQ(write(*file, at, set_.at(name).substr(at, 65'536)), 0);
    EXPECT_EQ(flush(*file), 0) << name;
    EXPECT_EQ(flush(*file), 0) << name;  // and once more
  }
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, Appending) {
  copy(without(set_, "firmware"), to_);
  const auto file = create(to_ + "/firmware", O_WRONLY | O_CREAT | O_APPEND);
  ASSERT_TRUE(file);
  EXPECT_EQ(write(*file, 0, "ef"), 0);
  EXPECT_EQ(flush(*file), EBADMSG);  // it wrote the file from its start to its end, as it was then
  EXPECT_EQ(write(*file, 0, "i\n"), 0);
  EXPECT_EQ(flush(*file), 0);
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, ParallelWritersTellNobodyOfWhatOthersStillWrite) {
  ASSERT_EQ(mkdir(to_), 0);
  std::map<std::string, OpenFilePtr> files;
  for (const auto& [name, bytes] : set_) {
    files[name] = *create(to_ + "/" + name);
    EXPECT_EQ(write(files[name], 0, bytes.substr(0, bytes.size() / 2)), 0);
  }
  for (const auto& [name, bytes] : set_) {
    EXPECT_EQ(write(files[name], bytes.size() / 2, bytes.substr(bytes.size() / 2)), 0);
    EXPECT_EQ(flush(files[name]), 0) << name;
  }
  expect_one_vm("pay01", {"Finance"}, set_);
}

TEST_F(RestoreTools, MvOfADirectoryThatWasStagedUnderAHiddenName) {
  EXPECT_TRUE(copy(set_, ".incoming").empty());
  EXPECT_TRUE(restorer_.requests.empty());
  EXPECT_EQ(rename(".incoming", to_, 1), 0);  // RENAME_NOREPLACE, as mv does
  expect_one_vm("pay01", {"Finance"}, set_);
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
