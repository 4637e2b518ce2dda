// vtpmfs check over trees.
#include "fs/audit/check_tool.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "tests/unit/audit/made_set.h"

namespace vtpmfs::fs {
namespace {

using made::Set;
using made::Tree;
using testing::HasSubstr;
using testing::Not;

struct Checked {
  CheckReport report;
  AuditOptions options;

  [[nodiscard]] int status() const { return status_of(report); }
  [[nodiscard]] std::string text() const { return text_of(report, options); }
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(json_of(report)); }
};

Checked check(const std::vector<std::string>& words) {
  const auto options = read_audit_options(AuditTool::check, words);
  EXPECT_TRUE(options);
  ProgressBar progress(false);
  return {check_trees(*options, {std::time(nullptr), options->expiry_warning}, progress), *options};
}

TEST(CheckTool, AGoodTreeIsFine) {
  const Tree tree;
  tree.set("a", Set("a", 0));
  tree.set("b", Set("b", 1));
  const Checked checked = check({tree.path()});
  EXPECT_EQ(checked.status(), kAuditFine);
  EXPECT_EQ(checked.text(), "2 sets, all well\n");
  EXPECT_THAT(check({"-v", tree.path()}).text(), HasSubstr("ok     " + tree.path("a") + "\n"));
  EXPECT_EQ(check({"-q", tree.path()}).text(), "");
}

TEST(CheckTool, TheWorstFindingIsTheStatus) {
  const Tree tree;
  tree.set("a", Set("a", 0));
  tree.set("b", Set("b", 1).with("keyId", "KMS/k1").summed());  // a note
  EXPECT_EQ(check({tree.path()}).status(), kAuditFine);
  EXPECT_EQ(check({tree.path()}).text(), "2 sets, all well\n");
  EXPECT_THAT(check({"-v", tree.path()}).text(), HasSubstr("note"));
  tree.set("c", Set("c", 2).without("config.json").summed());
  EXPECT_EQ(check({tree.path()}).status(), kAuditNotable);
  tree.set("d", Set("d", 3).with("nvram", "x"));
  const Checked checked = check({tree.path()});
  EXPECT_EQ(checked.status(), kAuditTrouble);
  EXPECT_THAT(checked.text(), HasSubstr("differs from SHA256SUMS (hash)"));
  EXPECT_THAT(checked.text(), HasSubstr("4 sets, 1 with errors, 1 with warnings"));
}

TEST(CheckTool, WhatIsNotThereIsAnError) {
  const Tree tree;
  tree.set("a", Set());
  EXPECT_EQ(check({tree.path("a"), tree.path("absent")}).status(), kAuditTrouble);
  tree.directory("empty");
  EXPECT_EQ(check({tree.path("empty")}).status(), kAuditTrouble);
  EXPECT_THAT(check({tree.path("empty")}).text(), HasSubstr("no-set"));
}

TEST(CheckTool, ClonesAndNestedSetsAreWarnings) {
  const Tree tree;
  tree.set("a", Set("a", 0));
  tree.set("clone", Set("clone", 0));
  const Checked cloned = check({tree.path()});
  EXPECT_EQ(cloned.status(), kAuditNotable);
  EXPECT_THAT(cloned.text(), HasSubstr("same-identity"));
  const Tree nested;
  nested.set("a", Set("a", 0));
  nested.set("a/a", Set("a", 0));
  EXPECT_EQ(check({nested.path()}).status(), kAuditNotable);
  EXPECT_THAT(check({nested.path()}).text(), HasSubstr("nested"));
}

TEST(CheckTool, ALinkInPlaceOfAFileIsNotFollowed) {
  const Tree tree;
  tree.set("a", Set().without("nvram"));
  tree.file("elsewhere/nvram-bytes", "sealed state of pay01");
  ASSERT_EQ(symlink("../elsewhere/nvram-bytes", tree.path("a/nvram").c_str()), 0);
  const Checked checked = check({tree.path()});
  EXPECT_EQ(checked.status(), kAuditTrouble);
  EXPECT_THAT(checked.text(), HasSubstr("not-a-file"));
  ASSERT_EQ(unlink(tree.path("a/nvram").c_str()), 0);
  ASSERT_EQ(mkfifo(tree.path("a/nvram").c_str(), 0600), 0);
  EXPECT_THAT(check({tree.path()}).text(), HasSubstr("not-a-file"));
}

TEST(CheckTool, AnUnreadableFileIsTold) {
  const Tree tree;
  tree.set("a", Set());
  ASSERT_EQ(chmod(tree.path("a/vtpm.json").c_str(), 0), 0);
  const made::Unprivileged user;
  const Checked checked = check({tree.path()});
  EXPECT_EQ(checked.status(), kAuditTrouble);
  EXPECT_THAT(checked.text(), HasSubstr("vtpm.json  Permission denied (unreadable)"));
}

TEST(CheckTool, AnNvramOverItsLimitIsNotHashed) {
  const Tree tree;
  tree.set("a", Set());
  ASSERT_EQ(truncate(tree.path("a/nvram").c_str(), 1L << 40), 0);  // sparse
  const Checked checked = check({tree.path()});
  EXPECT_THAT(checked.text(), HasSubstr("too-large"));
  EXPECT_EQ(check({"--nvram-max=10", tree.path()}).status(), kAuditTrouble);
}

TEST(CheckTool, NamesOfOthersDoNotReachTheTerminal) {
  const Tree tree;
  Set set("a");
  set.origin.raw_name = "\033[2J";
  tree.set("\033[2Jevil\n", set.with_config().with("nvram", "x"));
  const std::string text = check({tree.path()}).text();
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(text, HasSubstr("\\033[2Jevil\\n"));
}

TEST(CheckTool, TheSameAsJson) {
  const Tree tree;
  tree.set("a", Set("a", 0).with("nvram", "x"));
  tree.set("b\xff", Set("b", 1));
  tree.file("c/.~tmp~", "");
  const nlohmann::json json = check({tree.path()}).json();
  EXPECT_EQ(json["tool"], "check");
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["status"], 2);
  EXPECT_EQ(json["summary"], nlohmann::json::parse(R"({"sets":2,"ok":1,"warnings":0,"errors":1})"));
  const auto& damaged = json["sets"][0];
  EXPECT_EQ(damaged["path"], tree.path("a"));
  EXPECT_EQ(damaged["state"], "error");
  EXPECT_EQ(damaged["machine"]["instanceUuid"], "instance-of-a");
  EXPECT_EQ(damaged["key"]["key"], "k1");
  EXPECT_EQ(damaged["findings"][0]["code"], "hash");
  EXPECT_EQ(damaged["findings"][0]["severity"], "error");
  EXPECT_EQ(damaged["findings"][0]["file"], "nvram");
  const auto& odd = json["sets"][1];
  EXPECT_EQ(odd["path"], tree.path("b") + "\xef\xbf\xbd");
  EXPECT_EQ(odd["pathBase64"], cache::base64_encode(tree.path("b\xff")));
  EXPECT_EQ(odd["state"], "ok");
  EXPECT_EQ(json["elsewhere"][0]["findings"][0]["code"], "leftover");
}

}  // namespace
}  // namespace vtpmfs::fs
