// Each rule of vtpmfs check about one set.
#include "fs/audit/set_rules.h"

#include <gmock/gmock.h>

#include <ctime>

#include "cache/saved/firmware_file.h"
#include "tests/unit/audit/made_set.h"

namespace vtpmfs::fs {
namespace {

using made::Set;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The facts of a set as if it had been read.
SetFacts facts_of(const Set& set) {
  const made::Tree tree;
  tree.set("set", set);
  const auto directory = TreeDirectory::open(tree.path("set"));
  SetNames names;
  EXPECT_TRUE(directory->list([&](std::string_view name, EntryKind kind) {
    names.add(name, kind == EntryKind::directory);
  }));
  return read_set(*directory, names, {});
}

CheckTerms now() {
  return {std::time(nullptr), std::chrono::days(30)};
}

std::vector<Finding> findings_of(const Set& set) {
  return examine(facts_of(set), now());
}

/// "code file", in the order of examine().
std::vector<std::string> told(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings)
    lines.push_back(std::string(kind_of(finding.code).name) +
                    (finding.file.empty() ? "" : " " + finding.file));
  return lines;
}
std::vector<std::string> told(const Set& set) {
  return told(findings_of(set));
}

testing::Matcher<const Finding&> words(const std::string& part) {
  return testing::Field(&Finding::words, HasSubstr(part));
}

TEST(SetRules, AWholeSetHasNoFindings) {
  EXPECT_THAT(findings_of(Set()), IsEmpty());
}

TEST(SetRules, EachFileOfTheFiveIsMissed) {
  for (const std::string name : {"keyId", "encryption.bundle", "firmware", "vtpm.json", "nvram"}) {
    EXPECT_THAT(told(Set().without(name)), ElementsAre("missing " + name)) << name;
    // Also where nobody lists it: this was never a whole set.
    EXPECT_THAT(told(Set().without(name).summed()),
                ElementsAre(name == "vtpm.json" ? "no-vtpm" : "unlisted SHA256SUMS"))
        << name;
  }
}

TEST(SetRules, WithoutSha256sumsNothingVouches) {
  EXPECT_THAT(told(Set().without("SHA256SUMS")), ElementsAre("no-manifest SHA256SUMS"));
  EXPECT_THAT(told(Set().without("SHA256SUMS").without("nvram")),
              ElementsAre("missing nvram", "no-manifest SHA256SUMS"));
}

TEST(SetRules, ALockedMachineThatWasSavedIsIncomplete) {
  Set set;
  for (const char* name : {"keyId", "encryption.bundle", "vtpm.json", "nvram", "SHA256SUMS"})
    set.without(name);
  EXPECT_THAT(told(set), ElementsAre("missing encryption.bundle", "missing keyId", "missing nvram",
                                     "missing vtpm.json", "no-manifest SHA256SUMS"));
}

TEST(SetRules, EachFileThatDiffersFromSha256sumsIsNamed) {
  EXPECT_THAT(told(Set().with("nvram", "other")), ElementsAre("hash nvram"));
  EXPECT_THAT(told(Set().with("firmware", " efi\n")), ElementsAre("hash firmware"));
  EXPECT_THAT(told(Set().with("nvram", "other").without("keyId")),
              ElementsAre("missing keyId", "hash nvram"));
}

TEST(SetRules, AManifestThatIsNone) {
  EXPECT_THAT(told(Set().with("SHA256SUMS", "garbage\n")), ElementsAre("bad-manifest SHA256SUMS"));
  EXPECT_THAT(told(Set().with("SHA256SUMS", "")), ElementsAre("bad-manifest SHA256SUMS"));
}

TEST(SetRules, EachFileThatDoesNotParseIsNamed) {
  for (const std::string name :
       {"keyId", "encryption.bundle", "firmware", "vtpm.json", "config.json"}) {
    EXPECT_THAT(told(Set().with(name, "{").summed()), ElementsAre("format " + name)) << name;
  }
  EXPECT_THAT(told(Set().with("nvram", "").summed()), ElementsAre("format nvram"));
  EXPECT_THAT(told(Set().with("keyId", "{").with("vtpm.json", "{").summed()),
              ElementsAre("format keyId", "format vtpm.json"));
}

TEST(SetRules, FilesOverTheirLimitAreNotRead) {
  Set set;
  set.with("keyId", std::string(100'000, 'x'));
  EXPECT_THAT(told(set), ElementsAre("too-large keyId"));
}

TEST(SetRules, BundleAndKeyIdMustAgree) {
  const auto findings =
      findings_of(Set().with("encryption.bundle", Set::bundle("other", "KMS")).summed());
  EXPECT_THAT(told(findings), ElementsAre("inconsistent encryption.bundle"));
  EXPECT_THAT(findings, ElementsAre(AllOf(words("KMS/k1"), words("KMS/other"))));
}

TEST(SetRules, AProviderMustBeKnown) {
  Set set;
  set.with("keyId", R"({"keyId":"k1"})").with("encryption.bundle", "vmware:key/list/(role/a/b)");
  EXPECT_THAT(told(set.summed()), Contains("inconsistent keyId"));
}

TEST(SetRules, AVtpmNeedsEfi) {
  EXPECT_THAT(told(Set().with("firmware", "bios\n").summed()),
              ElementsAre("inconsistent firmware"));
}

TEST(SetRules, AFormOfBundleThatNobodyKnowsIsAWarning) {
  EXPECT_THAT(told(Set().with("encryption.bundle", "vmware:key/list/(role/a/b)").summed()),
              ElementsAre("bundle-form encryption.bundle"));
}

TEST(SetRules, ConfigIsWantedAndCompared) {
  EXPECT_THAT(told(Set().without("config.json").summed()), ElementsAre("no-config config.json"));
  Set set;
  set.origin.key = vsphere::CryptoKeyId{"former", "KMS"};
  EXPECT_THAT(told(set.with_config()), ElementsAre("config config.json"));
}

TEST(SetRules, ConfigThatSaysThereWasNoNvram) {
  Set set;
  set.origin.no_nvram = true;
  EXPECT_THAT(told(set.with_config()), ElementsAre("config config.json"));
  EXPECT_THAT(told(set.without("nvram").summed()), IsEmpty());
}

TEST(SetRules, ConfigWhoseDevicesDoNotFit) {
  Set set;
  set.config.boot_order = {{vsphere::BootDevice::Kind::disk, 2000}};
  EXPECT_THAT(findings_of(set.with_config()), ElementsAre(words("device 2000")));
  set.config.disks = {{2000, {}, {}, {}, {}, {}}};
  EXPECT_THAT(findings_of(set.with_config()), IsEmpty());
  set.config.disks.push_back(set.config.disks.front());
  EXPECT_THAT(findings_of(set.with_config()), ElementsAre(words("same key")));
}

TEST(SetRules, ConfigWithoutAnOrigin) {
  EXPECT_THAT(findings_of(Set().with("config.json", "{}").summed()),
              ElementsAre(words("which machine")));
}

TEST(SetRules, AProviderThatHadNoBackup) {
  Set set;
  set.origin.provider_has_backup = false;
  EXPECT_THAT(told(set.with_config()), ElementsAre("no-key-backup config.json"));
  set.origin.provider_has_backup = true;
  EXPECT_THAT(told(set.with_config()), IsEmpty());
}

TEST(SetRules, CertificatesAreMatchedByKeyAndNotByPlace) {
  vsphere::VirtualTpm device;
  const auto der = [](const std::string& bytes) { return cache::base64_encode(bytes); };
  device.certificates = {der(Set::certificate(1)), der(Set::certificate(0))};
  device.certificate_signing_requests = {der(Set::request(0)), der(Set::request(1))};
  EXPECT_THAT(told(Set().with("vtpm.json", cache::render_vtpm(device)).summed()), IsEmpty());

  device.certificate_signing_requests = {der(Set::request(0)), der(Set::request(2))};
  const auto findings = findings_of(Set().with("vtpm.json", cache::render_vtpm(device)).summed());
  EXPECT_THAT(told(findings), ElementsAre("unattested vtpm.json", "unattested vtpm.json"));
  EXPECT_THAT(findings, ElementsAre(words("certificate 0"), words("signing request 1")));

  device.certificate_signing_requests.clear();
  EXPECT_THAT(told(Set().with("vtpm.json", cache::render_vtpm(device)).summed()), IsEmpty());
}

TEST(SetRules, CertificatesThatEndAreToldInDays) {
  const SetFacts facts = facts_of(Set());  // for 100 days
  const int64_t today = std::time(nullptr);
  const auto at = [&](int days) {
    return examine(facts, {today + days * 86400L + 60, std::chrono::days(30)});
  };
  EXPECT_THAT(at(69), IsEmpty());
  EXPECT_THAT(told(at(71)), ElementsAre("expires vtpm.json"));
  EXPECT_THAT(at(71), ElementsAre(words("in 28 days")));
  EXPECT_THAT(told(at(110)), ElementsAre("expired vtpm.json"));
  EXPECT_THAT(at(110), ElementsAre(words("10 days ago")));
  EXPECT_THAT(examine(facts, {today, std::chrono::days(0)}), IsEmpty());
}

TEST(SetRules, OtherDialectsAreNoted) {
  const auto findings = findings_of(Set().with("keyId", "KMS/k1").summed());
  EXPECT_THAT(told(findings), ElementsAre("dialect keyId"));
  EXPECT_THAT(findings, ElementsAre(words("plain text")));
  EXPECT_EQ(findings.front().severity(), Severity::note);
}

TEST(SetRules, AMachineWithoutAVtpmIsNoDamage) {
  Set set;
  for (const char* name : {"keyId", "encryption.bundle", "vtpm.json"}) set.without(name);
  EXPECT_THAT(told(set.with("firmware", "bios\n").summed()), ElementsAre("no-vtpm"));
  set.without("nvram");
  EXPECT_THAT(told(set.summed()), ElementsAre("no-vtpm"));
  EXPECT_THAT(told(set.with("firmware", "efi\n")), ElementsAre("hash firmware"));
}

TEST(SetRules, WhatLiesBesideTheFiles) {
  EXPECT_THAT(told(Set().with(".nvram.Xy12Ab", "half")), ElementsAre("leftover .nvram.Xy12Ab"));
  EXPECT_THAT(findings_of(Set().with(".nvram.Xy12Ab", "").with("keyId.partial", "")),
              ElementsAre(words("and 1 more")));
  EXPECT_THAT(told(Set().with("restore.status", "{}")),
              ElementsAre("restore-status restore.status"));
  EXPECT_THAT(told(Set().with("notes.txt", "of a person")), IsEmpty());
}

TEST(SetRules, NoFindingTellsASecret) {
  Set set;
  set.with("encryption.bundle", Set::bundle("other", "KMS")).with("nvram", "TOPSECRETSTATE");
  for (const Finding& finding : findings_of(set)) {
    EXPECT_THAT(finding.words, testing::Not(HasSubstr("KPYD5"))) << finding.words;
    EXPECT_THAT(finding.words, testing::Not(HasSubstr("TOPSECRET"))) << finding.words;
  }
}

TEST(SetRules, TheEndorsementKeysAreAllOfThem) {
  const auto one = endorsement_of(facts_of(Set("a", 0)));
  ASSERT_TRUE(one);
  EXPECT_EQ(endorsement_of(facts_of(Set("b", 0))), one);
  EXPECT_NE(endorsement_of(facts_of(Set("b", 1))), one);
  // Without signing requests the certificates tell.
  vsphere::VirtualTpm device;
  device.certificates = {cache::base64_encode(Set::certificate(0))};
  EXPECT_EQ(endorsement_of(facts_of(Set().with("vtpm.json", cache::render_vtpm(device)))), one);
  device.certificates.clear();
  EXPECT_FALSE(endorsement_of(facts_of(Set().with("vtpm.json", cache::render_vtpm(device)))));
  EXPECT_FALSE(endorsement_of(facts_of(Set().without("vtpm.json"))));
}

}  // namespace
}  // namespace vtpmfs::fs
