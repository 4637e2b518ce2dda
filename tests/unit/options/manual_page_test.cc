#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "fs/options/option_table.h"

namespace vtpmfs::fs {
namespace {

TEST(ManualPage, DescribesEveryOption) {
  std::ifstream file(VTPMFS_SOURCE_DIR "/man/vtpmfs.8");
  ASSERT_TRUE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  for (const OptionSpec& option : option_table()) {
    if (option.help.empty()) continue;
    const std::string item = "Fl -" + std::string(option.name);
    const size_t at = text.str().find(item);
    ASSERT_NE(at, std::string::npos) << option.name;
    EXPECT_FALSE(std::isalnum(static_cast<unsigned char>(text.str()[at + item.size()])))
        << option.name;
  }
}

}  // namespace
}  // namespace vtpmfs::fs
