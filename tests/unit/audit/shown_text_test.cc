// Names of others on a terminal.
#include "fs/audit/shown_text.h"

#include <gtest/gtest.h>

namespace vtpmfs::fs {
namespace {

TEST(ShownText, LeavesWhatPeopleWrite) {
  EXPECT_EQ(shown("Zürich/日本 😀 %2f~'\""), "Zürich/日本 😀 %2f~'\"");
  EXPECT_EQ(shown(""), "");
}

TEST(ShownText, EscapesWhatMovesTheCursorOrTheNeighbours) {
  EXPECT_EQ(shown("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(shown("\033[2K\x7f"), "\\033[2K\\177");
  EXPECT_EQ(shown(std::string(1, '\0')), "\\000");
  EXPECT_EQ(shown("\u009b2J"), "\\302\\2332J");   // C1: another way to write ESC [
  EXPECT_EQ(shown("\u202e"), "\\342\\200\\256");  // writes the rest from right to left
  EXPECT_EQ(shown("\u2028"), "\\342\\200\\250");  // a line's end
  EXPECT_EQ(shown("\ufeff"), "\\357\\273\\277");
  EXPECT_EQ(shown("a\\n"), "a\\\\n");
}

TEST(ShownText, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(shown("\xff"), "\\377");
  EXPECT_EQ(shown("a\xc3"), "a\\303");
  EXPECT_EQ(shown("\xc0\xaf"), "\\300\\257");
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\355\\240\\200");
}

TEST(TextTable, AlignsByCharactersAndEndsLinesWithoutBlanks) {
  TextTable table({"A", "B", "C"});
  EXPECT_TRUE(table.empty());
  table.add({"ü", "x\n", ""});
  table.add({"long", "", "c"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.text(),
            "A     B    C\n"
            "ü     x\\n\n"
            "long       c\n");
}

TEST(TextTable, AVeryLongCellPushesItsLineOnly) {
  TextTable table({"A", "B"}, 3);
  table.add({"longer", "x"});
  table.add({"a", "y"});
  EXPECT_EQ(table.text(), "A    B\nlonger  x\na    y\n");
}

}  // namespace
}  // namespace vtpmfs::fs
