#include "fs/options/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "fs/options/option_table.h"

namespace vtpmfs::fs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Completion, KnowsEveryOptionInEveryShell) {
  const std::pair<const char*, const char*> shells[] = {
      {"bash", "--"}, {"zsh", "'--"}, {"fish", " -l "}};
  for (const auto& [shell, before] : shells) {
    const auto script = completion_script(shell);
    ASSERT_TRUE(script) << script.error().words;
    for (const OptionSpec& option : option_table()) {
      const std::string word = before + std::string(option.name);
      // `password` is known only to be refused.
      if (option.help.empty())
        EXPECT_THAT(*script, Not(HasSubstr(word + " "))) << shell;
      else
        EXPECT_THAT(*script, HasSubstr(word)) << shell;
    }
  }
}

TEST(Completion, AnotherShellIsRefused) {
  const auto script = completion_script("csh");
  ASSERT_FALSE(script);
  EXPECT_EQ(script.error().code, Errno{EINVAL});
}

}  // namespace
}  // namespace vtpmfs::fs
