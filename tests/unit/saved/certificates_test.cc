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

TEST(Certificates, WhichKeyTheyAreAbout) {
  const auto certificate = read_certificate(made::certificate(1));
  ASSERT_TRUE(certificate);
  const PublicKeyHash key = certificate->public_key;
  EXPECT_EQ(read_certificate(made::certificate(2))->public_key, key);
  EXPECT_EQ(read_signing_request(made::signing_request()), key);
  EXPECT_NE(read_certificate(made::make_certificate(1, 1))->public_key, key);
  EXPECT_NE(read_signing_request(made::make_signing_request(1)), key);
  EXPECT_EQ(certificate->end_of_validity, end_of_validity(made::certificate(1)));
}

TEST(Certificates, NothingOfWhatIsNone) {
  EXPECT_FALSE(read_certificate(""));
  EXPECT_FALSE(read_certificate(made::signing_request()));
  EXPECT_FALSE(read_certificate(made::certificate(1) + "x"));
  EXPECT_FALSE(read_signing_request(""));
  EXPECT_FALSE(read_signing_request(made::certificate(1)));
  EXPECT_FALSE(read_signing_request(made::signing_request() + "x"));
}

}  // namespace
}  // namespace vtpmfs::cache
