// ReconfigVM_Task, Rename_Task, MoveIntoFolder_Task, Destroy_Task, folders, templates, power.
#include "tests/simulator/task/task_engine.h"
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

using ChangeTest = MachineTest;

TEST_F(ChangeTest, ReconfigureGuardsAgainstOlderVersions) {
  const Ref ref = vm_ref("win00001");
  const std::string version = *text(ref, "config.changeVersion");
  SpecBuilder stale;
  stale.spec.changeVersion = "2001-01-01T00:00:00.000000Z";
  stale.spec.annotation = "late";
  EXPECT_EQ(reconfigure(ref, stale).fault, "ConcurrentAccess");
  SpecBuilder fresh;
  fresh.spec.changeVersion = version;
  fresh.spec.annotation = "in time";
  EXPECT_EQ(reconfigure(ref, fresh).state, "success");
  EXPECT_EQ(text(ref, "config.annotation"), "in time");
  EXPECT_NE(text(ref, "config.changeVersion"), version);
  EXPECT_EQ(reconfigure(ref, fresh).fault, "ConcurrentAccess");
}

TEST_F(ChangeTest, ExtraConfigIsMergedAndEmptyValuesRemove) {
  const Ref ref = vm_ref("win00001");
  SpecBuilder add;
  add.extra("mark", "one").extra("other", "two");
  EXPECT_EQ(reconfigure(ref, add).state, "success");
  SpecBuilder remove;
  remove.extra("mark", "").extra("other", "three");
  EXPECT_EQ(reconfigure(ref, remove).state, "success");
  EXPECT_EQ(text(ref, "config.extraConfig[\"mark\"].value"), std::nullopt);
  EXPECT_EQ(text(ref, "config.extraConfig[\"other\"].value"), "three");
  EXPECT_EQ(text(ref, "config.extraConfig[\"nvram\"].value"), "win00001.nvram");
}

TEST_F(ChangeTest, AnNvramNameThatLeadsElsewhereIsShownAndDoesNotStart) {
  const Ref ref = vm_ref("win00001");
  verb("set-extra-config",
       {{"vm", "win00001"}, {"key", "nvram"}, {"value", "../win00003/win00003.nvram"}});
  EXPECT_EQ(text(ref, "config.extraConfig[\"nvram\"].value"), "../win00003/win00003.nvram");
  EXPECT_EQ(power_on(ref).key, "msg.nvram.path");
}

TEST_F(ChangeTest, AVirtualTpmIsNotHotAdded) {
  const Ref ref = vm_ref("encrypted-without-tpm");
  EXPECT_EQ(power_on(ref).state, "success");
  SpecBuilder add;
  add.tpm();
  EXPECT_EQ(reconfigure(ref, add).fault, "InvalidPowerState");
  EXPECT_EQ(power_off(ref).state, "success");
  EXPECT_EQ(reconfigure(ref, add).state, "success");
  EXPECT_EQ(reconfigure(ref, add).fault, "TooManyDevices");
  verb("remove-tpm", {{"vm", "encrypted-without-tpm"}});
  // A policy asked for encryption: it stays.
  EXPECT_TRUE(vm("encrypted-without-tpm").contains("key_id"));
}

TEST_F(ChangeTest, SnapshotsForbidChangesOfEncryption) {
  verb("snapshot", {{"vm", "not-encrypted"}});
  SpecBuilder add;
  add.tpm();
  EXPECT_EQ(reconfigure(vm_ref("not-encrypted"), add).key, "msg.hostd.configSpec.enc.snapshots");
  SpecBuilder recrypted;
  recrypted.recrypt("KMS", "");
  EXPECT_EQ(reconfigure(vm_ref("with-snapshots"), recrypted).key,
            "msg.hostd.configSpec.enc.snapshots");
}

TEST_F(ChangeTest, CertificatesCanBeEdited) {
  const Saved other = save("win00003");
  const Ref ref = vm_ref("win00001");
  set("ek-at-edit", "own");
  SpecBuilder foreign;
  foreign.tpm(other.certificates, "edit", 11000);
  EXPECT_EQ(reconfigure(ref, foreign).property, "endorsementKeyCertificate");
  SpecBuilder own;
  own.tpm(save("win00001").certificates, "edit", 11000);
  EXPECT_EQ(reconfigure(ref, own).state, "success");
  set("ek-at-edit", "accept");
  EXPECT_EQ(reconfigure(ref, foreign).state, "success");
  EXPECT_EQ(save("win00001").certificates, other.certificates);
  SpecBuilder wrong_key;
  wrong_key.tpm(other.certificates, "edit", 4711);
  EXPECT_EQ(reconfigure(ref, wrong_key).fault, "DeviceNotFound");
}

