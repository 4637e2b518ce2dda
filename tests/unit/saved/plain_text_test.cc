#include "cache/saved/plain_text.h"

#include <gtest/gtest.h>

namespace vtpmfs::cache {
namespace {

TEST(PlainText, Utf8) {
  for (const char* text : {"", "plain", "Übung", "日本", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe6\x97"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(PlainText, ControlCharacters) {
  EXPECT_FALSE(has_control_characters("Ünï code /%2f"));
  EXPECT_TRUE(has_control_characters("a\nb"));
  EXPECT_TRUE(has_control_characters("a\x7f"));
  EXPECT_TRUE(has_control_characters(std::string_view("a\0b", 3)));
}

TEST(PlainText, PrintableCannotForgeALogLine) {
  EXPECT_EQ(printable("a\nb\x1b[31m\xff"), "a?b?[31m?");
  EXPECT_EQ(printable("日本"), "日本");
  EXPECT_EQ(printable(std::string(100, 'x'), 10), "xxxxxxxxxx...");
  EXPECT_EQ(printable("日本", 4), "日...");
}

TEST(PlainText, Trimmed) {
  EXPECT_EQ(trimmed(" \t efi\r\n"), "efi");
  EXPECT_EQ(trimmed("e f i"), "e f i");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace vtpmfs::cache
