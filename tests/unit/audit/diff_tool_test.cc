// Finding counterparts, and what has changed between them.
#include "fs/audit/diff_tool.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "fs/audit/set_pairs.h"
#include "tests/unit/audit/made_set.h"

namespace vtpmfs::fs {
namespace {

using made::Set;
using made::Tree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const auto kNone = std::nullopt;

/// "saved=mounted", "-saved", "+mounted", by path.
std::vector<std::string> pairs(const std::vector<SetMark>& saved,
                               const std::vector<SetMark>& mounted) {
  const SetPairs found = pair_sets(saved, mounted);
  std::vector<std::string> lines;
  for (const auto& pair : found.pairs)
    lines.push_back(saved[pair.saved].path + "=" + mounted[pair.mounted].path);
  for (const size_t i : found.gone) lines.push_back("-" + saved[i].path);
  for (const size_t i : found.added) lines.push_back("+" + mounted[i].path);
  if (found.older > 0) lines.push_back(std::to_string(found.older) + " older");
  return lines;
}

TEST(SetPairs, ByInstanceUuidWhereverTheMachineIs) {
  EXPECT_THAT(pairs({{"a", "i1", 0}, {"b", "i2", 0}}, {{"moved/b", "i2", 0}, {"c", "i3", 0}}),
              UnorderedElementsAre("b=moved/b", "-a", "+c"));
}

TEST(SetPairs, ByPathWhereOneDoesNotSay) {
  EXPECT_THAT(pairs({{"a", kNone, 0}}, {{"a", "i1", 0}}), ElementsAre("a=a"));
  EXPECT_THAT(pairs({{"a", kNone, 0}}, {{"b", "i1", 0}}), UnorderedElementsAre("-a", "+b"));
}

TEST(SetPairs, AMachineThatWasMadeAgainUnderItsNameIsAnother) {
  EXPECT_THAT(pairs({{"a", "i1", 0}}, {{"a", "i2", 0}}), UnorderedElementsAre("-a", "+a"));
}

TEST(SetPairs, OfGenerationsTheOneAtItsPlaceElseTheLatest) {
  EXPECT_THAT(
      pairs({{"jan/a", "i1", 10}, {"feb/a", "i1", 20}, {"mar/a", "i1", 5}}, {{"vm/a", "i1", 0}}),
      UnorderedElementsAre("feb/a=vm/a", "2 older"));
  EXPECT_THAT(pairs({{"jan/a", "i1", 10}, {"vm/a", "i1", 1}}, {{"vm/a", "i1", 0}}),
              UnorderedElementsAre("vm/a=vm/a", "1 older"));
  EXPECT_THAT(pairs({{"jan/a", "i1", 10}, {"feb/a", "i1", 20}}, {}),
              UnorderedElementsAre("-feb/a", "1 older"));
}

TEST(SetPairs, TwoMachinesOfOneNumberAreBothCompared) {
  EXPECT_THAT(pairs({{"a", "i1", 0}}, {{"a", "i1", 0}, {"b", "i1", 0}}),
              UnorderedElementsAre("a=a", "a=b"));
}

struct Compared {
  DiffReport report;
  AuditOptions options;

  [[nodiscard]] int status() const { return status_of(report); }
  [[nodiscard]] std::string text() const { return text_of(report, options); }
};

Compared compare(const Tree& saved, const Tree& mount, const std::vector<std::string>& words = {}) {
  std::vector<std::string> all = words;
  all.push_back(saved.path());
  all.push_back(mount.path());
  const auto options = read_audit_options(AuditTool::diff, all);
  EXPECT_TRUE(options);
  ProgressBar progress(false);
  return {compare_trees(*options, progress), *options};
}

TEST(DiffTool, TheSameIsTheSame) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a"));
  mount.set("DC1/vm/a", Set("a"));
  const Compared same = compare(saved, mount);
  EXPECT_EQ(same.status(), kAuditFine);
  EXPECT_EQ(same.text(), "1 same, 0 changed, 0 new, 0 gone, 0 trouble\n");
  EXPECT_THAT(compare(saved, mount, {"-v"}).text(), HasSubstr("same   " + saved.path("a")));
}

TEST(DiffTool, EachChangeIsNamed) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a"));
  Set now("a", 0, "k2");
  now.config.num_cpus = 8;
  mount.set("a", now.with("nvram", "other").with_config());
  saved.set("gone", Set("gone"));
  mount.set("new", Set("new"));
  const Compared changed = compare(saved, mount);
  EXPECT_EQ(changed.status(), kAuditNotable);
  EXPECT_THAT(changed.text(), HasSubstr("rekeyed: KMS/k2, was KMS/k1"));
  EXPECT_THAT(changed.text(), HasSubstr("sealed for KMS/k2"));
  EXPECT_THAT(changed.text(), HasSubstr("hardware.numCPU"));
  EXPECT_THAT(changed.text(), HasSubstr("written by the guest"));
  EXPECT_THAT(changed.text(), HasSubstr("not saved"));
  EXPECT_THAT(changed.text(), HasSubstr("not in the mount"));
  EXPECT_THAT(changed.text(), HasSubstr("0 same, 1 changed, 1 new, 1 gone, 0 trouble"));
}

