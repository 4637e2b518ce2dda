#include "cache/inventory/shown_name.h"

#include <gtest/gtest.h>

#include <set>

namespace vtpmfs::cache {
namespace {

const MoRef kVm{"VirtualMachine", "vm-42"};

TEST(ShownNameTest, KeepsWhatADirectoryCanCarry) {
  for (const char* name : {"pay01", "a b", "%2fslash", "Größe", "new\nline", "~", "-rf", "..."}) {
    EXPECT_EQ(shown_name(name, kVm), name);
  }
}

TEST(ShownNameTest, EscapesWhatItCannot) {
  EXPECT_EQ(shown_name(".", kVm), "%2e");
  EXPECT_EQ(shown_name("..", kVm), "%2e.");
  EXPECT_EQ(shown_name("a/b", kVm), "a%2fb");
  EXPECT_EQ(shown_name("../../etc", kVm), "..%2f..%2fetc");
  EXPECT_EQ(shown_name(std::string("a\0b", 3), kVm), "a%00b");
  EXPECT_EQ(shown_name("", kVm), "vm-42");
}

TEST(ShownNameTest, MoRefsAreOpaqueAndEscapedToo) {
  EXPECT_EQ(shown_name("", {"Datastore", "/tmp/govcsim-DC0~1@folder-5"}),
            "%2ftmp%2fgovcsim-DC0%7e1@folder-5");
  const std::string name = shown_name("", {"VirtualMachine", std::string(5000, 'x')});
  EXPECT_LE(name.size(), kLongestName);
  EXPECT_NE(name, shown_name("", {"VirtualMachine", std::string(5001, 'x')}));
  EXPECT_FALSE(shown_name("", MoRef()).empty());
}

TEST(ShownNameTest, CutsLongNamesAtACharacter) {
  std::string name;
  while (name.size() < 300) name += "ä";  // two bytes each
  for (int shift = 0; shift < 4; ++shift) {
    const std::string shown = shown_name(std::string(static_cast<size_t>(shift), 'x') + name, kVm);
    EXPECT_LE(shown.size(), kLongestName);
    EXPECT_GE(shown.size(), kLongestName - 3);
    EXPECT_EQ(shown.substr(shown.size() - 6), "~vm-42");
    // whole characters only: the bytes before `~` are pairs
    EXPECT_EQ((shown.size() - 6 - static_cast<size_t>(shift)) % 2, 0U);
  }
  EXPECT_EQ(shown_name(std::string(255, 'a'), kVm).size(), 255U);
  EXPECT_EQ(shown_name(std::string(255, 'a'), kVm).back(), 'a');
  // escaping makes it longer
  EXPECT_LE(shown_name(std::string(200, '/'), kVm).size(), kLongestName);
  // bytes that are no UTF-8 do not make it loop or grow
  EXPECT_LE(shown_name(std::string(400, '\x80'), kVm).size(), kLongestName);
}

TEST(NamesOfSiblingsTest, AreAllDifferentWhateverTheServerSays) {
  const std::vector<std::string> hostile{"a",
                                         "a",
                                         "a~vm-0",
                                         "a~vm-1",
                                         "a~vm-1~vm-3",
                                         "",
                                         "vm-5",
                                         ".",
                                         "%2e",
                                         std::string(300, 'l'),
                                         std::string(300, 'l'),
                                         "a~vm-0~vm-2"};
  std::vector<MoRef> ids;
  for (size_t i = 0; i < hostile.size(); ++i) {
    ids.push_back({"VirtualMachine", "vm-" + std::to_string(i)});
  }
  // one value for two types
  ids.push_back({"Folder", "vm-0"});
  std::vector<std::string> raw = hostile;
  raw.push_back("a");
  std::vector<NamedEntity> siblings;
  for (size_t i = 0; i < ids.size(); ++i) siblings.push_back({ids[i], raw[i]});
  const auto names = names_of_siblings(siblings, false);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), siblings.size());
  for (const std::string& name : names) {
    EXPECT_FALSE(name.empty());
    EXPECT_LE(name.size(), kLongestName);
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_TRUE(name != "." && name != "..");
  }
}

}  // namespace
}  // namespace vtpmfs::cache