TEST_F(ChangeTest, RenameChecksNamesAndKeepsFiles) {
  const Ref ref = vm_ref("win00001");
  const auto path = text(ref, "config.files.vmPathName");
  _vim25__Rename_USCORETask request;
  request._USCOREthis = wire(ref);
  request.newName = "Finance";  // a folder beside it
  EXPECT_EQ(run<_vim25__Rename_USCORETaskResponse>(request).fault, "DuplicateName");
  request.newName = "";
  EXPECT_EQ(run<_vim25__Rename_USCORETaskResponse>(request).fault, "InvalidName");
  request.newName = "WIN00001";
  EXPECT_EQ(run<_vim25__Rename_USCORETaskResponse>(request).state, "success");
  EXPECT_EQ(text(ref, "name"), "WIN00001");
  EXPECT_EQ(text(ref, "config.files.vmPathName"), path);
}

TEST_F(ChangeTest, FoldersAreMadeAndMachinesMoved) {
  _vim25__CreateFolder request;
  request._USCOREthis = wire(at("DC1/vm"));
  request.name = "New%2ffolder";
  const auto made = client.call<_vim25__CreateFolderResponse>(request);
  ASSERT_TRUE(made) << made.error().words;
  const Ref folder = ref_of(*(*made)->returnval);
  EXPECT_EQ(text(folder, "name"), "New%2ffolder");
  request.name = "NEW%2FFOLDER";
  EXPECT_EQ(fault_type(client.call<_vim25__CreateFolderResponse>(request)), "DuplicateName");
  request.name = "New/folder";
  EXPECT_EQ(fault_type(client.call<_vim25__CreateFolderResponse>(request)), "InvalidName");
  const Ref machine = vm_ref("win00001");
  _vim25__MoveIntoFolder_USCORETask move;
  move._USCOREthis = wire(folder);
  move.list.push_back(wire(machine));
  EXPECT_EQ(run<_vim25__MoveIntoFolder_USCORETaskResponse>(move).state, "success");
  EXPECT_EQ(at("DC1/vm/New%2ffolder/win00001"), machine);
  EXPECT_TRUE(at("DC1/vm/win00001").empty());
  move._USCOREthis = wire(folder);
  move.list.front() = wire(at("DC1/vm"));
  EXPECT_EQ(run<_vim25__MoveIntoFolder_USCORETaskResponse>(move).fault, "InvalidFolder");
}

TEST_F(ChangeTest, DestroyWantsPowerOffAndTakesTheDisksAlong) {
  const Ref ref = vm_ref("win00001");
  verb("attach-disk",
       {{"vm", "win00001"}, {"datastore", "nfs & share"}, {"file", "data/big.vmdk"}});
  const nlohmann::json disk = {{"datastore", "nfs & share"}, {"path", "data/big.vmdk"}};
  EXPECT_FALSE(verb("stat-file", disk).is_null());
  EXPECT_EQ(power_on(ref).state, "success");
  EXPECT_EQ(destroy(ref).fault, "InvalidPowerState");
  EXPECT_EQ(power_off(ref).state, "success");
  EXPECT_EQ(destroy(ref).state, "success");
  EXPECT_TRUE(verb("stat-file", disk).is_null());
  EXPECT_TRUE(verb("stat-file", {{"datastore", "datastore1"}, {"path", "win00001"}}).is_null());
  EXPECT_EQ(fault_type(read(ref, "name")), "ManagedObjectNotFound");
}

TEST_F(ChangeTest, DestroyMayBeRefused) {
  set("destroy", "refuse");
  EXPECT_EQ(destroy(vm_ref("win00001")).fault, "MethodDisabled");
  EXPECT_FALSE(at("DC1/vm/win00001").empty());
}

TEST_F(ChangeTest, TemplatesDoNotRun) {
  const Ref ref = vm_ref("win00001");
  _vim25__MarkAsTemplate request;
  request._USCOREthis = wire(ref);
  EXPECT_TRUE(client.call<_vim25__MarkAsTemplateResponse>(request));
  EXPECT_EQ(flag(ref, "config.template"), true);
  EXPECT_EQ(text(ref, "config.files.vmPathName"), "[datastore1] win00001/win00001.vmtx");
  EXPECT_EQ(value_in(read(ref, "resourcePool")), nullptr);
  EXPECT_EQ(power_on(ref).fault, "NotSupported");
  EXPECT_EQ(verb("tpm-identity", {{"vm", "win00001"}}).get<std::string>().size(), 64U);
}

