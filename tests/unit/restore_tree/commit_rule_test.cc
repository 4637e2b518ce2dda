// The pure part of the rule: which bytes a handle has written, and names.
#include "fs/restore/commit_rule.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace vtpmfs::fs {
namespace {

TEST(WrittenRanges, CoverAFileOnlyWhenEveryByteWasWritten) {
  std::mt19937 random(20251123);
  for (int round = 0; round < 2000; ++round) {
    WrittenRanges ranges;
    std::vector<bool> written(40, false);
    const size_t steps = 1 + random() % 12;
    for (size_t step = 0; step < steps; ++step) {
      const size_t begin = random() % 30;
      const size_t size = random() % 10;
      if (random() % 5 == 0) {
        ranges.cut(begin);
        std::fill(written.begin() + static_cast<std::ptrdiff_t>(begin), written.end(), false);
      } else {
        ranges.add(begin, size);
        for (size_t at = begin; at < begin + size; ++at) written[at] = true;
      }
    }
    size_t end = 0;  // of what is written without a gap
    while (end < written.size() && written[end]) ++end;
    size_t last = 0;
    for (size_t at = 0; at < written.size(); ++at)
      if (written[at]) last = at + 1;
    ASSERT_EQ(ranges.covers(last), last > 0 && end == last) << "round " << round;
    ASSERT_FALSE(ranges.covers(last + 1)) << "round " << round;
  }
}

TEST(WrittenRanges, NothingWrittenCoversNothing) {
  WrittenRanges ranges;
  EXPECT_FALSE(ranges.covers(0));
  ranges.cut(100);  // preallocated
  EXPECT_FALSE(ranges.covers(100));
}

TEST(CommitRule, KnowsTheNamesThatCount) {
  for (const char* name : {"keyId", "encryption.bundle", "vtpm.json", "nvram"})
    EXPECT_TRUE(makes_a_set(name) && takes_part(name)) << name;
  for (const char* name : {"firmware", "config.json", "SHA256SUMS"})
    EXPECT_TRUE(!makes_a_set(name) && takes_part(name)) << name;
  for (const char* name : {"restore.status", ".nvram.Xy12", "nvram~", "NVRAM", ""})
    EXPECT_FALSE(makes_a_set(name) || takes_part(name)) << name;
  EXPECT_TRUE(is_hidden(".~tmp~"));
  EXPECT_FALSE(is_hidden("a.b"));
}

TEST(CommitRule, AFolderIsNoSetWhateverItsManifestSays) {
  StagedContents contents;
  contents.manifest = "garbage";
  EXPECT_EQ(judge(contents).verdict, Verdict::no_set);
  contents.hashes["firmware"] = {};
  EXPECT_EQ(judge(contents).verdict, Verdict::no_set);
  contents.hashes["keyId"] = {};
  EXPECT_EQ(judge(contents).verdict, Verdict::bad_manifest);
  contents.manifest = "";
  EXPECT_EQ(judge(contents).verdict, Verdict::no_manifest);
}

}  // namespace
}  // namespace vtpmfs::fs
