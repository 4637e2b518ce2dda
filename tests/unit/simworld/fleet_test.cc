// What the fleet consists of, and that it is the same each time.
#include <openssl/x509.h>

#include <ctime>
#include <set>

#include "tests/patience.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/sealing/endorsement.h"
#include "tests/simulator/world/sealing/key_bundle.h"
#include "tests/simulator/world/sealing/nvram_image.h"
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

TEST(SealingTest, BundlesOpenWithTheirKeyOnly) {
  const std::string data_key = derive_bytes("test", "data key", 32);
  const BundlePair pair = wrap_data_key("KMS & co", "key-1", "secret", data_key, "salt");
  const std::string text = write_bundle({pair, pair});
  EXPECT_EQ(
      text.find(
          "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS%20%26%20co/key%2d1,HMAC%2dSHA%2d256,"),
      0U);
  const auto read = parse_bundle(text);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(unwrap_data_key(read->at(1), "secret"), data_key);
  EXPECT_FALSE(unwrap_data_key(read->at(1), "Secret"));
  BundlePair renamed = read->at(0);
  renamed.provider = "KMS";
  EXPECT_FALSE(unwrap_data_key(renamed, "secret"));
  for (const char* garbage :
       {"", "vmware:key/list/()", "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/a/b,HMAC,?))",
        "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/a%2/b,HMAC,AAAA))"}) {
    EXPECT_FALSE(parse_bundle(garbage)) << garbage;
  }
  EXPECT_FALSE(parse_bundle(text + "x"));
  EXPECT_FALSE(parse_bundle(text.substr(0, text.size() - 1)));
}

TEST(SealingTest, NvramOpensWholeOrNotAtAll) {
  const std::string key = derive_bytes("test", "data key", 32);
  const NvramState state{derive_bytes("test", "identity", 32), 7};
  std::string image = write_nvram(state, key, efi_nvram_size);
  EXPECT_EQ(image.size(), efi_nvram_size);
  const auto opened = open_nvram(image, key);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->tpm_identity, state.tpm_identity);
  EXPECT_EQ(opened->generation, 7U);
  EXPECT_FALSE(open_nvram(image, derive_bytes("other", "data key", 32)));
  EXPECT_FALSE(open_nvram(image, ""));
  for (const std::size_t at : {0UL, 10UL, 50UL, image.size() - 1}) {
    std::string damaged = image;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    EXPECT_FALSE(open_nvram(damaged, key)) << at;
  }
  const std::string plain = write_nvram({"", 1}, "", bios_nvram_size);
  EXPECT_EQ(plain.size(), bios_nvram_size);
  ASSERT_TRUE(open_nvram(plain, ""));
  EXPECT_EQ(open_nvram(plain, "")->tpm_identity, "");
}

TEST(SealingTest, CertificatesAreRealAndEachVtpmsOwn) {
  EndorsementOffice office("authority");
  std::set<std::string> certificates;
  for (int i = 0; i < 10; ++i) {
    const std::string identity = derive_bytes("vtpm", std::to_string(i), 32);
    const auto endorsement = office.endorse(identity);
    ASSERT_EQ(endorsement->certificates.size(), 2U);
    ASSERT_EQ(endorsement->requests.size(), 2U);
    for (const std::string& der : endorsement->certificates) {
      EXPECT_TRUE(EndorsementOffice::is_certificate(der));
      EXPECT_TRUE(office.belongs_to(der, identity));
      EXPECT_FALSE(EndorsementOffice::is_certificate(der + "x"));
      EXPECT_FALSE(EndorsementOffice::is_certificate(der.substr(1)));
      certificates.insert(der);
    }
    for (const std::string& der : endorsement->requests) {
      const auto* start = reinterpret_cast<const unsigned char*>(der.data());
      const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(
          d2i_X509_REQ(nullptr, &start, static_cast<long>(der.size())), &X509_REQ_free);
      ASSERT_NE(request, nullptr);
      EXPECT_EQ(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())), 1);
    }
  }
  EXPECT_EQ(certificates.size(), 20U);
  EndorsementOffice again("authority");
  const std::string identity = derive_bytes("vtpm", "3", 32);
  EXPECT_EQ(again.endorse(identity)->certificates, office.endorse(identity)->certificates);
  EXPECT_EQ(again.endorse(identity)->requests, office.endorse(identity)->requests);
}

using FleetTest = MachineTest;

TEST_F(FleetTest, TheSameSeedMakesTheSameFleet) {
  Simulator other;
  build_world(other, small());
  const auto mine = verb("list-vms", {{"digests", true}});
  auto theirs = other.verbs().run(nlohmann::json{{"verb", "list-vms"}, {"digests", true}});
  ASSERT_TRUE(theirs);
  const std::set<nlohmann::json> first(mine.begin(), mine.end());
  const std::set<nlohmann::json> second(theirs->begin(), theirs->end());
  EXPECT_EQ(first, second);
  Simulator third;
  FleetOptions seeded = small();
  seeded.seed = "another";
  build_world(third, seeded);
  const auto different = third.verbs().run(nlohmann::json{{"verb", "vm"}, {"vm", "win00001"}});
  EXPECT_NE(different->at("nvram_sha256"), vm("win00001").at("nvram_sha256"));
}