TEST_F(ChangeTest, LockedMachinesShowNothingOfTheirConfiguration) {
  const Ref ref = vm_ref("locked");
  EXPECT_EQ(text(ref, "runtime.connectionState"), "invalid");
  EXPECT_EQ(text(ref, "runtime.cryptoState"), "locked");
  EXPECT_EQ(value_in(read(ref, "config.keyId")), nullptr);
  EXPECT_EQ(value_in(read(ref, "config")), nullptr);
  EXPECT_EQ(value_in(read(ref, "config.extraConfig[\"encryption.bundle\"]")), nullptr);
  EXPECT_EQ(text(ref, "name"), "locked");
  _vim25__CryptoUnlock_USCORETask unlock;
  unlock._USCOREthis = wire(ref);
  EXPECT_EQ(run<_vim25__CryptoUnlock_USCORETaskResponse>(unlock).state, "success");
  EXPECT_NE(value_in(read(ref, "config.keyId")), nullptr);
}

TEST_F(ChangeTest, AGuestsWriteChangesNvramAndNotTheVersion) {
  const auto before = vm("win00001");
  verb("guest-write", {{"vm", "win00001"}});
  const auto after = vm("win00001");
  EXPECT_EQ(after.at("change_version"), before.at("change_version"));
  EXPECT_NE(after.at("nvram_sha256"), before.at("nvram_sha256"));
  EXPECT_NE(after.at("nvram_time"), before.at("nvram_time"));
  EXPECT_EQ(after.at("nvram_size"), before.at("nvram_size"));
}

TEST_F(ChangeTest, UnknownOrLostThingsAreRefused) {
  SpecBuilder note;
  note.spec.annotation = "x";
  EXPECT_EQ(reconfigure(vm_ref("on-lost-host"), note).fault, "HostNotConnected");
  EXPECT_EQ(text(vm_ref("on-lost-host"), "runtime.connectionState"), "disconnected");
  EXPECT_EQ(text(vm_ref("on-dead-datastore"), "runtime.connectionState"), "inaccessible");
  EXPECT_EQ(reconfigure(vm_ref("locked"), note).fault, "InvalidState");
}

TEST_F(ChangeTest, AVAppsMachineHasNoParent) {
  const Ref ref = vm_ref("app-web");
  EXPECT_EQ(value_in(read(ref, "parent")), nullptr);
  const auto vapp = read(ref, "parentVApp");
  const auto* reference = vsphere::value_as<vim25__ManagedObjectReference>(value_in(vapp));
  ASSERT_NE(reference, nullptr);
  EXPECT_EQ(reference->type, "VirtualApp");
  EXPECT_EQ(at("DC1/vm/web-app/app-web"), ref);
}

TEST_F(ChangeTest, OneTaskAtATime) {
  const Ref ref = vm_ref("win00001");
  simulator.tasks().set_delay(std::chrono::milliseconds(600000));
  set("tasks-cancelable", "all");
  _vim25__ReconfigVM_USCORETask first;
  first._USCOREthis = wire(ref);
  first.spec.annotation = "one";
  const auto running = client.call<_vim25__ReconfigVM_USCORETaskResponse>(first);
  ASSERT_TRUE(running) << running.error().words;
  EXPECT_EQ(fault_type(client.call<_vim25__ReconfigVM_USCORETaskResponse>(first)),
            "TaskInProgress");
  _vim25__PowerOnVM_USCORETask start;
  start._USCOREthis = wire(ref);
  EXPECT_EQ(fault_type(client.call<_vim25__PowerOnVM_USCORETaskResponse>(start)), "TaskInProgress");
  _vim25__CancelTask cancel;
  cancel._USCOREthis = *(*running)->returnval;
  ASSERT_TRUE(client.call<_vim25__CancelTaskResponse>(cancel));
  EXPECT_EQ(wait(ref_of(*(*running)->returnval)).fault, "RequestCanceled");
  simulator.tasks().set_delay(std::chrono::milliseconds(0));
  EXPECT_EQ(power_on(ref).state, "success");
}

}  // namespace
}  // namespace vtpmfs::simulator
