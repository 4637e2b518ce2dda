// Which keys are needed, and may one be deleted?
#include "fs/audit/keys_tool.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/audit/made_set.h"

namespace vtpmfs::fs {
namespace {

using made::Set;
using made::Tree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Asked {
  KeysReport report;
  AuditOptions options;

  [[nodiscard]] KeyAnswer answer() const { return answer_of(report); }
  [[nodiscard]] int status() const { return status_of(report, options); }
  [[nodiscard]] std::string text() const { return text_of(report, options); }
};

Asked ask(const Tree& tree, const std::vector<std::string>& words = {}) {
  std::vector<std::string> all = words;
  all.push_back(tree.path());
  const auto options = read_audit_options(AuditTool::keys, all);
  EXPECT_TRUE(options);
  ProgressBar progress(false);
  return {collect_keys(*options, progress), *options};
}

/// The keys of one set, and whether there is a doubt.
std::vector<std::string> keys_of(const Set& set, bool doubt = false) {
  const Tree tree;
  tree.set("set", set);
  const Asked all = ask(tree);
  EXPECT_EQ(!all.report.unknown.empty(), doubt) << all.text();
  std::vector<std::string> keys;
  for (const auto& [key, users] : all.report.keys)
    keys.push_back(key.provider_id.value_or("?") + "/" + key.key_id);
  return keys;
}

TEST(KeyNeeds, KeyIdNamesTheKey) {
  EXPECT_THAT(keys_of(Set()), ElementsAre("KMS/k1"));
  EXPECT_THAT(keys_of(Set().without("config.json").without("SHA256SUMS")), ElementsAre("KMS/k1"));
}

TEST(KeyNeeds, TheBundleTellsTheProviderWhereKeyIdDoesNot) {
  EXPECT_THAT(keys_of(Set().with("keyId", R"({"keyId":"k1"})").summed()), ElementsAre("KMS/k1"));
}

TEST(KeyNeeds, OfSeveralPairsThatOfKeyIdIsEnough) {
  Set set;
  set.with("encryption.bundle",
           "vmware:key/list/(" + Set::pair("k0", "KMS") + "," + Set::pair("k1", "KMS") + ")");
  EXPECT_THAT(keys_of(set.summed()), ElementsAre("KMS/k1"));
}

TEST(KeyNeeds, ABundleOfAnotherKeyNeedsThatOneToo) {
  EXPECT_THAT(keys_of(Set().with("encryption.bundle", Set::bundle("k2", "KMS")).summed()),
              ElementsAre("KMS/k1", "KMS/k2"));
}

TEST(KeyNeeds, WithoutKeyIdTheBundleNamesIt) {
  EXPECT_THAT(keys_of(Set().without("keyId").summed()), ElementsAre("KMS/k1"));
}

TEST(KeyNeeds, AMachineThatWasLockedIsNamedByItsConfig) {
  Set set;
  for (const char* name : {"keyId", "encryption.bundle", "vtpm.json", "nvram", "SHA256SUMS"})
    set.without(name);
  EXPECT_THAT(keys_of(set), ElementsAre("KMS/k1"));
}

TEST(KeyNeeds, DamagedFilesAreNotBelieved) {
  EXPECT_THAT(keys_of(Set().with("keyId", "KMS/k7"), true), ElementsAre("KMS/k1", "KMS/k7"));
  EXPECT_THAT(keys_of(Set().with("keyId", "{"), true), ElementsAre("KMS/k1"));
  EXPECT_THAT(keys_of(Set().with("encryption.bundle", "x").summed(), true), ElementsAre("KMS/k1"));
  EXPECT_THAT(keys_of(Set().without("keyId"), true), ElementsAre("KMS/k1"));
  EXPECT_THAT(keys_of(Set().with("keyId", std::string(100'000, 'x')), true), ElementsAre("KMS/k1"));
  Set none;
  none.origin.key.reset();
  none.with_config().without("keyId").without("encryption.bundle").without("SHA256SUMS");
  EXPECT_THAT(keys_of(none, true), ElementsAre());
}

TEST(KeyNeeds, AMachineThatIsNotEncryptedNeedsNone) {
  Set set;
  set.origin.key.reset();
  set.without("keyId").without("encryption.bundle").without("vtpm.json").with_config();
  EXPECT_THAT(keys_of(set), ElementsAre());
}

TEST(KeysTool, GenerationsAreOneMachine) {
  const Tree tree;
  tree.set("jan/pay01", Set("pay01"));
  tree.set("feb/pay01", Set("pay01"));
  tree.set("feb/pay02", Set("pay02"));
  tree.set("feb/hr01", Set("hr01", 0, "k2"));
  const Asked all = ask(tree);
  EXPECT_EQ(all.status(), kAuditFine);
  ASSERT_EQ(all.report.keys.size(), 2U);
  const KeyUsers& users = all.report.keys.begin()->second;
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users.begin()->second.paths.size(), 2U);
  EXPECT_THAT(all.text(), HasSubstr("4 sets of 3 machines, 2 keys"));
  EXPECT_THAT(all.text(), Not(HasSubstr("UNKNOWN")));
}

TEST(KeysTool, TheLatestGenerationTellsTheName) {
  const Tree tree;
  Set renamed("pay01");
  renamed.origin.raw_name = "paying";
  tree.set("feb/pay01", renamed.with_config());
  tree.set("jan/pay01", Set("pay01"));
  const auto set_age = [&](const std::string& set, int hours) {
    for (const auto& file : std::filesystem::directory_iterator(tree.path(set)))
      std::filesystem::last_write_time(
          file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  set_age("feb/pay01", 1);
  set_age("jan/pay01", 700);
  const Asked february = ask(tree);
  EXPECT_THAT(february.text(), HasSubstr("paying"));
  EXPECT_THAT(february.text(), HasSubstr(tree.path("feb/pay01")));
  set_age("feb/pay01", 1400);
  EXPECT_THAT(ask(tree).text(), HasSubstr(tree.path("jan/pay01")));
}

TEST(KeysTool, AKeyThatIsNeededMayNotBeDeleted) {
  const Tree tree;
  tree.set("a", Set("a", 0, "k1"));
  tree.set("b", Set("b", 0, "k2", "Other"));
  EXPECT_EQ(ask(tree, {"--key", "k1"}).status(), kAuditNotable);
  EXPECT_EQ(ask(tree, {"--provider", "Other"}).status(), kAuditNotable);
  EXPECT_EQ(ask(tree, {"--key", "k2", "--provider", "Other"}).status(), kAuditNotable);
  EXPECT_THAT(ask(tree, {"--key", "k1"}).text(), HasSubstr("do not delete"));
  EXPECT_THAT(ask(tree, {"--key", "k1"}).text(), Not(HasSubstr("k2")));
}

TEST(KeysTool, AKeyThatNobodyNeeds) {
  const Tree tree;
  tree.set("a", Set("a", 0, "k1"));
  EXPECT_EQ(ask(tree, {"--key", "k9"}).status(), kAuditFine);
  EXPECT_EQ(ask(tree, {"--provider", "Gone"}).status(), kAuditFine);
  EXPECT_EQ(ask(tree, {"--key", "k1", "--provider", "Gone"}).status(), kAuditFine);
  EXPECT_THAT(ask(tree, {"--key", "k9"}).text(), HasSubstr("not needed by any of the 1 set"));
}

TEST(KeysTool, NobodyKnowsWhereASetCannotBeRead) {
  const Tree tree;
  tree.set("a", Set("a", 0, "k1"));
  tree.set("b", Set("b").with("keyId", "{"));
  EXPECT_EQ(ask(tree, {"--key", "k9"}).answer(), KeyAnswer::unknown);
  EXPECT_EQ(ask(tree, {"--key", "k9"}).status(), kAuditTrouble);
  EXPECT_EQ(ask(tree).status(), kAuditTrouble);
  // What is needed is needed all the same.
  EXPECT_EQ(ask(tree, {"--key", "k1"}).status(), kAuditNotable);
}

TEST(KeysTool, AnEmptyTreeAnswersNothing) {
  const Tree tree;
  EXPECT_EQ(ask(tree, {"--key", "k1"}).status(), kAuditTrouble);
}

TEST(KeysTool, AKeyWithoutAProviderMayBeAnyOnes) {
  const Tree tree;
  Set set;
  set.with("keyId", R"({"keyId":"k1"})").without("encryption.bundle").without("SHA256SUMS");
  tree.set("a", set);
  EXPECT_EQ(ask(tree, {"--provider", "KMS"}).answer(), KeyAnswer::unknown);
  EXPECT_EQ(ask(tree, {"--provider", "KMS", "--key", "k9"}).answer(), KeyAnswer::not_needed);
  EXPECT_EQ(ask(tree, {"--key", "k1"}).answer(), KeyAnswer::needed);
}

TEST(KeysTool, TheSameAsJson) {
  const Tree tree;
  tree.set("a\n", Set("a", 0, "k1"));
  const Asked asked = ask(tree, {"--key", "k1"});
  const auto json = nlohmann::json::parse(json_of(asked.report, asked.options));
  EXPECT_EQ(json["tool"], "keys");
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["status"], 1);
  EXPECT_EQ(json["answer"], "needed");
  EXPECT_EQ(json["asked"]["key"], "k1");
  EXPECT_EQ(json["keys"][0]["provider"], "KMS");
  EXPECT_EQ(json["keys"][0]["machines"][0]["name"], "a");
  EXPECT_EQ(json["keys"][0]["machines"][0]["instanceUuid"], "instance-of-a");
  EXPECT_EQ(json["keys"][0]["machines"][0]["sets"][0]["path"], tree.path("a\n"));
  EXPECT_THAT(asked.text(), HasSubstr("a\\n"));
}

}  // namespace
}  // namespace vtpmfs::fs
