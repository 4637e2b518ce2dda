// restore/ as a directory tree: folders of the vCenter and staged directories together, what is
// refused in it, and what holds while a restore runs and after it.
#include "fs/restore/status_text.h"
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RestoreDirectoryTest : public RestoreTreeTest {
 protected:
  void rename_folder(const MoRef& folder, const std::string& name) {
    EntityChange change{EntityChange::Kind::modify, folder, {}};
    change.values.emplace_back(EntityProperty::name, name);
    inventory_.apply({false, true, {change}});
  }
  uint64_t inode(const std::string& path) { return node(path)->inode().value; }
  uint64_t listed_inode(const std::string& directory, const std::string& name) {
    Reply<OpenDirectoryPtr> reply;
    node(directory)->open_directory(kUser, reply.take());
    for (const DirectoryEntry& entry : (*reply.value())->entries())
      if (entry.name == name) return entry.ino.value;
    return 0;
  }
  const std::string to_ = "Finance/pay01";
};

TEST_F(RestoreDirectoryTest, ShowsTheFoldersAndNoVm) {
  EXPECT_THAT(names(""), ElementsAre("Finance", "Legal"));
  EXPECT_EQ(find("web").error().code.value(), ENOENT);
  const auto attributes = node("Finance")->attributes();
  ASSERT_TRUE(attributes);
  EXPECT_EQ(attributes->type, NodeType::directory);
  EXPECT_EQ(attributes->uid, kUser.uid);
  EXPECT_EQ(attributes->attribute_timeout.count(), 0);
  EXPECT_EQ(attributes->entry_timeout.count(), 0);
}

TEST_F(RestoreDirectoryTest, FoldersStay) {
  EXPECT_EQ(rmdir("Finance"), EROFS);
  EXPECT_EQ(rename("Finance", "Money"), EROFS);
  EXPECT_EQ(mkdir("Finance"), EEXIST);
  ASSERT_EQ(mkdir(to_), 0);
  EXPECT_EQ(rmdir("Finance"), ENOTEMPTY);
  EXPECT_EQ(rename("Finance", "Money"), EROFS);
  ASSERT_EQ(rmdir(to_), 0);
  EXPECT_EQ(rmdir("Finance"), EROFS);
  ASSERT_EQ(mkdir("mine"), 0);
  EXPECT_EQ(rename("mine", "Legal"), EEXIST);
}

TEST_F(RestoreDirectoryTest, NamesOfTheVcenterAreTaken) {
  EXPECT_EQ(mkdir("web"), EEXIST);
  EXPECT_EQ(mkdir("hidden01"), EEXIST);
  ASSERT_EQ(mkdir("mine"), 0);
  EXPECT_EQ(rename("mine", "web"), EEXIST);
  EXPECT_EQ(rename("mine", "hidden01"), EEXIST);
  EXPECT_EQ(mkdir("mine"), EEXIST);
  EXPECT_EQ(mkdir("mine/web"), 0);  // in a new folder it is free
}

TEST_F(RestoreDirectoryTest, AFolderKeepsItsNumberWhenSomethingIsStagedInIt) {
  const NodePtr before = node("Finance");
  ASSERT_EQ(mkdir(to_), 0);
  EXPECT_EQ(inode("Finance"), before->inode().value);
  EXPECT_EQ(listed_inode("", "Finance"), before->inode().value);
  // The node that the kernel knew shows what was staged through another one.
  Reply<NodePtr> found;
  before->lookup("pay01", kUser, found.take());
  EXPECT_EQ(found.code(), 0);
  EXPECT_EQ(before->attributes()->ino, before->inode());
}

TEST_F(RestoreDirectoryTest, AStagedDirectoryThatBecomesAFolderIsOneDirectory) {
  ASSERT_EQ(mkdir("New"), 0);
  ASSERT_EQ(mkdir("New/pay01"), 0);
  const uint64_t number = inode("New");
  inventory_.apply({false,
                    true,
                    {enter({"Folder", "group-v50"}, "New", kVmFolder),
                     enter({"Folder", "group-v51"}, "Below", {"Folder", "group-v50"})}});
  EXPECT_EQ(inode("New"), number);
  EXPECT_THAT(names(""), ElementsAre("Finance", "Legal", "New"));
  EXPECT_THAT(names("New"), ElementsAre("Below", "pay01"));
  EXPECT_EQ(rmdir("New"), ENOTEMPTY);
}