TEST(DiffTool, FilesThatComeAndGo) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a").without("nvram").summed());
  mount.set("a", Set("a").without("config.json").summed());
  const Compared changed = compare(saved, mount);
  EXPECT_THAT(changed.text(), HasSubstr("nvram        "));
  EXPECT_THAT(changed.text(), HasSubstr("new: the machine had none"));
  EXPECT_THAT(changed.text(), HasSubstr("gone: the machine has none now"));
}

TEST(DiffTool, FilesAreReadOnlyWhereTheManifestsDiffer) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a"));
  mount.set("a", Set("a").with("nvram", "damaged, which is for check to find"));
  EXPECT_EQ(compare(saved, mount).status(), kAuditFine);
}

TEST(DiffTool, WithoutAManifestTheFilesAreHashed) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a").without("SHA256SUMS"));
  mount.set("a", Set("a"));
  EXPECT_EQ(compare(saved, mount).status(), kAuditFine);
  saved.file("a/nvram", "another");
  EXPECT_THAT(compare(saved, mount).text(), HasSubstr("written by the guest"));
}

TEST(DiffTool, ASetThatCannotBeHadWholeIsTrouble) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a"));
  mount.set("a", Set("a").without("SHA256SUMS"));
  mount.directory("a/SHA256SUMS-is-elsewhere");
  ASSERT_EQ(symlink("x", mount.path("a/SHA256SUMS").c_str()), 0);
  const Compared trouble = compare(saved, mount);
  EXPECT_EQ(trouble.status(), kAuditTrouble);
  EXPECT_THAT(trouble.text(), HasSubstr("in the mount: SHA256SUMS: no regular file"));

  const Tree damaged;
  damaged.set("a", Set("a").without("nvram"));
  EXPECT_THAT(compare(damaged, saved).text(), HasSubstr("nvram: missing"));
  damaged.file("a/SHA256SUMS", "garbage");
  EXPECT_EQ(compare(damaged, saved).status(), kAuditTrouble);
}

TEST(DiffTool, AMountThatIsNotMountedIsTrouble) {
  const Tree saved;
  const Tree empty;
  saved.set("a", Set("a"));
  EXPECT_EQ(compare(saved, empty).status(), kAuditTrouble);
  EXPECT_EQ(compare(empty, saved).status(), kAuditTrouble);
}

TEST(DiffTool, TheSameAsJson) {
  const Tree saved;
  const Tree mount;
  saved.set("a", Set("a"));
  saved.set("gone", Set("gone"));
  mount.set("b", Set("a", 0, "k2"));
  const auto json = nlohmann::json::parse(json_of(compare(saved, mount).report));
  EXPECT_EQ(json["tool"], "diff");
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["status"], 1);
  EXPECT_EQ(json["summary"]["changed"], 1);
  EXPECT_EQ(json["summary"]["gone"], 1);
  const auto& changed = json["sets"][0];
  EXPECT_EQ(changed["state"], "changed");
  EXPECT_EQ(changed["saved"], saved.path("a"));
  EXPECT_EQ(changed["mount"], mount.path("b"));
  EXPECT_EQ(changed["machine"]["instanceUuid"], "instance-of-a");
  bool rekeyed = false;
  for (const auto& change : changed["changes"])
    rekeyed |= change["file"] == "keyId" && change["property"] == "key";
  EXPECT_TRUE(rekeyed);
  EXPECT_EQ(json["sets"][1]["state"], "gone");
}

}  // namespace
}  // namespace vtpmfs::fs
