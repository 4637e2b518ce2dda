// One vTPM in several sets: generations, restored machines, clones.
#include "fs/audit/same_identity.h"

#include <gmock/gmock.h>

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;

SetIdentity identity(const std::string& path, uint8_t tpm, std::optional<std::string> instance,
                     std::optional<std::string> bios = std::nullopt) {
  cache::Sha256Hash hash{};
  hash[0] = tpm;
  return {path, hash, std::move(instance), std::move(bios)};
}

/// The paths that have a finding.
std::vector<std::string> told(const std::vector<SetIdentity>& sets) {
  std::vector<std::string> paths;
  const auto findings = find_same_identities(sets);
  for (size_t i = 0; i < sets.size(); ++i)
    if (findings[i]) paths.push_back(sets[i].path);
  return paths;
}

TEST(SameIdentity, GenerationsOfOneMachineAreAsTheyShouldBe) {
  EXPECT_TRUE(told({identity("jan/a", 1, "i1", "b1"), identity("feb/a", 1, "i1", "b1"),
                    identity("feb/other", 2, "i2", "b2")})
                  .empty());
  // Its uuid was changed meanwhile.
  EXPECT_TRUE(told({identity("jan/a", 1, "i1", "b1"), identity("feb/a", 1, "i1", "b2")}).empty());
}

TEST(SameIdentity, AMachineThatWasRestoredAfterItsLossKeepsItsUuid) {
  EXPECT_TRUE(told({identity("jan/a", 1, "i1", "b1"), identity("feb/a", 1, "i2", "b1"),
                    identity("mar/a", 1, "i2", "b1")})
                  .empty());
}

TEST(SameIdentity, AClonedVtpmIsTold) {
  const std::vector<SetIdentity> sets = {identity("d/a", 1, "i1", "b1"),
                                         identity("d/c", 1, "i2", "b2"),
                                         identity("d/x", 2, "i3", "b3")};
  EXPECT_EQ(told(sets), (std::vector<std::string>{"d/a", "d/c"}));
  const auto findings = find_same_identities(sets);
  EXPECT_EQ(findings[0]->code, FindingCode::same_identity);
  EXPECT_THAT(findings[0]->words, HasSubstr("d/c"));
  EXPECT_THAT(findings[1]->words, HasSubstr("d/a"));
}

TEST(SameIdentity, ManyClonesAreCounted) {
  const auto findings = find_same_identities(
      {identity("a", 1, "i1"), identity("b", 1, "i2"), identity("c", 1, "i3")});
  for (const auto& finding : findings) {
    ASSERT_TRUE(finding);
    EXPECT_THAT(finding->words, HasSubstr("and 1 more"));
  }
}

TEST(SameIdentity, ASetThatDoesNotSayWhoseItIsGoesByItsName) {
  const auto none = std::nullopt;
  EXPECT_TRUE(told({identity("jan/a", 1, none), identity("feb/a", 1, none)}).empty());
  EXPECT_TRUE(told({identity("jan/a", 1, none), identity("feb/a", 1, "i1")}).empty());
  EXPECT_EQ(told({identity("jan/a", 1, none), identity("feb/c", 1, "i1")}).size(), 2U);
  // A name joins no two machines that are known.
  EXPECT_EQ(told({identity("x/a", 1, none), identity("y/a", 1, "i1", "b1"),
                  identity("z/a", 1, "i2", "b2")})
                .size(),
            3U);
}

TEST(SameIdentity, SetsWithoutKeysAreNotCompared) {
  EXPECT_TRUE(told({{"a", std::nullopt, "i1", {}}, {"b", std::nullopt, "i2", {}}}).empty());
}

}  // namespace
}  // namespace vtpmfs::fs
