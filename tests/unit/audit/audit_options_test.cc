// The tools' command lines, and what the manual says of them.
#include "fs/audit/audit_options.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "fs/audit/finding.h"

namespace vtpmfs::fs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(AuditTool tool, const std::vector<std::string>& words) {
  const auto options = read_audit_options(tool, words);
  return options ? "accepted" : options.error().words;
}

TEST(AuditOptions, TheFirstWordDecides) {
  EXPECT_EQ(audit_tool_of({"check", "x"}), AuditTool::check);
  EXPECT_EQ(audit_tool_of({"keys"}), AuditTool::keys);
  EXPECT_EQ(audit_tool_of({"diff"}), AuditTool::diff);
  // A mount point, a vCenter, or an option before it.
  for (const std::string word : {"./check", "check/", "https://check", "user@check", "-f", "Check"})
    EXPECT_FALSE(audit_tool_of({word, "check"})) << word;
  EXPECT_FALSE(audit_tool_of({}));
}

TEST(AuditOptions, AreRead) {
  const auto check = read_audit_options(AuditTool::check, {"-v", "--json", "--expiry-days=90", "a",
                                                           "-j", "3", "--nvram-max", "1M", "b"});
  ASSERT_TRUE(check) << check.error().words;
  EXPECT_TRUE(check->verbose);
  EXPECT_TRUE(check->json);
  EXPECT_FALSE(check->quiet);
  EXPECT_EQ(check->expiry_warning, std::chrono::days(90));
  EXPECT_EQ(check->threads, 3U);
  EXPECT_EQ(check->nvram_max, 1U << 20);
  EXPECT_THAT(check->directories, ElementsAre("a", "b"));
  const auto keys =
      read_audit_options(AuditTool::keys, {"--key", "k/+=", "--provider", "KMS", "-q", "a"});
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->key, "k/+=");
  EXPECT_EQ(keys->provider, "KMS");
  EXPECT_TRUE(keys->quiet);
  EXPECT_TRUE(read_audit_options(AuditTool::diff, {"--help"})->help);
  EXPECT_THAT(read_audit_options(AuditTool::check, {"--", "--json"})->directories,
              ElementsAre("--json"));
}

TEST(AuditOptions, RefusesWhatIsWrong) {
  EXPECT_THAT(refusal(AuditTool::check, {}), HasSubstr("no directory"));
  EXPECT_THAT(refusal(AuditTool::diff, {"a"}), HasSubstr("saved directory and a mount"));
  EXPECT_THAT(refusal(AuditTool::diff, {"a", "b", "c"}), HasSubstr("saved directory and a mount"));
  EXPECT_THAT(refusal(AuditTool::check, {"--key", "k", "a"}), HasSubstr("--key"));
  EXPECT_THAT(refusal(AuditTool::keys, {"--key", "", "a"}), HasSubstr("--key: "));
  EXPECT_THAT(refusal(AuditTool::check, {"--expiry-days", "x", "a"}), HasSubstr("--expiry-days: "));
  EXPECT_THAT(refusal(AuditTool::check, {"-j", "0", "a"}), HasSubstr("--jobs: "));
  EXPECT_THAT(refusal(AuditTool::check, {"--nvram-max", "x", "a"}), HasSubstr("--nvram-max: "));
  EXPECT_NE(refusal(AuditTool::check, {"--nonsense", "a"}), "accepted");
}

std::string page(const std::string& name) {
  std::ifstream file(VTPMFS_SOURCE_DIR "/man/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(AuditManualPage, DescribesEveryOptionInItsPageAndHelp) {
  for (const AuditOptionSpec& option : audit_option_table())
    for (const AuditTool tool : option.tools) {
      const std::string name = "vtpmfs-" + std::string(name_of(tool)) + ".1";
      std::string item = "Fl -" + std::string(option.name);
      if (!option.value.empty()) item += " Ar " + std::string(option.value);
      EXPECT_THAT(page(name), HasSubstr(item + "\n")) << name;
      EXPECT_THAT(audit_help(tool), HasSubstr("--" + std::string(option.name)));
    }
}

TEST(AuditManualPage, DescribesEveryFinding) {
  for (const FindingKind& kind : finding_kinds()) {
    EXPECT_THAT(page("vtpmfs-check.1"), HasSubstr("\n.It Cm " + std::string(kind.name) + "\n"));
    EXPECT_EQ(kind_of(kind.code).name, kind.name);
  }
}

}  // namespace
}  // namespace vtpmfs::fs
