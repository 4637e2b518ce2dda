// Whether a restore really works: the vTPM that starts is the one that was saved, or it does not
// start.
#include "tests/simulator/session/permissions.h"
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

class RestoreTest : public MachineTest {
 protected:
  RestoreTest() : saved(save("win00001")), identity(verb("tpm-identity", {{"vm", "win00001"}})) {}

  /// Makes the machine and puts the saved nvram where the new machine has its own.
  Ref restore(const std::string& name, const std::string& nvram) {
    SpecBuilder order;
    fill(order, name, saved);
    const TaskEnd end = create(order);
    EXPECT_EQ(end.state, "success") << end.fault << " " << end.key;
    const auto file = text(end.result, "config.extraConfig[\"nvram\"].value");
    const auto answer =
        client.send("PUT", url_of(name + "/" + file.value_or(name + ".nvram")), nvram);
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return end.result;
  }

  Saved saved;
  std::string identity;
};

TEST_F(RestoreTest, TheSavedVirtualTpmStarts) {
  const Ref ref = restore("restored", saved.nvram);
  EXPECT_EQ(verb("tpm-identity", {{"vm", "restored"}}), identity);
  EXPECT_EQ(vm("restored").at("nvram_sha256"), vm("win00001").at("nvram_sha256"));
  EXPECT_EQ(power_on(ref).state, "success");
  EXPECT_EQ(verb("tpm-identity", {{"vm", "restored"}}), identity);
  EXPECT_EQ(text(ref, "runtime.powerState"), "poweredOn");
}

TEST_F(RestoreTest, ADeletedMachineComesBack) {
  ASSERT_EQ(destroy(vm_ref("win00001")).state, "success");
  EXPECT_TRUE(at("DC1/vm/win00001").empty());
  const Ref ref = restore("win00001", saved.nvram);
  EXPECT_EQ(power_on(ref).state, "success");
  EXPECT_EQ(verb("tpm-identity", {{"vm", "win00001"}}), identity);
}

TEST_F(RestoreTest, AChangedByteDoesNotStart) {
  std::string damaged = saved.nvram;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  const Ref ref = restore("damaged", damaged);
  EXPECT_EQ(power_on(ref).key, "msg.nvram.open");
  const Ref cut = restore("cut", saved.nvram.substr(0, 100000));
  EXPECT_EQ(power_on(cut).key, "msg.nvram.open");
}

TEST_F(RestoreTest, WithoutUploadThereIsAnotherVirtualTpm) {
  SpecBuilder order;
  fill(order, "blank", saved);
  const TaskEnd end = create(order);
  EXPECT_EQ(power_on(end.result).state, "success");
  EXPECT_NE(verb("tpm-identity", {{"vm", "blank"}}), identity);
}

TEST_F(RestoreTest, ARewrappedOrLongerBundleStillOpensNvram) {
  for (const char* habit : {"rewrapped", "appended", "dropped"}) {
    set("bundle-at-create", habit);
    const Ref ref = restore(habit, saved.nvram);
    EXPECT_EQ(power_on(ref).state, "success") << habit;
    EXPECT_EQ(verb("tpm-identity", {{"vm", habit}}), identity) << habit;
  }
}

TEST_F(RestoreTest, AReplacedDataKeyDoesNot) {
  set("bundle-at-create", "replaced");
  const Ref ref = restore("replaced", saved.nvram);
  EXPECT_EQ(power_on(ref).key, "msg.nvram.open");
}

TEST_F(RestoreTest, AMissingKeyDoesNotStart) {
  const Ref ref = restore("keyless", saved.nvram);
  verb("remove-key", {{"provider", saved.provider}, {"key", saved.key}});
  EXPECT_EQ(power_on(ref).key, "msg.vigor.enc.keyNotFound");
}

TEST_F(RestoreTest, NvramMayBeUploadedWhereNoneWas) {
  set("nvram-after-create", "absent");
  const Ref ref = restore("late", saved.nvram);
  EXPECT_EQ(power_on(ref).state, "success");
  EXPECT_EQ(verb("tpm-identity", {{"vm", "late"}}), identity);
  EXPECT_EQ(text(ref, "config.extraConfig[\"nvram\"].value"), "late.nvram");
}

TEST_F(RestoreTest, AVirtualTpmMayBeAddedAfterwards) {
  set("vtpm-at-create", "refuse");
  SpecBuilder order;
  order.ordinary("later")
      .extra("encryption.bundle", saved.bundle)
      .policy(built_in_policy)
      .encrypt(saved.provider, saved.key);
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success") << end.key;
  SpecBuilder add;
  add.tpm();
  ASSERT_EQ(reconfigure(end.result, add).state, "success");
  EXPECT_EQ(client.send("PUT", url_of("later/later.nvram"), saved.nvram).status, 200);
  EXPECT_EQ(power_on(end.result).state, "success");
  EXPECT_EQ(verb("tpm-identity", {{"vm", "later"}}), identity);
}

TEST_F(RestoreTest, TheRestoreRoleIsEnough) {
  simulator.permissions().add_user("restorer", "secret");
  ASSERT_TRUE(simulator.permissions().grant("restorer", simulator.inventory().root(), "restore"));
  client.forget_cookies();
  ASSERT_TRUE(client.login("restorer", "secret"));
  const Ref ref = restore("by-role", saved.nvram);
  SpecBuilder finish;
  finish.extra("mark", "");
  finish.spec.annotation = "";
  EXPECT_EQ(reconfigure(ref, finish).state, "success");
  EXPECT_EQ(verb("tpm-identity", {{"vm", "by-role"}}), identity);
  EXPECT_EQ(destroy(ref).state, "success");
}

TEST_F(RestoreTest, AnotherSiteWithTheSameKmsCanRestore) {
  Simulator other;
  FleetOptions options;
  options.vms = 0;
  options.specials = false;
  options.seed = "another site";
  build_world(other, options);
  const auto keys = other.verbs().run(nlohmann::json{{"verb", "list-keys"}});
  ASSERT_TRUE(keys);
  EXPECT_TRUE(keys->at(saved.provider).contains(saved.key));
  const auto none = other.verbs().run(nlohmann::json{{"verb", "list-vms"}});
  EXPECT_TRUE(none->empty());
}

}  // namespace
}  // namespace vtpmfs::simulator