TEST_F(FleetTest, EachBundleOpensAndEachNvramShowsItsVirtualTpm) {
  std::set<std::string> identities;
  int with_tpm = 0;
  for (const auto& known : verb("list-vms")) {
    if (!known.at("tpm").get<bool>() || !known.contains("nvram")) continue;
    ++with_tpm;
    identities.insert(verb("tpm-identity", {{"vm", known.at("id")}}).get<std::string>());
  }
  EXPECT_GT(with_tpm, 30);
  EXPECT_EQ(identities.size(), static_cast<std::size_t>(with_tpm));
}

TEST_F(FleetTest, SpecialMachinesAreSpecial) {
  EXPECT_FALSE(vm("not-encrypted").contains("key_id"));
  EXPECT_EQ(vm("bios").at("nvram_size"), 8684);
  EXPECT_EQ(vm("bios").at("firmware"), "bios");
  EXPECT_FALSE(vm("never-started").contains("nvram"));
  EXPECT_EQ(vm("running").at("power"), "on");
  EXPECT_EQ(vm("with-snapshots").at("snapshots"), 2);
  EXPECT_EQ(vm("golden image").at("template"), true);
  EXPECT_EQ(vm("native-key").at("provider"), "NKP1");
  EXPECT_EQ(vm("renamed-nvram").at("nvram"), "old name/old name_1.nvram");
  EXPECT_EQ(text(vm_ref("line\nbreak"), "name"), "line\nbreak");
  EXPECT_EQ(at("DC1/vm/Empty").type, "Folder");
  const auto bundle = text(vm_ref("two-pairs"), "config.extraConfig[\"encryption.bundle\"].value");
  ASSERT_TRUE(bundle);
  EXPECT_EQ(parse_bundle(*bundle)->size(), 2U);
}

TEST(PlainFleetTest, PlainMachinesHaveNeitherKeyNorVtpm) {
  Simulator simulator;
  FleetOptions options;
  options.vms = 3;
  options.plain = 5;
  options.specials = false;
  build_world(simulator, options);
  const auto list = simulator.verbs().run(nlohmann::json{{"verb", "list-vms"}});
  ASSERT_TRUE(list);
  int sealed = 0;
  int plain = 0;
  for (const auto& machine : *list) {
    const bool has_key = machine.contains("key_id");
    EXPECT_EQ(machine.at("tpm"), has_key) << machine;
    ++(has_key ? sealed : plain);
  }
  EXPECT_EQ(sealed, 3);
  EXPECT_EQ(plain, 5);
}

TEST_F(FleetTest, VerbsOfAnAdminChangeTheWorld) {
  const std::string id = verb("create-vm", {{"name", "by hand"}, {"folder", "DC1/vm/Finance"}});
  EXPECT_EQ(at("DC1/vm/Finance/by hand").id, id);
  verb("rename-vm", {{"vm", id}, {"name", "renamed"}});
  verb("move-vm", {{"vm", id}, {"folder", "DC1/vm/Empty"}});
  EXPECT_EQ(at("DC1/vm/Empty/renamed").id, id);
  verb("lock-vm", {{"vm", id}});
  EXPECT_EQ(vm(id).at("locked"), true);
  verb("unlock-vm", {{"vm", id}});
  verb("power-on", {{"vm", id}});
  EXPECT_NE(failing_verb("destroy-vm", {{"vm", id}}).find("InvalidPowerState"), std::string::npos);
  verb("power-off", {{"vm", id}});
  verb("rekey", {{"vm", id}});
  verb("damage-file", {{"datastore", "datastore1"}, {"path", vm(id).at("nvram")}});
  EXPECT_NE(failing_verb("power-on", {{"vm", id}}).find("nvram"), std::string::npos);
  verb("destroy-vm", {{"vm", id}});
  EXPECT_FALSE(failing_verb("vm", {{"vm", id}}).empty());
  verb("set-datastore", {{"datastore", "datastore1"}, {"accessible", false}});
  EXPECT_EQ(vm("win00001").at("connection"), "inaccessible");
}

TEST(LargeFleetTest, TenThousandMachinesAreUpInTime) {
  Simulator simulator;
  FleetOptions options;
  options.vms = 10000;
  const std::clock_t start = std::clock();
  build_world(simulator, options);
  const auto seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  RecordProperty("seconds", std::to_string(seconds));
  const auto list = simulator.verbs().run(nlohmann::json{{"verb", "list-vms"}});
  ASSERT_TRUE(list);
  EXPECT_GT(list->size(), 10000U);
  // Processor time of this program: whatever else the machine does at the time.
  EXPECT_LT(seconds, static_cast<double>(patience(std::chrono::seconds(5)).count()) / 1000);
}

}  // namespace
}  // namespace vtpmfs::simulator
