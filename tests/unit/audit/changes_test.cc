// What a file says that it did not say before.
#include "fs/audit/changes.h"

#include <gmock/gmock.h>

#include "fs/audit/config_changes.h"
#include "tests/unit/audit/made_set.h"

namespace vtpmfs::fs {
namespace {

using made::Set;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

testing::Matcher<const Change&> change(const std::string& property, const std::string& words) {
  return AllOf(testing::Field(&Change::property, property),
               testing::Field(&Change::words, HasSubstr(words)));
}

TEST(Changes, AKeyThatIsAnother) {
  EXPECT_THAT(changes_between("keyId", "KMS/k1", "KMS/k2"),
              ElementsAre(change("key", "rekeyed: KMS/k2, was KMS/k1")));
  EXPECT_THAT(changes_between("keyId", "KMS/k1", "New/k1"),
              ElementsAre(change("provider", "New, was KMS")));
  EXPECT_THAT(changes_between("keyId", "KMS/k1", cache::render_key_id({"k1", "KMS"})),
              ElementsAre(change("", "say the same")));
  EXPECT_THAT(changes_between("keyId", "{", "KMS/k1"), SizeIs(1));
}

TEST(Changes, ABundleTellsItsKeysAndNotItsBytes) {
  const std::string before = Set::bundle("k1", "KMS");
  EXPECT_THAT(changes_between("encryption.bundle", before, Set::bundle("k2", "KMS")),
              ElementsAre(change("keys", "sealed for KMS/k2, was for KMS/k1")));
  std::string anew = before;
  anew.replace(anew.find("KPYD5"), 5, "AAAAA");
  const auto changes = changes_between("encryption.bundle", before, anew);
  EXPECT_THAT(changes, ElementsAre(change("sealed data", "sealed anew")));
  EXPECT_THAT(changes[0].words, AllOf(Not(HasSubstr("KPYD5")), Not(HasSubstr("AAAAA"))));
  EXPECT_THAT(changes_between("encryption.bundle", before, before + "\n"),
              ElementsAre(change("", "say the same")));
  EXPECT_THAT(changes_between("encryption.bundle", "", before), SizeIs(1));
}

TEST(Changes, Firmware) {
  EXPECT_THAT(changes_between("firmware", "bios\n", "efi\n"),
              ElementsAre(change("firmware", "efi, was bios")));
  EXPECT_THAT(changes_between("firmware", "efi", "efi\n"), ElementsAre(change("", "say the same")));
}

std::string device(const std::vector<int>& certificates, const std::vector<int>& requests,
                   int key = 11000) {
  vsphere::VirtualTpm tpm;
  tpm.key = key;
  for (const int i : certificates)
    tpm.certificates.push_back(cache::base64_encode(Set::certificate(i)));
  for (const int i : requests)
    tpm.certificate_signing_requests.push_back(cache::base64_encode(Set::request(i)));
  return cache::render_vtpm(tpm);
}

TEST(Changes, OfTheVtpm) {
  const std::string before = device({0, 1}, {0, 1});
  EXPECT_THAT(changes_between("vtpm.json", before, device({0, 2}, {0, 1})),
              ElementsAre(change("certificates", "1 new, 1 gone")));
  EXPECT_THAT(changes_between("vtpm.json", before, device({1, 0}, {1, 0})),
              ElementsAre(change("", "say the same")));
  EXPECT_THAT(changes_between("vtpm.json", before, device({2, 3}, {2, 3})),
              ElementsAre(change("endorsement keys", "another vTPM"),
                          change("certificates", "2 new"), change("signing requests", "2 new")));
  EXPECT_THAT(changes_between("vtpm.json", before, device({0, 1}, {0, 1}, 4)),
              ElementsAre(change("device", "")));
}

std::string config(int cpus, const std::string& annotation, const std::string& extra = "") {
  vsphere::VmConfig config;
  config.num_cpus = cpus;
  config.annotation = annotation;
  if (!extra.empty()) config.extra_config = {{"sched.secret", extra}};
  vsphere::VmDevice nic;
  nic.type = "VirtualVmxnet3";
  nic.key = 4000;
  nic.mac_address = "00:50:56:00:00:0" + std::to_string(cpus);
  config.devices = {nic};
  return cache::render_config(config, {});
}

TEST(ConfigChanges, AreNamedByTheirPath) {
  EXPECT_THAT(config_changes(config(2, "x"), config(4, "x")),
              ElementsAre(change("hardware.device[4000].macAddress",
                                 "00:50:56:00:00:04, was 00:50:56:00:00:02"),
                          change("hardware.numCPU", "4, was 2")));
  EXPECT_THAT(config_changes(config(2, "x"), config(2, "x")), IsEmpty());
}

TEST(ConfigChanges, TellNoValueThatMayBeSecret) {
  EXPECT_THAT(
      config_changes(config(2, "password: a"), config(2, "password: b")),
      ElementsAre(AllOf(change("annotation", "changed"), Not(change("annotation", "password")))));
  for (const Change& told : config_changes(config(2, "x", "hunter1"), config(2, "x", "hunter2")))
    EXPECT_THAT(told.words, Not(HasSubstr("hunter")));
  for (const Change& told : config_changes(config(2, "x"), config(2, "x", "hunter2"))) {
    EXPECT_THAT(told.words, "new");
    EXPECT_THAT(told.property, HasSubstr("extraConfig[sched.secret]"));
  }
}

TEST(ConfigChanges, ValuesThatComeAndGo) {
  EXPECT_THAT(config_changes(R"({"a":1})", R"({"b":"x"})"),
              ElementsAre(change("a", "gone, was 1"), change("b", "x, new")));
}

TEST(ConfigChanges, AreNotEndless) {
  std::string many = "{\"a\":0";
  for (int i = 0; i < 100; ++i) many += ",\"m" + std::to_string(i) + "\":1";
  const auto changes = config_changes("{\"a\":0}", many + "}", 10);
  ASSERT_THAT(changes, SizeIs(11));
  EXPECT_THAT(changes.back(), change("", "and 90 more"));
}

TEST(ConfigChanges, WhatIsNoJsonIsTold) {
  EXPECT_THAT(config_changes("{", "{}"), ElementsAre(change("", "no JSON")));
  EXPECT_THAT(changes_between("config.json", "{}", "garbage"), ElementsAre(change("", "no JSON")));
}

}  // namespace
}  // namespace vtpmfs::fs
