// Which tool wrote a file.
#include "cache/saved/dialect.h"

#include <gtest/gtest.h>

#include "cache/saved/key_id_file.h"

namespace vtpmfs::cache {
namespace {

TEST(Dialect, IsToldByTagsAndCase) {
  EXPECT_EQ(dialect_of(render_key_id({"k", "KMS"})), Dialect::vi_json);
  EXPECT_EQ(dialect_of(R"({"keyId":"k","providerId":{"id":"KMS"}})"), Dialect::govc);
  EXPECT_EQ(dialect_of(R"({"_vimtype":"vim.encryption.CryptoKeyId","keyId":"k"})"),
            Dialect::pyvmomi);
  EXPECT_EQ(dialect_of(R"({"KeyId":"k","ProviderId":{"Id":"KMS"}})"), Dialect::powercli);
  EXPECT_EQ(dialect_of("\xef\xbb\xbf {\"KeyId\":\"k\"}\r\n"), Dialect::powercli);
  EXPECT_EQ(dialect_of("KMS/k\n"), Dialect::plain_text);
  EXPECT_EQ(dialect_of(""), Dialect::plain_text);
}

TEST(Dialect, HasANameForPeople) {
  EXPECT_EQ(name_of(Dialect::vi_json), "VI JSON");
  EXPECT_EQ(name_of(Dialect::powercli), "PowerCLI's JSON");
}

}  // namespace
}  // namespace vtpmfs::cache