TEST_F(RestoreDirectoryTest, ARenamedFolderNeverSharesItsNumberWithWhatWasStaged) {
  ASSERT_EQ(mkdir(to_), 0);
  rename_folder(kFinance, "Money");
  EXPECT_THAT(names(""), ElementsAre("Finance", "Legal", "Money"));
  EXPECT_NE(inode("Money"), inode("Finance"));
  EXPECT_EQ(names("Money").size(), 0U);
  ASSERT_EQ(rmdir(to_), 0);
  ASSERT_EQ(rmdir("Finance"), 0);  // no folder any more
  EXPECT_NE(inode("Money"), inode("Legal"));
}

TEST_F(RestoreDirectoryTest, LinksAndNodesAreNotPermitted) {
  ASSERT_EQ(mkdir("mine"), 0);
  ASSERT_EQ(put("mine/f", "x"), 0);
  for (const char* path : {"", "Finance", "mine", "mine/f"})
    EXPECT_EQ(node(path)->refuse_special().code.value(), EPERM) << path;
}

TEST_F(RestoreDirectoryTest, RenameIntoAnotherTreeIsReadOnlyNeverExdev) {
  class Elsewhere final : public Node {
   public:
    [[nodiscard]] InodeNumber inode() const override { return InodeNumber{7}; }
    Result<Attributes> attributes() override { return Attributes{}; }
  };
  ASSERT_EQ(mkdir("mine"), 0);
  Reply<void> out;
  node("")->rename("mine", std::make_shared<Elsewhere>(), "mine", 0, kUser, out.take());
  EXPECT_EQ(out.code(), EROFS);
  Reply<void> in;
  Elsewhere().rename("pay01", node("Finance"), "pay01", 0, kUser, in.take());
  EXPECT_EQ(in.code(), EROFS);
}

TEST_F(RestoreDirectoryTest, NewInodesAreTheCallers) {
  caller_.uid = 1005;
  caller_.gid = 1006;
  caller_.umask = 027;
  ASSERT_EQ(mkdir("mine", 0777), 0);
  ASSERT_TRUE(create("mine/f", O_WRONLY | O_CREAT, 0666));
  const auto directory = node("mine")->attributes();
  const auto file = node("mine/f")->attributes();
  EXPECT_EQ(directory->permissions, 0750U);
  EXPECT_EQ(file->permissions, 0640U);
  EXPECT_EQ(file->uid, 1005U);
  EXPECT_EQ(file->gid, 1006U);
  EXPECT_EQ(directory->uid, 1005U);
}

TEST_F(RestoreDirectoryTest, OnlyTheMountingUserRootAndNamedOnesMayChange) {
  ASSERT_EQ(mkdir("mine"), 0);
  ASSERT_EQ(put("mine/f", "x"), 0);
  caller_.uid = 4242;
  EXPECT_EQ(mkdir("theirs"), EACCES);
  EXPECT_EQ(create("mine/g").error().code.value(), EACCES);
  EXPECT_EQ(open_file("mine/f", O_WRONLY).error().code.value(), EACCES);
  EXPECT_EQ(open_file("mine/f", O_RDONLY | O_TRUNC).error().code.value(), EACCES);
  EXPECT_EQ(unlink("mine/f"), EACCES);
  EXPECT_EQ(rmdir("mine"), EACCES);
  EXPECT_EQ(rename("mine", "theirs"), EACCES);
  EXPECT_EQ(chmod("mine", 0700), EACCES);
  EXPECT_EQ(truncate("mine/f", 0), EACCES);
  EXPECT_EQ(setxattr("mine", "user.vtpmfs.commit", "1"), EACCES);
  EXPECT_EQ(read("mine/f"), "x");
  caller_.uid = 0;
  EXPECT_EQ(chmod("mine", 0700), 0);
  caller_.uid = 1005;
  EXPECT_EQ(chmod("mine", 0700), 0);
}

