#include "cache/saved/key_locator.h"

#include "tests/unit/saved/hostile_inputs.h"

namespace vtpmfs::cache {
namespace {

using vsphere::CryptoKeyId;

const CryptoKeyId kKey{"a4e7494f-da55-4917-9d90-560c5078866b", "KMS"};
const std::string kPair =
    "pair/(fqid/<VMWARE-NULL>/KMS/a4e7494f%2dda55%2d4917%2d9d90%2d560c5078866b,"
    "HMAC%2dSHA%2d256,KPYD5%2fz%2bAw%3d%3d)";
const std::string kBundle = "vmware:key/list/(" + kPair + ")";
const std::string kOtherPair = "pair/(fqid/<VMWARE-NULL>/Other/b5,HMAC%2dSHA%2d256,AAECAw%3d%3d)";
const std::string kNativeBundle =
    "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/local/ASEA%2fzDJ%2bm3%3d,"
    "HMAC%2dSHA%2d256,kIc7z%2fJo))";

TEST(KeyLocator, ReadsTheFormOfAVcenter) {
  const auto locator = parse_key_locator(kBundle);
  ASSERT_TRUE(locator) << locator.error().words;
  EXPECT_FALSE(locator->has_unknown_form);
  ASSERT_EQ(locator->pairs.size(), 1U);
  const SealedPair& pair = locator->pairs[0];
  EXPECT_EQ(pair.provider, "KMS");
  EXPECT_EQ(pair.key, kKey.key_id);
  EXPECT_EQ(pair.mac, "HMAC-SHA-256");
  EXPECT_EQ(pair.sealed_data, "\x28\xf6\x03\xe7\xfc\xfe\x03");
}

TEST(KeyLocator, ReadsANativeProvidersKey) {
  const auto locator = parse_key_locator(kNativeBundle);
  ASSERT_TRUE(locator);
  ASSERT_EQ(locator->pairs.size(), 1U);
  EXPECT_EQ(locator->pairs[0].key, "ASEA/zDJ+m3=");
  EXPECT_EQ(match_bundle(kNativeBundle, {"ASEA/zDJ+m3=", "local"}), BundleMatch::agrees);
}

TEST(KeyLocator, ReadsSeveralPairsAndASinglePair) {
  const auto two = parse_key_locator("vmware:key/list/(" + kOtherPair + "," + kPair + ")");
  ASSERT_TRUE(two);
  EXPECT_EQ(two->pairs.size(), 2U);
  const auto one = parse_key_locator("vmware:key/" + kPair);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->pairs.size(), 1U);
  EXPECT_FALSE(one->has_unknown_form);
  EXPECT_TRUE(parse_key_locator("VMware:Key/LIST/(" + kPair + ")"));
}

TEST(KeyLocator, NullProviders) {
  for (const char* null : {"<VMWARE-NULL>", "%3cVMWARE%2dNULL%3e", "<VMWARE-EMPTYSTRING>"}) {
    const auto locator = parse_key_locator("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/" +
                                           std::string(null) + "/k,HMAC,AAAA))");
    ASSERT_TRUE(locator) << null;
    ASSERT_EQ(locator->pairs.size(), 1U);
    EXPECT_FALSE(locator->pairs[0].provider) << null;
    EXPECT_TRUE(locator->pairs[0].is_for({"k", "any"}));
  }
}

TEST(KeyLocator, MatchesKeys) {
  const std::string both = "vmware:key/list/(" + kOtherPair + "," + kPair + ")";
  EXPECT_EQ(match_bundle(kBundle, kKey), BundleMatch::agrees);
  EXPECT_EQ(match_bundle(both, kKey), BundleMatch::agrees);
  EXPECT_EQ(match_bundle(kBundle, {kKey.key_id, std::nullopt}), BundleMatch::agrees);
  EXPECT_EQ(match_bundle(kBundle, {kKey.key_id, "Other"}), BundleMatch::other_keys);
  EXPECT_EQ(match_bundle(kBundle, {"b5", "KMS"}), BundleMatch::other_keys);
  EXPECT_EQ(match_bundle(both, {"b5", "KMS"}), BundleMatch::other_keys);
  EXPECT_EQ(match_bundle("vmware:key/list/()", kKey), BundleMatch::other_keys);
}

TEST(KeyLocator, OtherFormsOfTheGrammarAreUnknownNotWrong) {
  for (const std::string& bundle : std::vector<std::string>{
           std::string("vmware:key/null/%3cVMWARE%2dEMPTYSTRING%3e"),
           std::string("vmware:key/role/role%2did/obfuscation"),
           std::string("vmware:key/fqid/<VMWARE-NULL>/KMS/k"),
           "vmware:key/list/(list/(" + kPair + "))",
           std::string(
               "vmware:key/list/(pair/(phrase/MA3f/pass2key%3dPBKDF2,HMAC%2dSHA%2d1,AAAA))"),
           "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k,HMAC,AAAA,more))",
           "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k/more,HMAC,AAAA))",
           std::string("vmware:key2/something/new"),
           "vmware:key/list/(" + kOtherPair + ",script/a/b/c)",
       }) {
    const auto locator = parse_key_locator(bundle);
    ASSERT_TRUE(locator) << bundle << locator.error().words;
    EXPECT_TRUE(locator->has_unknown_form) << bundle;
    EXPECT_EQ(match_bundle(bundle, kKey), BundleMatch::unknown_form) << bundle;
  }
  // A form that we know beside one that we do not.
  EXPECT_EQ(match_bundle("vmware:key/list/(script/a/b/c," + kPair + ")", kKey),
            BundleMatch::agrees);
}

TEST(KeyLocator, RefusesEveryTruncation) {
  for (size_t size = 0; size < kBundle.size(); ++size) {
    const std::string cut = kBundle.substr(0, size);
    if (cut.rfind("vmware:", 0) == 0 && cut.find('(') == std::string::npos) continue;
    expect_refused(parse_key_locator(cut), "encryption.bundle", cut);
    EXPECT_EQ(match_bundle(cut, kKey), BundleMatch::malformed) << cut;
  }
}

TEST(KeyLocator, RefusesWhatIsNoWholeLocator) {
  for (const std::string& bundle : std::vector<std::string>{
           std::string("garbage"),
           kBundle + "\n",
           " " + kBundle,
           kBundle + ")",
           "vmware:key/list/(" + kPair + "))(",
           std::string("vmware:key/list/(a%2)"),
           std::string("vmware:key/list/(a%zz)"),
           std::string("vmware:key/list/a"),
           std::string("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k,HMAC,!!!!))"),
           std::string("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k,HMAC,))"),
           std::string("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/,HMAC,AAAA))"),
           std::string("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/<VMWARE-NULL>,HMAC,AAAA))"),
           std::string("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k,,AAAA))"),
           std::string("vmware:key/list/(\xc3\xbc)"),
           std::string("vmware:key/list/(\0)", 19),
       }) {
    expect_refused(parse_key_locator(bundle), "encryption.bundle", bundle);
  }
  for (const auto& input : hostile_inputs()) {
    expect_refused(parse_key_locator(input), "encryption.bundle", input);
    EXPECT_EQ(match_bundle(input, kKey), BundleMatch::malformed);
  }
  expect_refused(parse_key_locator("vmware:key/list/(" + repeated("(", 50000)), "encryption.bundle",
                 "open parentheses");
  expect_refused(parse_key_locator("vmware:key/list/(" + repeated(kPair + ",", 1000) + kPair + ")"),
                 "encryption.bundle", "many pairs");
}

TEST(KeyLocator, DeepNestingIsUnknown) {
  const std::string deep = "vmware:key/" + repeated("list/(", 10000) + repeated(")", 10000);
  EXPECT_EQ(match_bundle(deep, kKey), BundleMatch::unknown_form);
}

TEST(KeyLocator, ErrorsDoNotShowSealedData) {
  const auto locator =
      parse_key_locator("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k,HMAC,SECRET!))");
  ASSERT_FALSE(locator);
  EXPECT_EQ(locator.error().words.find("SECRET"), std::string::npos);
}

TEST(KeyLocator, ComparesWhatAServerMadeOfABundle) {
  const std::string appended = "vmware:key/list/(" + kOtherPair + "," + kPair + ")";
  std::string rewrapped = kBundle;
  rewrapped.replace(rewrapped.find("KPYD5"), 5, "XXXXX");
  const std::string other = "vmware:key/list/(" + kOtherPair + ")";
  EXPECT_EQ(compare_bundles(kBundle, kBundle, kKey), BundleComparison::equal);
  EXPECT_EQ(compare_bundles(kBundle, appended, kKey), BundleComparison::pair_kept);
  EXPECT_EQ(compare_bundles(kBundle, rewrapped, kKey), BundleComparison::rewrapped);
  EXPECT_EQ(compare_bundles(kBundle, other, kKey), BundleComparison::no_pair);
  EXPECT_EQ(compare_bundles(kBundle, "", kKey), BundleComparison::no_pair);
  EXPECT_EQ(compare_bundles(kBundle, "vmware:key/role/a/server", kKey),
            BundleComparison::unknown_form);
  // Only a pair of this key proves anything.
  EXPECT_EQ(compare_bundles(appended, other, kKey), BundleComparison::no_pair);
}

TEST(KeyLocator, GivesTheProviderOfAKey) {
  const auto locator = parse_key_locator("vmware:key/list/(" + kOtherPair + "," + kPair + ")");
  ASSERT_TRUE(locator);
  EXPECT_EQ(provider_of_key(*locator, kKey.key_id), "KMS");
  EXPECT_EQ(provider_of_key(*locator, "b5"), "Other");
  EXPECT_FALSE(provider_of_key(*locator, "unknown"));
  const auto two = parse_key_locator(
      "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/A/k,H,AAAA),pair/(fqid/<VMWARE-NULL>/B/"
      "k,H,AAAA))");
  ASSERT_TRUE(two);
  EXPECT_FALSE(provider_of_key(*two, "k"));
}

TEST(KeyLocator, AFileMayHaveOneTrailingNewline) {
  EXPECT_EQ(bundle_in_file(kBundle), kBundle);
  EXPECT_EQ(bundle_in_file(kBundle + "\n"), kBundle);
  EXPECT_EQ(bundle_in_file(kBundle + "\r\n"), kBundle);
  EXPECT_EQ(bundle_in_file(kBundle + "\n\n"), kBundle + "\n");
  EXPECT_EQ(bundle_in_file(""), "");
  EXPECT_EQ(bundle_in_file("\n"), "");
}

}  // namespace
}  // namespace vtpmfs::cache
