// Names of keys and providers as directories can carry them.
#include <gmock/gmock.h>

#include "cache/inventory.h"

namespace vtpmfs::cache {
namespace {

using ::testing::MatchesRegex;

TEST(KeyDirectoryName, KeepsWhatADirectoryCanCarry) {
  EXPECT_EQ(key_directory_name("KMS"), "KMS");
  EXPECT_EQ(key_directory_name("b2a7+/=="), "b2a7+%2f==");
  EXPECT_EQ(key_directory_name("ä b~c"), "ä b~c");
}

TEST(KeyDirectoryName, EscapesWhatItCannotAndItsOwnEscapes) {
  EXPECT_EQ(key_directory_name("50%"), "50%25");
  EXPECT_EQ(key_directory_name("%2f"), "%252f");
  EXPECT_EQ(key_directory_name("a\nb\x7f"), "a%0ab%7f");
  EXPECT_EQ(key_directory_name(std::string("a\0b", 3)), "a%00b");
  EXPECT_EQ(key_directory_name("."), "%2e");
  EXPECT_EQ(key_directory_name(".."), "%2e.");
  EXPECT_EQ(key_directory_name("..."), "...");
  EXPECT_EQ(key_directory_name("../../etc"), "..%2f..%2fetc");
  EXPECT_EQ(key_directory_name(""), "%");
}

TEST(KeyDirectoryName, CutsWhatIsTooLongAndKeepsIdsApart) {
  EXPECT_EQ(key_directory_name(std::string(255, 'k')), std::string(255, 'k'));
  const std::string one = key_directory_name(std::string(256, 'k'));
  EXPECT_THAT(one, MatchesRegex("k+~[0-9a-f]+"));
  EXPECT_EQ(one.size(), 255U);
  EXPECT_NE(one, key_directory_name(std::string(257, 'k')));
  // Who knows how names are cut cannot make a key that has another one's name.
  EXPECT_NE(key_directory_name(one), one);
  // Escapes count.
  EXPECT_LE(key_directory_name(std::string(100, '/')).size(), 255U);
}

}  // namespace
}  // namespace vtpmfs::cache