TEST_F(RestoreDirectoryTest, WhatToolsSetIsStored) {
  ASSERT_EQ(mkdir("mine"), 0);
  ASSERT_EQ(put("mine/f", "x"), 0);
  for (const char* path : {"mine", "mine/f"}) {
    EXPECT_EQ(chmod(path, 04755), 0);
    EXPECT_EQ(chown(path, 0, 5), 0);
    EXPECT_EQ(utimens(path), 0);
    EXPECT_EQ(setxattr(path, "user.comment", "hello"), 0);
    EXPECT_EQ(setxattr(path, "user.vtpmfs.whatever", "x"), 0);
    const auto attributes = node(path)->attributes();
    EXPECT_EQ(attributes->permissions, 04755U);
    EXPECT_EQ(attributes->uid, 0U);
    EXPECT_EQ(attributes->gid, 5U);
    EXPECT_EQ(attributes->mtime, TimePoint(std::chrono::seconds(1'500'000'000)));
    EXPECT_THAT(node(path)->list_attributes().value(), ElementsAre("user.comment"));
  }
}

TEST_F(RestoreDirectoryTest, CreateWithoutExclOpensWhatAnotherProgramMade) {
  ASSERT_EQ(mkdir("mine"), 0);
  ASSERT_EQ(put("mine/f", "first"), 0);
  EXPECT_EQ(create("mine/f").error().code.value(), EEXIST);
  EXPECT_TRUE(create("mine/f", O_WRONLY | O_CREAT));
  EXPECT_EQ(read("mine/f"), "first");
  EXPECT_TRUE(create("mine/f", O_WRONLY | O_CREAT | O_TRUNC));
  EXPECT_EQ(read("mine/f"), "");
}

TEST_F(RestoreDirectoryTest, AnOpenFileOutlivesItsName) {
  ASSERT_EQ(mkdir("mine"), 0);
  const auto file = create("mine/keyId", O_RDWR | O_CREAT);
  EXPECT_EQ(write(*file, 0, "one"), 0);
  ASSERT_EQ(unlink("mine/keyId"), 0);
  EXPECT_EQ(write(*file, 3, "two"), 0);
  Reply<Bytes> bytes;
  (*file)->read(0, 100, kUser, bytes.take());
  EXPECT_EQ(bytes.value()->view(), "onetwo");
  EXPECT_EQ(flush(*file), 0);
  EXPECT_EQ(rmdir("mine"), 0);
}

TEST_F(RestoreDirectoryTest, WhileARestoreRunsNothingOfItChanges) {
  restorer_.stall = true;
  ASSERT_EQ(mkdir("New"), 0);
  const Files set = pay01();
  copy(without(set, "nvram"), "New/pay01");
  const auto nvram = create("New/pay01/nvram");
  EXPECT_EQ(write(*nvram, 0, set.at("nvram")), 0);
  const auto completing = flush_later(*nvram);
  ASSERT_FALSE(completing.given());
  EXPECT_EQ(write(*nvram, 0, "x"), EPERM);
  EXPECT_EQ(truncate("New/pay01/keyId", 0), EPERM);
  EXPECT_EQ(open_file("New/pay01/keyId", O_WRONLY).error().code.value(), EPERM);
  EXPECT_EQ(create("New/pay01/notes").error().code.value(), EPERM);
  EXPECT_EQ(mkdir("New/pay01/deep"), EPERM);
  EXPECT_EQ(unlink("New/pay01/keyId"), EBUSY);
  EXPECT_EQ(rmdir("New/pay01"), EBUSY);
  EXPECT_EQ(rename("New/pay01/keyId", "New/pay01/key"), EPERM);
  EXPECT_EQ(rename("New/pay01", "New/pay02"), EPERM);
  EXPECT_EQ(rename("New", "Other"), EBUSY);
  ASSERT_EQ(mkdir("mine"), 0);
  EXPECT_EQ(rename("mine", "New/pay01", 2), EPERM);
  EXPECT_EQ(chmod("New/pay01/keyId", 0400), 0);
  EXPECT_EQ(utimens("New/pay01"), 0);
  RestoreStatus status;
  status.state = RestoreStatus::State::uploading;
  status.percent = 60;
  restorer_.running.front().changed(status);
  EXPECT_THAT(this->status("New/pay01"), HasSubstr("\"percent\": 60"));
  restorer_.end_all({});
  EXPECT_EQ(completing.code(), 0);
}

TEST_F(RestoreDirectoryTest, AfterSuccessContentStaysAttributesMayChangeAndRmOnlyForgets) {
  const Files set = pay01();
  EXPECT_TRUE(copy(set, to_).empty());
  EXPECT_EQ(open_file(to_ + "/keyId", O_WRONLY).error().code.value(), EPERM);
  EXPECT_EQ(truncate(to_ + "/keyId", 0), EPERM);
  EXPECT_EQ(create(to_ + "/notes").error().code.value(), EPERM);
  EXPECT_EQ(rename(to_, "Finance/pay02"), EPERM);
  EXPECT_EQ(rename(to_ + "/keyId", to_ + "/x"), EPERM);
  EXPECT_EQ(utimens(to_), 0);
  EXPECT_EQ(chown(to_ + "/nvram", 0, 0), 0);
  EXPECT_EQ(read(to_ + "/nvram"), set.at("nvram"));
  EXPECT_THAT(status(to_), HasSubstr("\"state\": \"done\""));
  for (const auto& [name, bytes] : set) EXPECT_EQ(unlink(to_ + "/" + name), 0);
  EXPECT_EQ(create(to_ + "/keyId").error().code.value(), EPERM);  // not a second VM
  EXPECT_EQ(rmdir(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
  EXPECT_TRUE(copy(set, to_).empty());  // forgotten: a new directory is a new wish
  EXPECT_EQ(restorer_.requests.size(), 2U);
}

TEST_F(RestoreDirectoryTest, NoSecondVmByMovingWhatIsAboveASetThatIsDone) {
  ASSERT_EQ(mkdir("New"), 0);
  EXPECT_TRUE(copy(pay01(), "New/pay01").empty());
  EXPECT_EQ(rename("New", "Other"), 0);
  EXPECT_EQ(fsync("Other/pay01"), 0);
  EXPECT_EQ(restorer_.requests.size(), 1U);
}

TEST_F(RestoreDirectoryTest, ARenamedDirectoryStartsAllSetsBelowItAndTellsTheFirstError) {
  restorer_.stall = true;
  ASSERT_EQ(mkdir(".in"), 0);
  ASSERT_EQ(mkdir(".in/Deep"), 0);
  copy(set_of(origin("a", "")), ".in/a");
  copy(set_of(origin("b", "")), ".in/Deep/b");
  copy(without(set_of(origin("c", "")), "nvram"), ".in/c");
  EXPECT_TRUE(restorer_.requests.empty());
  const auto renamed = rename_later(".in", "In");
  ASSERT_EQ(restorer_.requests.size(), 2U);
  EXPECT_FALSE(renamed.given());
  auto running = std::move(restorer_.running);
  restorer_.running.clear();
  running[0].done(fail(ENOKEY, "no key"));
  EXPECT_FALSE(renamed.given());
  running[1].done({});
  EXPECT_EQ(renamed.code(), ENOKEY);
}

TEST_F(RestoreDirectoryTest, HiddenNamesNeverCommit) {
  EXPECT_TRUE(copy(pay01(), ".hidden").empty());
  ASSERT_EQ(mkdir(".deep"), 0);
  EXPECT_TRUE(copy(pay01(), ".deep/pay01").empty());
  EXPECT_EQ(rename(".hidden", ".still"), 0);
  EXPECT_TRUE(restorer_.requests.empty());
}

TEST_F(RestoreDirectoryTest, TheStatusFileIsReadOnlyAndNeverInTheWay) {
  ASSERT_EQ(mkdir(to_), 0);
  EXPECT_THAT(names(to_), Not(Contains("restore.status")));
  EXPECT_EQ(find(to_ + "/restore.status").error().code.value(), ENOENT);
  ASSERT_EQ(put(to_ + "/keyId", "k"), 0);
  EXPECT_THAT(names(to_), ElementsAre("keyId", "restore.status"));
  EXPECT_EQ(node(to_ + "/restore.status")->attributes()->size, status(to_).size());
  EXPECT_EQ(node(to_ + "/restore.status")->inode().value, listed_inode(to_, "restore.status"));
  // A copy of a staged directory brings one along.
  EXPECT_EQ(put(to_ + "/restore.status", "old news"), 0);
  EXPECT_EQ(truncate(to_ + "/restore.status", 0), 0);
  EXPECT_EQ(chmod(to_ + "/restore.status", 0), 0);
  EXPECT_EQ(put(to_ + "/.restore.status.Xy", "old news"), 0);
  EXPECT_EQ(rename(to_ + "/.restore.status.Xy", to_ + "/restore.status"), 0);
  EXPECT_THAT(names(to_), ElementsAre("keyId", "restore.status"));
  EXPECT_THAT(status(to_), Not(HasSubstr("old news")));
  EXPECT_EQ(rename(to_ + "/restore.status", to_ + "/old.status"), EPERM);
  EXPECT_EQ(mkdir(to_ + "/restore.status"), EEXIST);
  EXPECT_EQ(unlink(to_ + "/restore.status"), 0);
  EXPECT_EQ(unlink(to_ + "/keyId"), 0);
  EXPECT_EQ(rmdir(to_), 0);
}

TEST_F(RestoreDirectoryTest, RmRemovesWhatItListedInAnyOrder) {
  ASSERT_EQ(mkdir(to_), 0);
  ASSERT_EQ(put(to_ + "/keyId", "k"), 0);
  for (const std::string& name : names(to_)) {
    EXPECT_TRUE(find(to_ + "/" + name)) << name;  // the kernel looks it up first
    EXPECT_EQ(unlink(to_ + "/" + name), 0) << name;
  }
  EXPECT_THAT(names(to_), ElementsAre());
  EXPECT_EQ(rmdir(to_), 0);
  // A directory of that name that never was a set has none.
  ASSERT_EQ(mkdir(to_), 0);
  EXPECT_EQ(find(to_ + "/restore.status").error().code.value(), ENOENT);
}

TEST_F(RestoreDirectoryTest, CtrlCBeforeTheVmWasMadeIsToldAndTriedAgain) {
  restorer_.stall = true;
  copy(without(pay01(), "nvram"), to_);
  const auto nvram = create(to_ + "/nvram");
  EXPECT_EQ(write(*nvram, 0, pay01().at("nvram")), 0);
  const auto completing = flush_later(*nvram);
  ASSERT_EQ(restorer_.running.size(), 1U);
  caller_.interrupted.cancel();
  EXPECT_TRUE(restorer_.running.front().interrupted.cancelled());
  restorer_.end_all(fail(EINTR, "interrupted before anything was created"));
  EXPECT_EQ(completing.code(), EINTR);
  restorer_.stall = false;
  EXPECT_EQ(fsync(to_), 0);
  EXPECT_EQ(restorer_.requests.size(), 2U);
}

TEST(StatusText, IsOneFieldALineInAFixedOrder) {
  RestoreStatus status;
  status.state = RestoreStatus::State::left_behind;
  status.step = "removing";
  status.percent = 40;
  status.vm_name = "pay\"01";
  status.error = Errno{ENOKEY};
  status.reason = "the key is gone\xff";
  status.what_to_do = "restore the key";
  status.warnings = {"one"};
  EXPECT_EQ(status_text(status),
            "{\n  \"state\": \"left-behind\",\n  \"step\": \"removing\",\n  \"percent\": 40,\n"
            "  \"vm\": \"pay\\\"01\",\n  \"errno\": \"ENOKEY\",\n"
            "  \"reason\": \"the key is gone\xEF\xBF\xBD\",\n"
            "  \"what_to_do\": \"restore the key\",\n  \"warnings\": [\n    \"one\"\n  ]\n}\n");
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
