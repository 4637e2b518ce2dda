// Keys, bundles and policies: what a vCenter enforces when a machine is encrypted.
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

class EncryptionTest : public MachineTest {
 protected:
  EncryptionTest() : saved(save("win00001")) {}

  /// A restore of win00001 under this name, with one thing changed.
  TaskEnd restore(const std::string& name, const Saved& from) {
    SpecBuilder order;
    fill(order, name, from);
    return create(order);
  }
  std::string bundle_of(const Ref& machine) {
    return text(machine, "config.extraConfig[\"encryption.bundle\"].value").value_or("");
  }

  Saved saved;
};

TEST_F(EncryptionTest, TheSavedKeyAndBundleAreTakenAsTheyAre) {
  const TaskEnd end = restore("copy", saved);
  ASSERT_EQ(end.state, "success") << end.fault << " " << end.key;
  EXPECT_EQ(bundle_of(end.result), saved.bundle);
  EXPECT_EQ(text(end.result, "config.keyId.keyId"), saved.key);
  EXPECT_EQ(text(end.result, "config.keyId.providerId.id"), saved.provider);
}

TEST_F(EncryptionTest, ABundleOpensOnlyWithItsKey) {
  Saved wrong = saved;
  const auto keys = verb("list-keys").at("KMS");
  for (const auto& [id, state] : keys.items()) {
    if (id != saved.key) wrong.key = id;
  }
  EXPECT_EQ(restore("wrong-key", wrong).key, "msg.keysafe.locator");
  Saved damaged = saved;
  const std::size_t at = damaged.bundle.size() - 30;
  damaged.bundle[at] = damaged.bundle[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(restore("damaged", damaged).key, "msg.keysafe.locator");
  Saved garbage = saved;
  garbage.bundle = "vmware:key/list/()";
  EXPECT_EQ(restore("garbage", garbage).key, "msg.keysafe.locator");
}

TEST_F(EncryptionTest, TheKeyMustBeThereAndActive) {
  Saved unknown = saved;
  unknown.key = "00000000-0000-4000-8000-000000000000";
  EXPECT_EQ(restore("unknown", unknown).key, "msg.vigor.enc.keyNotFound");
  Saved provider = saved;
  provider.provider = "OtherKMS";
  EXPECT_EQ(restore("provider", provider).key, "msg.vigor.enc.keyNotFound");
  verb("set-key-active", {{"provider", "KMS"}, {"key", saved.key}, {"active", false}});
  EXPECT_EQ(restore("inactive", saved).key, "msg.vigor.enc.keyNotFound");
  verb("set-key-active", {{"provider", "KMS"}, {"key", saved.key}, {"active", true}});
  verb("set-provider", {{"name", "KMS"}, {"reachable", false}});
  EXPECT_EQ(restore("unreachable", saved).key, "msg.vigor.enc.keyNotFound");
  verb("set-provider", {{"name", "KMS"}, {"reachable", true}});
  verb("remove-key", {{"provider", "KMS"}, {"key", saved.key}});
  EXPECT_EQ(restore("removed", saved).key, "msg.vigor.enc.keyNotFound");
  verb("import-key", {{"provider", "KMS"}, {"key", saved.key}});
  EXPECT_EQ(restore("again", saved).state, "success");
}

TEST_F(EncryptionTest, TheSameKmsUnderAnotherNameDoesNotOpenTheBundle) {
  verb("rename-provider", {{"name", "KMS"}, {"to", "NewKMS"}});
  Saved renamed = saved;
  renamed.provider = "NewKMS";
  EXPECT_EQ(restore("renamed", renamed).key, "msg.keysafe.locator");
}

TEST_F(EncryptionTest, ABundleNeedsACryptoSpec) {
  SpecBuilder order;
  order.ordinary("keyless").tpm().extra("encryption.bundle", saved.bundle);
  const TaskEnd end = create(order);
  EXPECT_EQ(end.fault, "SystemError");
  EXPECT_EQ(end.reason, "Key required for encryption.bundle.");
}

TEST_F(EncryptionTest, EncryptionNeedsAVirtualTpmOrAPolicy) {
  SpecBuilder neither;
  neither.ordinary("neither").encrypt(saved.provider, saved.key);
  EXPECT_EQ(create(neither).key, "encryptForbiddenWithoutEncryptedProfile");
  SpecBuilder with_tpm;
  with_tpm.ordinary("with-tpm").tpm().encrypt(saved.provider, saved.key);
  EXPECT_EQ(create(with_tpm).state, "success");
  SpecBuilder with_policy;
  with_policy.ordinary("with-policy").policy(built_in_policy).encrypt(saved.provider, saved.key);
  EXPECT_EQ(create(with_policy).state, "success");
}

TEST_F(EncryptionTest, PoliciesMustBeKnownAndEncrypt) {
  SpecBuilder plain;
  plain.ordinary("plain").tpm().policy(plain_policy).encrypt(saved.provider, saved.key);
  const TaskEnd end = create(plain);
  EXPECT_EQ(end.fault, "InvalidDeviceSpec");
  EXPECT_EQ(end.key, "msg.hostd.deviceSpec.enc.badPolicy");
  SpecBuilder unknown;
  unknown.ordinary("unknown").tpm().policy("no-such").encrypt(saved.provider, saved.key);
  EXPECT_EQ(create(unknown).property, "spec.vmProfile.profileId");
  SpecBuilder gone;
  gone.ordinary("gone").tpm().policy(built_in_policy).encrypt(saved.provider, saved.key);
  set("encryption-policies", "none");
  EXPECT_EQ(create(gone).property, "spec.vmProfile.profileId");
}

TEST_F(EncryptionTest, WithoutACryptoSpecTheDefaultProviderIsUsed) {
  SpecBuilder order;
  order.ordinary("default").tpm();
  const TaskEnd end = create(order);
  EXPECT_EQ(text(end.result, "config.keyId.providerId.id"), "KMS");
  verb("default-provider", {{"name", ""}});
  SpecBuilder none;
  none.ordinary("none").tpm();
  EXPECT_EQ(create(none).key, "msg.vtpm.add.notEncrypted");
  SpecBuilder generated;
  generated.ordinary("generated").tpm().encrypt("KMS", "");
  const TaskEnd made = create(generated);
  EXPECT_EQ(made.state, "success");
  EXPECT_NE(text(made.result, "config.keyId.keyId"), "");
}

TEST_F(EncryptionTest, NativeProvidersHaveConditions) {
  const Saved native = save("native-key");
  EXPECT_EQ(restore("native-copy", native).state, "success");
  SpecBuilder alone;
  fill(alone, "alone", native);
  EXPECT_EQ(create(alone, "DC1/vm", "DC1/host/esx-alone.example.test/Resources").key,
            "vim.vpxd.encryption.NativeKeyProviderNotSupported.NotInCluster");
  verb("set-provider", {{"name", "NKP1"}, {"tpm_required", true}});
  SpecBuilder old_host;
  fill(old_host, "old-host", native);
  EXPECT_EQ(create(old_host, "DC1/vm", "DC1/host/Cluster2/Resources",
                   "DC1/host/Cluster2/Cluster2-esx1.example.test")
                .reason,
            "TPM2 device is required");
  verb("set-provider", {{"name", "NKP1"}, {"tpm_required", false}, {"has_backup", false}});
  EXPECT_EQ(restore("not-backed-up", native).fault, "GenericVmConfigFault");
  verb("set-provider", {{"name", "NKP1"}, {"has_backup", true}});
  set("native-explicit-key", "refuse");
  EXPECT_EQ(restore("explicit", native).property, "spec.crypto.cryptoKeyId.keyId");
}

TEST_F(EncryptionTest, WhatBecomesOfABundleIsASwitch) {
  set("bundle-at-create", "rewrapped");
  const TaskEnd rewrapped = restore("rewrapped", saved);
  EXPECT_NE(bundle_of(rewrapped.result), saved.bundle);
  EXPECT_EQ(bundle_of(rewrapped.result).substr(0, 60), saved.bundle.substr(0, 60));
  set("bundle-at-create", "appended");
  const TaskEnd appended = restore("appended", saved);
  const std::string longer = bundle_of(appended.result);
  EXPECT_EQ(longer.find(saved.bundle.substr(0, saved.bundle.size() - 1)), 0U);
  EXPECT_GT(longer.size(), saved.bundle.size());
  set("bundle-at-create", "replaced");
  EXPECT_NE(bundle_of(restore("replaced", saved).result), saved.bundle);
  set("bundle-at-create", "dropped");
  EXPECT_EQ(bundle_of(restore("dropped", saved).result), "");
}

TEST_F(EncryptionTest, SomeServersSetTheKeyIdOnlyByReconfigure) {
  set("key-id-at-create", "reconfigure-only");
  const TaskEnd end = restore("late", saved);
  EXPECT_EQ(text(end.result, "config.keyId.keyId"), std::nullopt);
  EXPECT_EQ(bundle_of(end.result), saved.bundle);
  SpecBuilder again;
  again.encrypt(saved.provider, saved.key);
  EXPECT_EQ(reconfigure(end.result, again).state, "success");
  EXPECT_EQ(text(end.result, "config.keyId.keyId"), saved.key);
  EXPECT_EQ(reconfigure(end.result, again).key, "msg.hostd.configSpec.enc.encrypted");
}

TEST_F(EncryptionTest, RecryptingChangesKeyAndBundleAndKeepsTheTpm) {
  const Ref ref = vm_ref("win00001");
  const std::string identity = verb("tpm-identity", {{"vm", "win00001"}});
  const std::string nvram = vm("win00001").at("nvram_sha256");
  const auto version = text(ref, "config.changeVersion");
  SpecBuilder order;
  order.recrypt("KMS", "");
  EXPECT_EQ(reconfigure(ref, order).state, "success");
  EXPECT_NE(text(ref, "config.keyId.keyId"), saved.key);
  EXPECT_NE(bundle_of(ref), saved.bundle);
  EXPECT_NE(text(ref, "config.changeVersion"), version);
  EXPECT_EQ(verb("tpm-identity", {{"vm", "win00001"}}), identity);
  EXPECT_EQ(vm("win00001").at("nvram_sha256"), nvram);
  verb("rekey", {{"vm", "win00001"}, {"deep", true}});
  EXPECT_EQ(verb("tpm-identity", {{"vm", "win00001"}}), identity);
  EXPECT_NE(vm("win00001").at("nvram_sha256"), nvram);
}

TEST_F(EncryptionTest, AMachineWithAVirtualTpmStaysEncrypted) {
  SpecBuilder order;
  order.spec.crypto = order.arena.make<vim25__CryptoSpecDecrypt>();
  EXPECT_EQ(reconfigure(vm_ref("win00001"), order).key, "msg.vigor.enc.required.vtpm");
  EXPECT_EQ(reconfigure(vm_ref("not-encrypted"), order).key,
            "msg.hostd.configSpec.enc.notEncrypted");
  verb("remove-tpm", {{"vm", "win00001"}});
  EXPECT_FALSE(vm("win00001").contains("key_id"));
}

}  // namespace
}  // namespace vtpmfs::simulator
