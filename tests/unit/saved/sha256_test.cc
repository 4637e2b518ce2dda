#include "cache/saved/sha256.h"

#include <gtest/gtest.h>

namespace vtpmfs::cache {
namespace {

TEST(Sha256, KnownHashes) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  const std::string bytes(100'000, 'x');
  Sha256 hasher;
  for (size_t at = 0; at < bytes.size(); at += 777) {
    hasher.update(std::string_view(bytes).substr(at, 777));
  }
  EXPECT_EQ(hasher.finish(), sha256(bytes));
}

TEST(Sha256, StartsAnewAfterFinish) {
  Sha256 hasher;
  hasher.update("something else");
  (void)hasher.finish();
  hasher.update("abc");
  EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(Sha256, CanBeMoved) {
  Sha256 first;
  first.update("ab");
  Sha256 second(std::move(first));
  second.update("c");
  EXPECT_EQ(second.finish(), sha256("abc"));
}

TEST(Sha256, HexBothWays) {
  const auto hash = sha256("abc");
  std::string digits = hex(hash);
  EXPECT_EQ(sha256_from_hex(digits), hash);
  for (auto& c : digits) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(sha256_from_hex(digits), hash);
  EXPECT_FALSE(sha256_from_hex(digits.substr(1)));
  EXPECT_FALSE(sha256_from_hex(digits + "0"));
  digits[5] = 'g';
  EXPECT_FALSE(sha256_from_hex(digits));
  EXPECT_FALSE(sha256_from_hex(""));
}

}  // namespace
}  // namespace vtpmfs::cache
