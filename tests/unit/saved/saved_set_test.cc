#include "cache/saved/saved_set.h"

#include <gmock/gmock.h>

#include "cache/saved/config_file.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/vtpm_file.h"
#include "tests/unit/saved/hostile_inputs.h"
#include "tests/unit/saved/made_certificates.h"

namespace vtpmfs::cache {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using vsphere::CryptoKeyId;
using Files = std::map<std::string, std::string>;

const CryptoKeyId kKey{"a4e7494f-da55", "KMS"};
const std::string kBundle =
    "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/a4e7494f%2dda55,HMAC%2dSHA%2d256,"
    "KPYD5%2fz%2bAw%3d%3d))";

Files whole_set() {
  vsphere::VirtualTpm tpm;
  tpm.key = 11000;
  tpm.certificates = {base64_encode(made::certificate(1))};
  vsphere::VmConfig config;
  config.num_cpus = 2;
  return {{"keyId", render_key_id(kKey)},
          {"encryption.bundle", kBundle},
          {"firmware", "efi\n"},
          {"vtpm.json", render_vtpm(tpm)},
          {"config.json", render_config(config, {})}};
}

std::string refusal(const Files& files, bool nvram = true, uint64_t size = 100) {
  const auto set = parse_saved_set(files, nvram, size);
  if (set) return "accepted";
  EXPECT_EQ(set.error().code.value(), EINVAL) << set.error().words;
  return set.error().words;
}

TEST(SavedSet, ReadsAWholeSet) {
  const auto set = parse_saved_set(whole_set(), true, 100);
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_EQ(set->key, kKey);
  EXPECT_EQ(set->bundle, kBundle);
  EXPECT_EQ(set->firmware, "efi");
  ASSERT_TRUE(set->vtpm);
  EXPECT_EQ(set->vtpm->certificates.size(), 1U);
  EXPECT_TRUE(set->has_nvram);
  ASSERT_TRUE(set->config);
  EXPECT_EQ(set->config->num_cpus, 2);
  EXPECT_TRUE(set->origin);
  EXPECT_TRUE(set->warnings.empty());
  EXPECT_TRUE(check_restorable(*set));
}

TEST(SavedSet, ConfigMayBeAbsentAndOtherNamesDoNotMatter) {
  Files files = whole_set();
  files.erase("config.json");
  files["restore.status"] = "{";
  files["SHA256SUMS"] = "not looked at here";
  const auto set = parse_saved_set(files, true, 100);
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_FALSE(set->config);
  EXPECT_TRUE(check_restorable(*set));
}

TEST(SavedSet, TheBundleIsKeptByteForByte) {
  Files files = whole_set();
  files["encryption.bundle"] = kBundle + "\n";
  EXPECT_EQ(parse_saved_set(files, true, 100).value().bundle, kBundle);
  files["encryption.bundle"] = kBundle + "\n\n";
  EXPECT_THAT(refusal(files), StartsWith("encryption.bundle: expected"));
}

TEST(SavedSet, BundleAndKeyIdMustAgree) {
  Files files = whole_set();
  files["keyId"] = "KMS/another";
  EXPECT_THAT(refusal(files),
              testing::AllOf(StartsWith("encryption.bundle: expected"), HasSubstr("KMS/another"),
                             HasSubstr("KMS/a4e7494f-da55")));
  files["keyId"] = "Other/a4e7494f-da55";
  EXPECT_THAT(refusal(files), StartsWith("encryption.bundle: expected"));
}

TEST(SavedSet, AnUnknownFormOfBundleIsAWarning) {
  Files files = whole_set();
  files["encryption.bundle"] = "vmware:key/list/(role/a/server)";
  const auto set = parse_saved_set(files, true, 100);
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_THAT(set->warnings, testing::ElementsAre(StartsWith("encryption.bundle: ")));
}

TEST(SavedSet, AMissingProviderIsTakenFromTheBundle) {
  Files files = whole_set();
  files["keyId"] = R"({"keyId":"a4e7494f-da55"})";
  const auto set = parse_saved_set(files, true, 100);
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_EQ(set->key, kKey);

  files["encryption.bundle"] = "vmware:key/list/(role/a/server)";
  EXPECT_THAT(refusal(files), StartsWith("keyId: expected a key provider"));
  files.erase("encryption.bundle");
  EXPECT_THAT(refusal(files), StartsWith("keyId: expected a key provider"));
}

TEST(SavedSet, FirmwareMustBeEfi) {
  Files files = whole_set();
  files["firmware"] = "bios\n";
  EXPECT_THAT(refusal(files), StartsWith("firmware: expected efi"));
  files.erase("firmware");
  EXPECT_THAT(refusal(files), StartsWith("firmware: expected the file"));
  files["firmware"] = "";
  EXPECT_THAT(refusal(files), StartsWith("firmware: expected"));
}

TEST(SavedSet, NvramMustNotBeEmpty) {
  EXPECT_THAT(refusal(whole_set(), true, 0), StartsWith("nvram: expected"));
}

TEST(SavedSet, WithoutNvramOnlyWhereConfigSaysSo) {
  auto set = parse_saved_set(whole_set(), false, 0);
  ASSERT_TRUE(set);
  ASSERT_FALSE(check_restorable(*set));
  EXPECT_THAT(check_restorable(*set).error().words, StartsWith("nvram: expected the file"));

  Files files = whole_set();
  SavedOrigin origin;
  origin.no_nvram = true;
  files["config.json"] = render_config({}, origin);
  set = parse_saved_set(files, false, 0);
  ASSERT_TRUE(set);
  EXPECT_TRUE(check_restorable(*set));
}

TEST(SavedSet, AFileThatIsMissingIsNamed) {
  for (const std::string name : {"keyId", "encryption.bundle", "vtpm.json"}) {
    Files files = whole_set();
    files.erase(name);
    const auto set = parse_saved_set(files, true, 100);
    ASSERT_TRUE(set) << set.error().words;
    const auto status = check_restorable(*set);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code.value(), EINVAL);
    EXPECT_THAT(status.error().words, StartsWith(name + ": expected the file"));
  }
}

TEST(SavedSet, AVmWithoutAVtpmIsReadButNotRestorable) {
  const auto set = parse_saved_set({{"firmware", "bios\n"}}, true, 8684);
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_FALSE(set->key);
  EXPECT_FALSE(set->vtpm);
  EXPECT_FALSE(check_restorable(*set));
}

TEST(SavedSet, ConfigThatNamesAnotherKeyIsAWarning) {
  Files files = whole_set();
  SavedOrigin origin;
  origin.key = CryptoKeyId{"old", "KMS"};
  files["config.json"] = render_config({}, origin);
  const auto set = parse_saved_set(files, true, 100);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->key, kKey);
  EXPECT_EQ(set->warnings.size(), 1U);
}

TEST(SavedSet, EachFileOfGarbageIsNamed) {
  for (const std::string name :
       {"keyId", "encryption.bundle", "firmware", "vtpm.json", "config.json"}) {
    for (const std::string& garbage : {std::string("garbage"), std::string(100, '\0'),
                                       std::string("\xff\xfe\xfd"), repeated("[", 200)}) {
      Files files = whole_set();
      files[name] = garbage;
      EXPECT_THAT(refusal(files), StartsWith(name + ": ")) << garbage;
    }
    Files files = whole_set();
    files[name] = std::string(8UL << 20, 'x');
    const auto set = parse_saved_set(files, true, 100);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code.value(), EFBIG);
    EXPECT_THAT(set.error().words, StartsWith(name + ": "));
  }
}

}  // namespace
}  // namespace vtpmfs::cache
