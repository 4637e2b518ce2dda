// What a certificate tells of itself.
#include "cache/saved/certificates.h"

#include <gtest/gtest.h>

#include <ctime>

#include "tests/unit/saved/made_certificates.h"

namespace vtpmfs::cache {
namespace {

TEST(Certificates, TheEndOfItsValidity) {
  const auto end = end_of_validity(made::certificate(1));  // for an hour, made a moment ago
  ASSERT_TRUE(end);
  EXPECT_GT(*end, std::time(nullptr));
  EXPECT_LE(*end, std::time(nullptr) + 3600);
  EXPECT_FALSE(end_of_validity("no certificate"));
  EXPECT_FALSE(end_of_validity(made::certificate(1) + "x"));
  EXPECT_FALSE(end_of_validity(""));
}

}  // namespace
}  // namespace vtpmfs::cache
