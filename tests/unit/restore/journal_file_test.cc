// Records on disk: what is written comes back, and what was damaged is said to be.
#include "fs/restore/job/journal_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class JournalFile : public testing::Test {
 protected:
  JournalFile() {
    char made[] = "/tmp/vtpmfs-journal-XXXXXX";
    if (mkdtemp(made) == nullptr) std::abort();
    parent_ = made;
    directory_ = parent_ + "/journal";
    journal_ = JournalDirectory::open(directory_).value();
    record_.state = RestoreRecord::State::creating;
    record_.id = "0f";
    record_.vcenter = "vcenter-1";
    record_.mark = "mark";
    record_.instance_uuid = "uuid";
    record_.folder = kVmFolder;
    record_.name = "pay%2f01 \xc3\xbc";
    record_.task = vsphere::MoRef{"Task", "task-1"};
    record_.vm = vsphere::MoRef{"VirtualMachine", "vm-1"};
    record_.folders_made = {{"Folder", "group-v2"}, {"Folder", "group-v3"}};
    record_.staged = 0xfedcba9876543210ULL;
    record_.vm_folder = {"Folder", "group-v1"};
    record_.folders = {"Fi\xc3\xa4nance", "A%2fB"};
    record_.sent = std::chrono::system_clock::time_point(std::chrono::seconds(1764150000));
    record_.files = {{"keyId", "00ff"}, {"nvram", "ff00"}};
    record_.annotation = "pays\nwages";
    record_.as_template = true;
  }
  ~JournalFile() override { std::filesystem::remove_all(parent_); }

  [[nodiscard]] std::string path() const { return directory_ + "/0f.json"; }
  [[nodiscard]] std::string read() const {
    std::ifstream in(path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void put(const std::string& text) const {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << text;
  }

  std::string parent_, directory_;
  std::unique_ptr<JournalDirectory> journal_;
  RestoreRecord record_;
};

TEST_F(JournalFile, WhatIsWrittenComesBackInEveryState) {
  for (const auto state :
       {RestoreRecord::State::begun, RestoreRecord::State::creating, RestoreRecord::State::created,
        RestoreRecord::State::verified, RestoreRecord::State::done,
        RestoreRecord::State::rolled_back, RestoreRecord::State::left_behind}) {
    record_.state = state;
    ASSERT_TRUE(journal_->write(record_));
    const auto left = journal_->left().value();
    EXPECT_THAT(left.damaged, IsEmpty());
    ASSERT_EQ(left.records.size(), 1U);
    const RestoreRecord& found = left.records[0];
    EXPECT_EQ(found.state, state);
    EXPECT_EQ(found.id, record_.id);
    EXPECT_EQ(found.vcenter, record_.vcenter);
    EXPECT_EQ(found.mark, record_.mark);
    EXPECT_EQ(found.instance_uuid, record_.instance_uuid);
    EXPECT_EQ(found.folder, record_.folder);
    EXPECT_EQ(found.name, record_.name);
    EXPECT_EQ(found.task, record_.task);
    EXPECT_EQ(found.vm, record_.vm);
    EXPECT_EQ(found.folders_made, record_.folders_made);
    EXPECT_EQ(found.files, record_.files);
  }
}

TEST_F(JournalFile, NothingOptionalIsMadeUp) {
  record_.task.reset();
  record_.vm.reset();
  record_.folders_made.clear();
  ASSERT_TRUE(journal_->write(record_));
  const RestoreRecord found = journal_->left().value().records.at(0);
  EXPECT_FALSE(found.task);
  EXPECT_FALSE(found.vm);
  EXPECT_THAT(found.folders_made, IsEmpty());
}

TEST_F(JournalFile, ACheckedVmThatIsNotNamedIsDamage) {
  record_.vm.reset();
  for (const auto state : {RestoreRecord::State::verified, RestoreRecord::State::done}) {
    record_.state = state;
    ASSERT_TRUE(journal_->write(record_));
    const auto left = journal_->left().value();
    EXPECT_THAT(left.records, IsEmpty());
    EXPECT_THAT(left.damaged, ElementsAre("0f.json"));
  }
}

TEST_F(JournalFile, OnlyItsOwnerReadsItAndNothingStaysBesideIt) {
  ASSERT_TRUE(journal_->write(record_));
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
  journal_->remove(record_);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(JournalFile, WhatWasBeingWrittenAtAKillIsClearedAndTheRecordOfBeforeCounts) {
  ASSERT_TRUE(journal_->write(record_));
  std::ofstream(path() + ".new") << "{\"version\": 2, \"sha";
  std::ofstream(directory_ + "/1a.json.new") << "";
  journal_ = JournalDirectory::open(directory_).value();
  EXPECT_EQ(journal_->left().value().records.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/1a.json.new"));
}

TEST_F(JournalFile, AFileCutAnywhereIsDamaged) {
  ASSERT_TRUE(journal_->write(record_));
  const std::string whole = read();
  // The newline at the end carries nothing.
  for (size_t size = 0; size + 1 < whole.size(); ++size) {
    put(whole.substr(0, size));
    const auto left = journal_->left().value();
    ASSERT_THAT(left.damaged, ElementsAre("0f.json")) << size;
    ASSERT_THAT(left.records, IsEmpty()) << size;
  }
}

TEST_F(JournalFile, AFlippedBitNeverGivesAnotherRecord) {
  ASSERT_TRUE(journal_->write(record_));
  const std::string whole = read();
  size_t damaged = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    put(flipped);
    const auto left = journal_->left().value();
    ASSERT_EQ(left.records.size() + left.damaged.size(), 1U) << at;
    damaged += left.damaged.size();
    if (left.records.empty()) continue;
    // White space only.
    ASSERT_EQ(left.records[0].instance_uuid, record_.instance_uuid) << at;
    ASSERT_EQ(left.records[0].state, record_.state) << at;
  }
  EXPECT_GE(damaged, whole.size() - 2);
}

TEST_F(JournalFile, ADirectoryThatTakesNothingIsAnError) {
  std::filesystem::remove_all(directory_);
  const Status written = journal_->write(record_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code.value(), ENOENT);
  EXPECT_FALSE(journal_->left());
}

}  // namespace
}  // namespace vtpmfs::fs
