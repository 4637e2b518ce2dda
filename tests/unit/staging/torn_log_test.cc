// The index after a crash: cut at any byte, or with any bit of its tail turned over.
#include <set>

#include "cache/staging/index_log.h"
#include "tests/unit/staging/store_fixture.h"

namespace vtpmfs::cache::staging_test {
namespace {

/// A store's directory with a few changes, and what the listing was after each of them.
class StagingTornLog : public StoreTest {
 protected:
  /// Names with numbers, all directories, as one text.
  static std::string picture(StagingStore& store, StagedId directory) {
    std::string text;
    const auto entries = store.list(directory);
    if (!entries) return "?";
    for (const StagedEntry& entry : *entries) {
      text += entry.name + ":" + std::to_string(entry.id);
      const auto attributes = store.attributes(entry.id);
      text += "," + std::to_string(attributes->permissions);
      const auto names = store.list_xattr(entry.id);
      for (const std::string& name : *names) text += "," + name;
      if (entry.directory) text += "(" + picture(store, entry.id) + ")";
      text += ";";
    }
    return text;
  }

  void fill() {
    reopen();
    const auto note = [this] {
      ends_.push_back(std::filesystem::file_size(index()));
      pictures_.push_back(picture(*store_, root_));
    };
    note();
    const StagedId directory = make(root_, "pay01", true);
    note();
    const StagedId file = make(directory, ".keyId.Ab3", false);
    note();
    ASSERT_TRUE(store_->set_attributes(file, 0400, 5, 6, {}, WallTime{}));
    note();
    ASSERT_TRUE(store_->rename(directory, ".keyId.Ab3", directory, "keyId", 0));
    note();
    ASSERT_TRUE(store_->set_xattr(directory, "user.vtpmfs.pool", "gold", 0));
    note();
    make(directory, "nvram", false);
    note();
    ASSERT_TRUE(store_->rename(directory, "nvram", directory, "keyId", 2));
    note();
    ASSERT_TRUE(store_->unlink(directory, "nvram"));
    note();
    store_.reset();
    whole_ = file_bytes(index());
    ASSERT_EQ(whole_.size(), ends_.back());
  }
  /// What the store shows with these bytes as its index.
  std::string with_index(const std::string& bytes) {
    const std::string copy = temporary_.path() + "/copy";
    std::filesystem::remove_all(copy);
    std::filesystem::create_directories(copy);
    put_file(copy + "/index", bytes);
    auto opened = StagingStore::open(copy, clock_);
    if (!opened) return "not opened: " + opened.error().words;
    const auto root = (*opened)->root("datacenter-2");
    if (!root) return "no root";
    // What it opened with can be built upon.
    if (!(*opened)->create(*root, "built upon", true, 0700, 0, 0)) return "not writable";
    if (!(*opened)->remove_directory(*root, "built upon")) return "not writable";
    std::string shown = picture(**opened, *root);
    opened->reset();
    auto again = StagingStore::open(copy, clock_);
    if (!again || picture(**again, *(*again)->root("datacenter-2")) != shown)
      return "another picture at the next start";
    return shown;
  }

  std::string whole_;
  std::vector<size_t> ends_;           ///< of the log after each change
  std::vector<std::string> pictures_;  ///< and what there was
};

TEST_F(StagingTornLog, CutAtAnyByteShowsExactlyWhatWasWhole) {
  fill();
  ASSERT_EQ(std::set<std::string>(pictures_.begin(), pictures_.end()).size(), pictures_.size());
  size_t whole_changes = 0;
  for (size_t length = ends_.front(); length <= whole_.size(); ++length) {
    if (whole_changes + 1 < ends_.size() && length >= ends_[whole_changes + 1]) ++whole_changes;
    ASSERT_EQ(with_index(whole_.substr(0, length)), pictures_[whole_changes])
        << "cut at byte " << length << " of " << whole_.size();
  }
}

TEST_F(StagingTornLog, CutWithinItsFirstRecordsItStillOpens) {
  fill();
  for (size_t length = 0; length < ends_.front(); ++length)
    ASSERT_EQ(with_index(whole_.substr(0, length)), "") << "cut at byte " << length;
}

TEST_F(StagingTornLog, NoTurnedBitOfTheTailIsBelieved) {
  fill();
  const size_t last = ends_[ends_.size() - 2];
  for (size_t at = last; at < whole_.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole_;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ASSERT_EQ(with_index(damaged), pictures_[pictures_.size() - 2])
          << "bit " << bit << " of byte " << at << " of " << whole_.size();
    }
}

TEST_F(StagingTornLog, WhatFollowsADamagedRecordIsNotBelieved) {
  fill();
  std::string damaged = whole_;
  damaged[ends_[2] + 20] = static_cast<char>(damaged[ends_[2] + 20] ^ 1);
  EXPECT_EQ(with_index(damaged), pictures_[2]);
}

TEST_F(StagingTornLog, ZerosAndGarbageAtTheEndAreCutOff) {
  fill();
  EXPECT_EQ(with_index(whole_ + std::string(5000, '\0')), pictures_.back());
  EXPECT_EQ(with_index(whole_ + std::string(5000, '\xff')), pictures_.back());
}

TEST_F(StagingTornLog, AnIndexOfAnotherKindIsNotTouched) {
  fill();
  const std::string foreign = "vtpmfs staging 2\nwho knows";
  EXPECT_NE(with_index(foreign).find("not a staging index of this version"), std::string::npos);
  EXPECT_EQ(file_bytes(temporary_.path() + "/copy/index"), foreign);
}

TEST_F(StagingTornLog, ARewriteThatWasInterruptedIsForgotten) {
  fill();
  put_file(index() + ".new", whole_.substr(0, whole_.size() / 2));
  reopen();
  EXPECT_EQ(picture(*store_, root_), pictures_.back());
}

TEST(IndexRecord, ReadsWhatItWritesAndNothingElse) {
  IndexRecord record;
  record.action = IndexAction::rename;
  record.id = 1ULL << 40;
  record.parent = 7;
  record.directory = record.mtime_set = true;
  record.permissions = 07777;
  record.uid = 4'000'000'000;
  record.atime = WallTime(std::chrono::nanoseconds(-1));
  record.name = std::string("n\0ame", 5);
  record.value = std::string(70'000, 'v');
  const std::string bytes = encode_record(record);
  const auto read = decode_record(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_record(*read), bytes);
  EXPECT_EQ(read->name, record.name);
  EXPECT_EQ(read->atime, record.atime);
  EXPECT_FALSE(decode_record(bytes + "x"));
  EXPECT_FALSE(decode_record(std::string_view(bytes).substr(0, bytes.size() - 1)));
  EXPECT_FALSE(decode_record(std::string(1, '\0') + bytes.substr(1)));
  EXPECT_FALSE(decode_record(std::string(1, '\x7f') + bytes.substr(1)));
}

}  // namespace
}  // namespace vtpmfs::cache::staging_test
