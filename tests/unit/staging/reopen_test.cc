// What a restart keeps, what it removes, and what a removed file is to those who hold it.
#include "tests/unit/staging/store_fixture.h"

namespace vtpmfs::cache::staging_test {
namespace {

using Names = std::vector<std::string>;

class StagingReopen : public StoreTest {};

void expect_same(const StagedAttributes& before, const StagedAttributes& after) {
  EXPECT_EQ(before.id, after.id);
  EXPECT_EQ(before.directory, after.directory);
  EXPECT_EQ(before.permissions, after.permissions);
  EXPECT_EQ(before.uid, after.uid);
  EXPECT_EQ(before.gid, after.gid);
  EXPECT_EQ(before.size, after.size);
  EXPECT_EQ(before.atime, after.atime);
  EXPECT_EQ(before.mtime, after.mtime);
  EXPECT_EQ(before.subdirectories, after.subdirectories);
}

TEST_F(StagingReopen, KeepsNamesBytesTimesAndAttributes) {
  const StagedId directory = make(root_, "pay01", true);
  const StagedId below = make(directory, ".~tmp~", true);
  const StagedId file = make(directory, "nvram", false);
  ASSERT_TRUE(store_->write(file, 0, std::string(300'000, 'n')));
  const StagedId plain = make(below, "keyId", false);
  ASSERT_TRUE(store_->write(plain, 0, "key"));
  const WallTime then{std::chrono::nanoseconds(1'234'567'890'123'456'789)};
  ASSERT_TRUE(store_->set_attributes(file, 0400, 0, 7, then, then));
  ASSERT_TRUE(store_->set_xattr(file, "system.posix_acl_access", std::string("\1\0\2", 3), 0));
  ASSERT_TRUE(store_->set_xattr(directory, "user.vtpmfs.pool", "gold", 0));
  ASSERT_TRUE(store_->set_attributes(directory, {}, {}, {}, {}, then));
  std::vector<StagedAttributes> before;
  for (const StagedId id : {root_, directory, below, file, plain})
    before.push_back(*store_->attributes(id));

  for (int restart = 0; restart < 3; ++restart) {
    reopen();
    for (const StagedAttributes& attributes : before) {
      const auto after = store_->attributes(attributes.id);
      ASSERT_TRUE(after);
      expect_same(attributes, *after);
      EXPECT_EQ(attributes.ctime, after->ctime) << attributes.id;
    }
  }
  EXPECT_EQ(store_->lookup(directory, "nvram").value_or(0), file);
  EXPECT_EQ(bytes_of(file), std::string(300'000, 'n'));
  EXPECT_EQ(store_->get_xattr(file, "system.posix_acl_access").value_or(""),
            std::string("\1\0\2", 3));
  EXPECT_EQ(store_->get_xattr(directory, "user.vtpmfs.pool").value_or(""), "gold");
  EXPECT_EQ(store_->parent(plain).value_or(0), below);
  EXPECT_EQ(store_->name(plain).value_or(""), "keyId");
}

TEST_F(StagingReopen, WhatEndsWithTheMountIsThereUntilThenAndGoneAfterwards) {
  const StagedId folder = make(root_, "Finance", true);
  const StagedId ended = make(folder, "pay01", true);
  const StagedId below = make(ended, ".~tmp~", true);
  const StagedId bytes = make(below, "nvram", false);
  ASSERT_TRUE(store_->write(bytes, 0, "secret"));
  const StagedId kept = make(folder, "pay02", true);
  make(kept, "keyId", false);
  ASSERT_TRUE(store_->end_with_mount(ended));
  ASSERT_TRUE(store_->end_with_mount(ended));
  EXPECT_TRUE(store_->lookup(ended, ".~tmp~"));
  ASSERT_TRUE(store_->rename(folder, "pay01", folder, "pay03", 0));
  for (int restart = 0; restart < 2; ++restart) {
    reopen();
    EXPECT_EQ(code_of(store_->lookup(folder, "pay03")), ENOENT);
    EXPECT_EQ(code_of(store_->attributes(bytes)), ENOENT);
    EXPECT_TRUE(store_->lookup(kept, "keyId"));
    EXPECT_EQ(store_->attributes(folder)->subdirectories, 1U);
    EXPECT_FALSE(std::filesystem::exists(path() + "/data/" + std::to_string(bytes)));
  }
}

TEST_F(StagingReopen, NeverGivesANumberTwice) {
  const StagedId first = make_file("a", "1");
  ASSERT_TRUE(store_->unlink(root_, "a"));
  reopen();
  const StagedId second = make_file("a", "2");
  EXPECT_GT(second, first);
  // Numbers whose records never reached the disk may be known to programs, too.
  const auto durable = std::filesystem::file_size(index());
  StagedId lost = 0;
  for (int i = 0; i < 100; ++i) lost = make(root_, "lost" + std::to_string(i), true);
  store_.reset();
  std::filesystem::resize_file(index(), durable);
  reopen();
  EXPECT_EQ(code_of(store_->attributes(lost)), ENOENT);
  EXPECT_GT(make_file("b", "3"), lost);
}

TEST_F(StagingReopen, ContentWrittenAfterATimeWasSetHasALaterTime) {
  const StagedId file = make_file("nvram", "old");
  const WallTime set{std::chrono::seconds(1'000'000'000)};
  ASSERT_TRUE(store_->set_attributes(file, {}, {}, {}, {}, set));
  EXPECT_EQ(store_->attributes(file)->mtime, set);
  ASSERT_TRUE(store_->write(file, 0, "new"));
  const WallTime written = store_->attributes(file)->mtime;
  EXPECT_GT(written, set);
  reopen();
  EXPECT_EQ(store_->attributes(file)->mtime, written);
}

TEST_F(StagingReopen, ADirectorysTimeFollowsItsEntries) {
  const StagedId directory = make(root_, "d", true);
  const WallTime set{std::chrono::seconds(1'000'000'000)};
  ASSERT_TRUE(store_->set_attributes(directory, {}, {}, {}, {}, set));
  make(directory, "f", false);
  const WallTime after = store_->attributes(directory)->mtime;
  EXPECT_GT(after, set);
  ASSERT_TRUE(store_->unlink(directory, "f"));
  EXPECT_GT(store_->attributes(directory)->mtime, after);
}

TEST_F(StagingReopen, RemovesDataThatBelongsToNobody) {
  const StagedId file = make_file("kept", "bytes");
  put_file(path() + "/data/777777", "an orphan");
  put_file(path() + "/data/0" + std::to_string(file), "not how a number is written");
  put_file(path() + "/data/what", "no number");
  reopen();
  EXPECT_EQ(data_files(), 1U);
  EXPECT_EQ(bytes_of(file), "bytes");
}

TEST_F(StagingReopen, AFileWhoseDataIsMissingIsEmpty) {
  const StagedId file = make_file("nvram", "bytes");
  std::filesystem::remove(path() + "/data/" + std::to_string(file));
  reopen();
  EXPECT_EQ(store_->attributes(file)->size, 0U);
  EXPECT_EQ(bytes_of(file), "");
  ASSERT_TRUE(store_->write(file, 0, "again"));
  EXPECT_EQ(bytes_of(file), "again");
  ASSERT_TRUE(store_->unlink(root_, "nvram"));
  EXPECT_EQ(data_files(), 0U);
}

TEST_F(StagingReopen, AnUnlinkedFileLivesAsLongAsSomebodyHoldsIt) {
  const StagedId file = make_file("a", "one");
  store_->hold(file);
  store_->hold(file);
  ASSERT_TRUE(store_->unlink(root_, "a"));
  EXPECT_EQ(code_of(store_->parent(file)), ENOENT);
  EXPECT_EQ(code_of(store_->lookup(root_, "a")), ENOENT);
  ASSERT_TRUE(store_->write(file, 3, " two"));
  EXPECT_EQ(bytes_of(file), "one two");
  store_->let_go(file);
  EXPECT_EQ(bytes_of(file), "one two");
  store_->let_go(file);
  EXPECT_EQ(code_of(store_->attributes(file)), ENOENT);
  EXPECT_EQ(data_files(), 0U);
}

TEST_F(StagingReopen, AReplacedFileLivesAsLongAsSomebodyHoldsIt) {
  const StagedId old = make_file("nvram", "old");
  const StagedId fresh = make_file(".nvram.Xy12", "new");
  store_->hold(old);
  ASSERT_TRUE(store_->rename(root_, ".nvram.Xy12", root_, "nvram", 0));
  EXPECT_EQ(bytes_of(old), "old");
  EXPECT_EQ(store_->lookup(root_, "nvram").value_or(0), fresh);
  store_->let_go(old);
  EXPECT_EQ(data_files(), 1U);
}

TEST_F(StagingReopen, AnUnlinkedFileThatWasHeldIsGoneAfterARestart) {
  const StagedId file = make_file("a", "one");
  store_->hold(file);
  ASSERT_TRUE(store_->unlink(root_, "a"));
  reopen();
  EXPECT_EQ(code_of(store_->attributes(file)), ENOENT);
  EXPECT_EQ(data_files(), 0U);
}

TEST_F(StagingReopen, ContentVersionsTellContentsApart) {
  const StagedId file = make_file("a", "one");
  const uint64_t first = store_->content_version(file).value();
  EXPECT_EQ(store_->content_version(file).value(), first);
  ASSERT_TRUE(store_->set_attributes(file, 0400, {}, {}, {}, {}));
  EXPECT_EQ(store_->content_version(file).value(), first);
  ASSERT_TRUE(store_->write(file, 0, "two"));
  const uint64_t second = store_->content_version(file).value();
  EXPECT_NE(second, first);
  ASSERT_TRUE(store_->truncate(file, 0));
  EXPECT_NE(store_->content_version(file).value(), second);
}

TEST_F(StagingReopen, TheIndexIsWrittenAnewWhenItsHistoryIsLong) {
  const StagedId file = make_file("a", "bytes");
  const std::string value(60'000, 'x');
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(store_->set_xattr(file, "user.a", value, 0));
  EXPECT_LT(std::filesystem::file_size(index()), 17U << 20);  // 24 MB were written
  ASSERT_TRUE(store_->set_xattr(file, "user.b", "after", 0));
  reopen();
  EXPECT_EQ(store_->get_xattr(file, "user.a").value_or("").size(), value.size());
  EXPECT_EQ(store_->get_xattr(file, "user.b").value_or(""), "after");
  EXPECT_EQ(bytes_of(file), "bytes");
}

TEST_F(StagingReopen, EachDatacenterHasARootOfItsOwn) {
  const StagedId other = store_->root("datacenter-9").value();
  EXPECT_NE(other, root_);
  make(other, "x", true);
  EXPECT_TRUE(store_->list(root_)->empty());
  reopen();
  EXPECT_EQ(store_->root("datacenter-9").value(), other);
  EXPECT_EQ(store_->parent(other).value(), 0U);
  EXPECT_EQ(store_->name(other).value(), "datacenter-9");
}

}  // namespace
}  // namespace vtpmfs::cache::staging_test
