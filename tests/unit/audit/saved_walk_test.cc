// Finding sets in trees that somebody else made.
#include "fs/audit/saved_walk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/audit/audit_output.h"
#include "tests/unit/audit/made_set.h"

namespace vtpmfs::fs {
namespace {

using made::Set;
using made::Tree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Walked {
  std::vector<TreeRoot> roots;
  Walk walk;
  std::vector<std::string> sets;
  std::vector<std::string> elsewhere;  ///< "code path"
};

Walked walk(const std::vector<std::string>& directories, bool skip_staging = false) {
  Walked walked;
  std::vector<FoundElsewhere> unopened;
  walked.roots = open_roots(directories, unopened);
  walked.walk = walk_saved_trees(walked.roots, {3, skip_staging}, [] {});
  for (const FoundSet& set : walked.walk.sets) walked.sets.push_back(set.path);
  for (const FoundElsewhere& place : walked.walk.elsewhere)
    walked.elsewhere.push_back(std::string(kind_of(place.finding.code).name) + " " + place.path);
  return walked;
}

TEST(SavedWalk, FindsSetsAtAnyDepthInOrder) {
  const Tree tree;
  tree.set("DC1/vm/b", Set());
  tree.set("DC1/vm/Finance/a", Set());
  tree.set("DC0/vm/.hidden/c", Set());
  tree.directory("DC1/vm/Empty");
  tree.file("DC1/notes", "x");
  const Walked found = walk({tree.path()});
  EXPECT_THAT(found.sets, ElementsAre("DC0/vm/.hidden/c", "DC1/vm/Finance/a", "DC1/vm/b"));
  EXPECT_THAT(found.elsewhere, ElementsAre("empty " + tree.path("DC1/vm/Empty")));
  EXPECT_EQ(found.walk.sets[1].full_path(), tree.path("DC1/vm/Finance/a"));
}

TEST(SavedWalk, TheNamedDirectoryMayBeTheSet) {
  const Tree tree;
  tree.set("pay01", Set());
  const Walked found = walk({tree.path("pay01")});
  EXPECT_THAT(found.sets, ElementsAre(""));
  EXPECT_EQ(found.walk.sets[0].full_path(), tree.path("pay01"));
  EXPECT_TRUE(found.walk.sets[0].open());
}

TEST(SavedWalk, ALoneFileIsReadBeforeItMakesASet) {
  const Tree tree;
  tree.file("npm/config.json", R"({"name":"x"})");
  tree.file("iso/SHA256SUMS", "00  debian.iso\n");
  tree.file("box/firmware", "v1.2");
  tree.file("ours1/config.json", Set().files["config.json"]);
  tree.file("ours2/SHA256SUMS", Set().files["SHA256SUMS"]);
  tree.file("ours3/firmware", "efi\n");
  EXPECT_THAT(walk({tree.path()}).sets, ElementsAre("ours1", "ours2", "ours3"));
}

TEST(SavedWalk, LinksAreNotFollowed) {
  const Tree outside;
  outside.set("secret", Set());
  const Tree tree;
  tree.set("real", Set());
  ASSERT_EQ(symlink(outside.path().c_str(), tree.path("out").c_str()), 0);
  ASSERT_EQ(symlink("real", tree.path("again").c_str()), 0);
  ASSERT_EQ(symlink(".", tree.path("loop").c_str()), 0);
  EXPECT_THAT(walk({tree.path()}).sets, ElementsAre("real"));
  // But the user may name one.
  EXPECT_THAT(walk({tree.path("again")}).sets, ElementsAre(""));
}

TEST(SavedWalk, ADirectoryThatBecameALinkIsNotEntered) {
  const Tree tree;
  tree.set("real", Set());
  const auto root = TreeDirectory::open(tree.path());
  ASSERT_TRUE(root);
  ASSERT_EQ(symlink("real", tree.path("link").c_str()), 0);
  EXPECT_FALSE(root->enter("link"));
  EXPECT_FALSE(root->enter("link/x"));
  EXPECT_TRUE(root->enter("real"));
}

TEST(SavedWalk, EachDirectoryOnceAlsoWhereRootsOverlap) {
  const Tree tree;
  tree.set("a/x", Set());
  tree.set("b", Set());
  const Walked found = walk({tree.path(), tree.path("a"), tree.path()});
  EXPECT_EQ(found.sets.size(), 2U);
  EXPECT_THAT(found.elsewhere, IsEmpty());
}

TEST(SavedWalk, ARootWithoutASetIsTold) {
  const Tree tree;
  tree.set("full/a", Set());
  tree.directory("empty");
  const Walked found = walk({tree.path("full"), tree.path("empty")});
  EXPECT_THAT(found.sets, ElementsAre("a"));
  EXPECT_THAT(found.elsewhere, ElementsAre("no-set " + tree.path("empty")));
}

TEST(SavedWalk, ADirectoryThatCannotBeReadIsTold) {
  const Tree tree;
  tree.set("a", Set());
  tree.directory("locked");
  tree.directory("lost+found");
  ASSERT_EQ(chmod(tree.path("locked").c_str(), 0), 0);
  ASSERT_EQ(chmod(tree.path("lost+found").c_str(), 0), 0);
  const made::Unprivileged user;
  EXPECT_THAT(walk({tree.path()}).elsewhere, ElementsAre("unreadable " + tree.path("locked")));
}

TEST(SavedWalk, DepthIsBoundedAndTold) {
  const Tree tree;
  tree.set("a", Set());
  std::string path = "d";
  for (size_t i = 1; i < kMaxTreeDepth; ++i) path += "/d";
  tree.file(path + "/notes", "x");
  EXPECT_THAT(walk({tree.path()}).elsewhere, IsEmpty());
  tree.set(path + "/set", Set());
  const Walked found = walk({tree.path()});
  EXPECT_THAT(found.sets, ElementsAre("a"));
  EXPECT_THAT(found.elsewhere, ElementsAre("unreadable " + tree.path(path)));
}

TEST(SavedWalk, LeftoversAreNotSetsNorEntered) {
  const Tree tree;
  tree.set("folder/.~tmp~/half", Set());
  tree.set("folder/a", Set());
  const Walked found = walk({tree.path()});
  EXPECT_THAT(found.sets, ElementsAre("folder/a"));
  EXPECT_THAT(found.elsewhere, ElementsAre("leftover " + tree.path("folder")));
}

TEST(SavedWalk, ASetBelowASetIsMarked) {
  const Tree tree;
  tree.set("a", Set());
  tree.set("a/a", Set());
  const Walked found = walk({tree.path()});
  ASSERT_EQ(found.walk.sets.size(), 2U);
  EXPECT_FALSE(found.walk.sets[0].below_a_set);
  EXPECT_TRUE(found.walk.sets[1].below_a_set);
}

TEST(SavedWalk, StagingAreasAreLeftOutWhereAsked) {
  const Tree tree;
  tree.set("DC1/vm/a", Set());
  tree.set("DC1/restore/b", Set());
  tree.set("restore/c", Set());
  EXPECT_THAT(walk({tree.path()}).sets, ElementsAre("DC1/restore/b", "DC1/vm/a", "restore/c"));
  EXPECT_THAT(walk({tree.path()}, true).sets, ElementsAre("DC1/vm/a", "restore/c"));
}

TEST(TreeDirectory, ReadsOnlyRegularFilesWithinTheirLimit) {
  const Tree tree;
  tree.file("file", "12345");
  ASSERT_EQ(mkfifo(tree.path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(symlink("file", tree.path("link").c_str()), 0);
  ASSERT_EQ(symlink("/etc/passwd", tree.path("out").c_str()), 0);
  tree.directory("directory");
  const auto directory = TreeDirectory::open(tree.path());
  ASSERT_TRUE(directory);
  const auto state = [&](const std::string& name, uint64_t most = 5) {
    return directory->read(name, most, true).state;
  };
  using State = FileContent::State;
  EXPECT_EQ(state("file"), State::whole);
  EXPECT_EQ(state("file", 4), State::too_large);
  EXPECT_EQ(state("fifo"), State::not_regular);
  EXPECT_EQ(state("link"), State::not_regular);
  EXPECT_EQ(state("out"), State::not_regular);
  EXPECT_EQ(state("directory"), State::not_regular);
  EXPECT_EQ(state("absent"), State::absent);
  const FileContent file = directory->read("file", 5, true);
  EXPECT_EQ(file.bytes, "12345");
  EXPECT_EQ(file.size, 5U);
  EXPECT_EQ(file.hash, cache::sha256("12345"));
  EXPECT_EQ(directory->read("file", 5, false).bytes, "");
  ASSERT_EQ(chmod(tree.path("file").c_str(), 0), 0);
  const made::Unprivileged user;
  EXPECT_EQ(state("file"), State::unreadable);
  EXPECT_THAT(directory->read("file", 5, true).trouble, HasSubstr("ermission"));
}

TEST(TreeDirectory, LeavesAccessTimesAsTheyAre) {
  const Tree tree;
  tree.file("file", "12345");
  const std::string path = tree.path("file");
  const timespec long_ago[2] = {{1000, 0}, {2000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), long_ago, 0), 0);
  ASSERT_TRUE(TreeDirectory::open(tree.path())->read("file", 5, true).size == 5);
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_atim.tv_sec, 1000);
}

}  // namespace
}  // namespace vtpmfs::fs
