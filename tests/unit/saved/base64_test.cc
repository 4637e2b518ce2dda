#include "cache/saved/base64.h"

#include <gtest/gtest.h>

#include <random>

namespace vtpmfs::cache {
namespace {

TEST(Base64, Rfc4648Vectors) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, AnyBytesComeBack) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bytes each time
  for (size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

TEST(Base64, RefusesEverythingButTheOneEncoding) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "=Zg=", "Zg==Zg==",
                           "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "Zm9v=", "A===", "Zm9v===="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
  EXPECT_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
  EXPECT_FALSE(base64_decode("Zm9\xff"));
}

}  // namespace
}  // namespace vtpmfs::cache
