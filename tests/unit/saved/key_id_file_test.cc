#include "cache/saved/key_id_file.h"

#include "tests/unit/saved/hostile_inputs.h"

namespace vtpmfs::cache {
namespace {

using vsphere::CryptoKeyId;

const CryptoKeyId kKey{"a4e7494f-da55-4917-9d90-560c5078866b", "KMS"};
// The id of a native provider's key is base64.
const CryptoKeyId kNative{"ASEAAgEAIexBYS7M/zDJm3/f+Qa1VSfBY9e6rBrhvKIkB2G/sg==", "local"};

TEST(KeyIdFile, RendersTheLineOfTheContract) {
  EXPECT_EQ(render_key_id(kKey),
            R"({"_typeName":"CryptoKeyId","keyId":"a4e7494f-da55-4917-9d90-560c5078866b",)"
            R"("providerId":{"_typeName":"KeyProviderId","id":"KMS"}})"
            "\n");
  EXPECT_EQ(render_key_id({"k", std::nullopt}),
            "{\"_typeName\":\"CryptoKeyId\",\"keyId\":\"k\"}\n");
}

TEST(KeyIdFile, ReadsWhatItRenders) {
  for (const auto& key : {kKey, kNative, CryptoKeyId{"k", std::nullopt},
                          CryptoKeyId{"Schlüssel \"1\" \\ / %2f", "Anbieter/eins"}}) {
    const auto read = parse_key_id(render_key_id(key));
    ASSERT_TRUE(read) << read.error().words;
    EXPECT_EQ(*read, key);
  }
}

TEST(KeyIdFile, ReadsTheDialects) {
  const std::string id = kKey.key_id;
  const std::string texts[] = {
      // VI JSON, the tag at another place, unknown members
      R"({"keyId":")" + id + R"(","providerId":{"id":"KMS","new":[1]},"_typeName":"CryptoKeyId"})",
      // govc
      R"({"keyId":")" + id + R"(","providerId":{"id":"KMS"}})",
      // pyVmomi
      R"({"_vimtype":"vim.encryption.CryptoKeyId","dynamicProperty":[],"dynamicType":null,)"
      R"("keyId":")" +
          id +
          R"(","providerId":{"_vimtype":"vim.encryption.KeyProviderId",)"
          R"("dynamicProperty":[],"dynamicType":null,"id":"KMS"}})",
      // PowerCLI, with a byte order mark and DOS lines
      "\xef\xbb\xbf{\r\n  \"KeyId\": \"" + id +
          "\",\r\n  \"ProviderId\": { \"Id\": \"KMS\" }\r\n}\r\n",
      // text
      "KMS/" + id,
      " KMS/" + id + "\n",
  };
  for (const auto& text : texts) {
    const auto key = parse_key_id(text);
    ASSERT_TRUE(key) << text << key.error().words;
    EXPECT_EQ(*key, kKey) << text;
  }
}

TEST(KeyIdFile, SplitsTextAtTheFirstSlash) {
  const auto key = parse_key_id("local/" + kNative.key_id + "\n");
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, kNative);
}

TEST(KeyIdFile, NullAndEmptyProvidersAreNone) {
  for (const char* text :
       {R"({"keyId":"k","providerId":null})", R"({"keyId":"k"})",
        R"({"keyId":"k","providerId":{"id":""}})", R"({"keyId":"k","providerId":{"id":null}})"}) {
    const auto key = parse_key_id(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(*key, (CryptoKeyId{"k", std::nullopt}));
  }
}

TEST(KeyIdFile, RefusesWrongTypes) {
  for (const char* text :
       {R"({"_typeName":"VirtualTPM","keyId":"k"})", R"({"_typeName":7,"keyId":"k"})",
        R"({"_vimtype":"vim.encryption.KeyProviderId","keyId":"k"})", R"({"keyId":7})",
        R"({"keyId":["k"]})", R"({"keyId":""})", R"({"keyId":null})", "{}",
        R"({"keyId":"k","providerId":"KMS"})", R"({"keyId":"k","providerId":{"id":7}})",
        R"({"keyId":"k","providerId":{"_typeName":"CryptoKeyId","id":"KMS"}})",
        R"({"keyId":"k","KeyId":"k"})", R"({"keyId":"a\u0000b"})", R"({"keyId":"a\nb"})"}) {
    expect_refused(parse_key_id(text), "keyId", text);
  }
  for (const char* text : {"KMS", "/key", "KMS/", "KMS/a\nKMS/b", "KMS/a\x01", "KMS/\xff"}) {
    expect_refused(parse_key_id(text), "keyId", text);
  }
}

TEST(KeyIdFile, RefusesHostileInput) {
  for (const auto& text : hostile_inputs()) {
    if (text == repeated("/", 1000)) continue;  // begins with its slash: covered above
    expect_refused(parse_key_id(text), "keyId", text);
  }
}

TEST(KeyIdFile, RefusesEveryTruncation) {
  const std::string whole = render_key_id(kKey);
  for (size_t size = 0; size + 2 < whole.size(); ++size) {
    expect_refused(parse_key_id(whole.substr(0, size)), "keyId", whole.substr(0, size));
  }
}

}  // namespace
}  // namespace vtpmfs::cache
