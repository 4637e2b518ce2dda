#include "cache/state_directory.h"

#include <sys/stat.h>

#include <fstream>

#include "tests/unit/cache/fakes.h"

namespace vtpmfs::cache::testing {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat found = {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777;
}

TEST(StateDirectoryTest, IsMadeWithItsParentsForUsAlone) {
  const TempDir temp;
  const auto directory = StateDirectory::open(temp.path() + "/a/b/", false);
  ASSERT_TRUE(directory) << directory.error().words;
  EXPECT_EQ(directory->path(), temp.path() + "/a/b");
  EXPECT_EQ(mode_of(temp.path() + "/a/b"), 0700U);
  EXPECT_EQ(mode_of(temp.path() + "/a"), 0700U);
}

TEST(StateDirectoryTest, OneReadWriteMountAtATime) {
  const TempDir temp;
  auto first = StateDirectory::open(temp.path(), false);
  ASSERT_TRUE(first);
  const auto second = StateDirectory::open(temp.path(), false);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errno{EBUSY});
  EXPECT_NE(second.error().words.find(std::to_string(::getpid())), std::string::npos);
  EXPECT_TRUE(StateDirectory::open(temp.path(), true));  // takes no lock
  {
    StateDirectory moved = std::move(*first);
    EXPECT_FALSE(StateDirectory::open(temp.path(), false));
  }
  EXPECT_TRUE(StateDirectory::open(temp.path(), false));
}

TEST(StateDirectoryTest, MendsWideModes) {
  const TempDir temp;
  ASSERT_EQ(::chmod(temp.path().c_str(), 0755), 0);
  ASSERT_TRUE(StateDirectory::open(temp.path(), true));
  EXPECT_EQ(mode_of(temp.path()), 0700U);
}

TEST(StateDirectoryTest, RefusesLinksFilesAndOthersDirectories) {
  const TempDir temp;
  std::filesystem::create_directory(temp.path() + "/real");
  std::filesystem::create_directory_symlink(temp.path() + "/real", temp.path() + "/link");
  EXPECT_FALSE(StateDirectory::open(temp.path() + "/link", false));
  std::ofstream(temp.path() + "/file") << "x";
  EXPECT_FALSE(StateDirectory::open(temp.path() + "/file", false));
  EXPECT_FALSE(StateDirectory::open(temp.path() + "/file/below", false));
  EXPECT_FALSE(StateDirectory::open("", false));
  // the lock is no way out of the directory
  std::filesystem::create_symlink(temp.path() + "/file", temp.path() + "/real/lock");
  EXPECT_FALSE(StateDirectory::open(temp.path() + "/real", false));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((temp.path() + "/real").c_str(), 12345, 12345), 0);
    const auto foreign = StateDirectory::open(temp.path() + "/real", true);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, Errno{EACCES});
  }
}

}  // namespace
}  // namespace vtpmfs::cache::testing
