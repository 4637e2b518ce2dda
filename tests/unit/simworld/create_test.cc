// CreateVM_Task: what is made, and what is refused.
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

using CreateTest = MachineTest;

TEST_F(CreateTest, MakesAMachineWithAVirtualTpm) {
  SpecBuilder order;
  order.ordinary("fresh").tpm().card("VM Network");
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success") << end.fault << " " << end.key;
  EXPECT_EQ(text(end.result, "name"), "fresh");
  EXPECT_EQ(text(end.result, "config.files.vmPathName"), "[datastore1] fresh/fresh.vmx");
  EXPECT_EQ(text(end.result, "config.extraConfig[\"nvram\"].value"), "fresh.nvram");
  EXPECT_EQ(flag(end.result, "summary.config.tpmPresent"), true);
  EXPECT_EQ(text(end.result, "runtime.powerState"), "poweredOff");
  EXPECT_EQ(text(end.result, "runtime.cryptoState"), "unlocked");
  const auto device = read(end.result, "config.hardware.device[11000]");
  const auto* tpm = vsphere::value_as<vim25__VirtualTPM>(value_in(device));
  ASSERT_NE(tpm, nullptr);
  EXPECT_EQ(tpm->key, 11000);
  EXPECT_EQ(tpm->controllerKey, 100);
  EXPECT_EQ(tpm->endorsementKeyCertificate.size(), 2U);
  EXPECT_EQ(tpm->endorsementKeyCertificateSigningRequest.size(), 2U);
  const auto key = read(end.result, "config.keyId");
  const auto* key_id = vsphere::value_as<vim25__CryptoKeyId>(value_in(key));
  ASSERT_NE(key_id, nullptr);
  EXPECT_EQ(key_id->providerId->id, "KMS");
  EXPECT_EQ(vm("fresh").at("nvram_size"), 270840);
}

TEST_F(CreateTest, TellsWhatAMachineIsAsAVCenterDoes) {
  SpecBuilder order;
  order.ordinary("told").tpm();
  order.spec.annotation = "mine";
  order.spec.instanceUuid = "0F0E0D0C-1111-4222-8333-444455556666";
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success");
  EXPECT_EQ(text(end.result, "config.annotation"), "mine");
  EXPECT_EQ(text(end.result, "config.instanceUuid"), "0f0e0d0c-1111-4222-8333-444455556666");
  EXPECT_EQ(text(end.result, "config.modified"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(text(end.result, "config.guestFullName"), "Microsoft Windows Server 2022 (64-bit)");
  const auto version = text(end.result, "config.changeVersion");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->size(), std::string("2024-06-25T12:30:01.123456Z").size());
  const auto whole = read(end.result, "config");
  const auto* config = vsphere::value_as<vim25__VirtualMachineConfigInfo>(value_in(whole));
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->changeVersion, *version);
  EXPECT_EQ(config->hardware.device.size(), 10U);
}

TEST_F(CreateTest, VirtualTpmWantsEfiAndHardware14) {
  SpecBuilder bios;
  bios.ordinary("bios").tpm();
  bios.spec.firmware = "bios";
  EXPECT_EQ(create(bios).fault, "GenericVmConfigFault");
  SpecBuilder old;
  old.ordinary("old").tpm();
  old.spec.version = "vmx-13";
  EXPECT_EQ(create(old).fault, "GenericVmConfigFault");
  SpecBuilder just;
  just.ordinary("just").tpm();
  just.spec.version = "vmx-14";
  EXPECT_EQ(create(just).state, "success");
  SpecBuilder newer;
  newer.ordinary("newer");
  newer.spec.version = "vmx-99";
  EXPECT_EQ(create(newer).fault, "VirtualHardwareVersionNotSupported");
}

TEST_F(CreateTest, OneVirtualTpmOnly) {
  SpecBuilder order;
  order.ordinary("two").tpm().tpm();
  EXPECT_EQ(create(order).fault, "TooManyDevices");
}

TEST_F(CreateTest, NamesAreCheckedAndUnique) {
  SpecBuilder taken;
  taken.ordinary("WIN00001");
  EXPECT_EQ(create(taken).fault, "DuplicateName");
  SpecBuilder elsewhere;
  elsewhere.ordinary("WIN00001");
  EXPECT_EQ(create(elsewhere, "DC1/vm/Finance").state, "success");
  for (const std::string& name :
       {std::string(81, 'n'), std::string("a/b"), std::string("50%"), std::string("x\\y")}) {
    SpecBuilder bad;
    bad.ordinary(name);
    EXPECT_EQ(create(bad).fault, "InvalidName") << name;
  }
  // 80 characters, whatever their number of bytes.
  std::string wide;
  for (int i = 0; i < 80; ++i) wide += "ü";
  SpecBuilder long_name;
  long_name.ordinary(wide);
  EXPECT_EQ(create(long_name).state, "success");
}

TEST_F(CreateTest, ADirectoryThatIsTakenGetsASuffix) {
  SpecBuilder order;
  order.ordinary("win00001");
  const TaskEnd end = create(order, "DC1/vm/Finance/Payroll");
  ASSERT_EQ(end.state, "success");
  EXPECT_EQ(text(end.result, "config.files.vmPathName"), "[datastore1] win00001_1/win00001.vmx");
}

TEST_F(CreateTest, VsanChoosesAUuidForTheDirectory) {
  SpecBuilder order;
  order.ordinary("on-san", "[vsanDatastore]");
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success");
  const std::string path = *text(end.result, "config.files.vmPathName");
  EXPECT_EQ(path.size(), std::string("[vsanDatastore] /on-san.vmx").size() + 36);
  SpecBuilder named;
  named.ordinary("named", "[vsanDatastore] named/named.vmx");
  EXPECT_EQ(create(named).fault, "CannotCreateFile");
}

TEST_F(CreateTest, PlacesMustFit) {
  SpecBuilder order;
  order.ordinary("placed");
  EXPECT_EQ(create(order, "DC1/vm", "DC1/host/Cluster2/Resources").property, "host");
  EXPECT_EQ(create(order, "DC1/vm", "DC1/host/Cluster2/Resources",
                   "DC1/host/Cluster1/Cluster1-esx1.example.test")
                .property,
            "host");
  EXPECT_EQ(create(order, "DC1/vm", "DC1/host/Cluster1/Resources",
                   "DC1/host/Cluster1/Cluster1-esx3.example.test")
                .fault,
            "HostNotConnected");
  const std::string europe = "Europe/Zürich & Umland/DC2";
  EXPECT_EQ(create(order, "DC1/vm", europe + "/host/Cluster1/Resources").property, "pool");
  EXPECT_EQ(create(order, "DC1/vm", "DC1/host/Cluster2/Resources",
                   "DC1/host/Cluster2/Cluster2-esx1.example.test")
                .state,
            "success");
  SpecBuilder nfs;
  nfs.ordinary("nfs", "[nfs & share]");
  EXPECT_EQ(create(nfs, "DC1/vm", "DC1/host/esx-alone.example.test/Resources").fault,
            "NoCompatibleHost");
  SpecBuilder nowhere;
  nowhere.ordinary("nowhere", "[no such]");
  EXPECT_EQ(create(nowhere).fault, "InvalidDatastorePath");
  SpecBuilder dead;
  dead.ordinary("dead", "[dead]");
  EXPECT_EQ(create(dead).fault, "InaccessibleDatastore");
}

TEST_F(CreateTest, AFullDatastoreLeavesNothingBehind) {
  SpecBuilder order;
  order.ordinary("big", "[full]").tpm();
  EXPECT_EQ(create(order).fault, "NoDiskSpace");
  EXPECT_TRUE(at("DC1/vm/big").empty());
  EXPECT_TRUE(verb("stat-file", {{"datastore", "full"}, {"path", "big"}}).is_null());
}

TEST_F(CreateTest, InstanceUuidsAreUniqueUuidsAreNot) {
  const auto known = vm("win00001");
  SpecBuilder twin;
  twin.ordinary("twin");
  twin.spec.uuid = known.at("uuid");
  EXPECT_EQ(create(twin).state, "success");
  SpecBuilder clash;
  clash.ordinary("clash");
  clash.spec.instanceUuid = known.at("instance_uuid");
  EXPECT_EQ(create(clash).property, "spec.instanceUuid");
}

TEST_F(CreateTest, DevicesNeedControllersAndNetworks) {
  SpecBuilder lost;
  auto* cdrom = lost.arena.make<vim25__VirtualCdrom>();
  cdrom->key = -5;
  cdrom->controllerKey = 4711;
  cdrom->backing = lost.arena.make<vim25__VirtualCdromRemotePassthroughBackingInfo>();
  lost.ordinary("lost").device(cdrom);
  EXPECT_EQ(create(lost).fault, "InvalidController");
  SpecBuilder unwired;
  unwired.ordinary("unwired").card("no such network");
  EXPECT_EQ(create(unwired).fault, "InvalidDeviceBacking");
  SpecBuilder good;
  good.ordinary("good").disk().card("VM Network");
  const TaskEnd end = create(good);
  ASSERT_EQ(end.state, "success") << end.fault;
  const auto devices = read(end.result, "config.hardware.device");
  const auto* array = vsphere::value_as<vim25__ArrayOfVirtualDevice>(value_in(devices));
  ASSERT_NE(array, nullptr);
  const auto* disk = dynamic_cast<const vim25__VirtualDisk*>(array->VirtualDevice.at(10));
  ASSERT_NE(disk, nullptr);
  EXPECT_EQ(disk->key, 2000);
  EXPECT_EQ(disk->controllerKey, 1000);
  EXPECT_FALSE(
      verb("stat-file", {{"datastore", "datastore1"}, {"path", "good/good.vmdk"}}).is_null());
}

TEST_F(CreateTest, TheServersOwnExtraConfigIsNotForClients) {
  SpecBuilder order;
  order.ordinary("extra").tpm().extra("viv.moid", "mine").extra("custom.key", "kept");
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success");
  EXPECT_NE(text(end.result, "config.extraConfig[\"viv.moid\"].value"), "mine");
  EXPECT_EQ(text(end.result, "config.extraConfig[\"custom.key\"].value"), "kept");
  EXPECT_EQ(text(end.result, "config.extraConfig[\"no.such\"].value"), std::nullopt);
  SpecBuilder forbidden;
  forbidden.ordinary("forbidden").tpm().extra("dataFileKey", "x");
  EXPECT_EQ(create(forbidden).property, "config.extraConfig[\"dataFileKey\"]");
}

TEST_F(CreateTest, CertificatesMustBeCertificates) {
  const Saved saved = save("win00001");
  ASSERT_EQ(saved.certificates.size(), 2U);
  for (const std::string& bad : {std::string(""), std::string("bm90IERFUg=="), std::string("?")}) {
    SpecBuilder order;
    order.ordinary("certified").tpm({saved.certificates[0], bad});
    EXPECT_EQ(create(order).property, "endorsementKeyCertificate") << bad;
  }
  SpecBuilder good;
  good.ordinary("certified").tpm(saved.certificates);
  EXPECT_EQ(create(good).state, "success");
}

TEST_F(CreateTest, SwitchesSayWhatIsRefused) {
  const Saved saved = save("win00001");
  SpecBuilder certified;
  certified.ordinary("certified").tpm(saved.certificates);
  set("ek-at-create", "refuse");
  EXPECT_EQ(create(certified).property, "endorsementKeyCertificate");
  set("ek-at-create", "refuse-config");
  EXPECT_EQ(create(certified).fault, "GenericVmConfigFault");
  SpecBuilder bare;
  bare.ordinary("bare").tpm();
  EXPECT_EQ(create(bare).state, "success");
  set("vtpm-at-create", "refuse");
  SpecBuilder other;
  other.ordinary("other").tpm();
  EXPECT_EQ(create(other).fault, "GenericVmConfigFault");
}

TEST_F(CreateTest, NvramMayBeAbsentOrNamedOtherwise) {
  set("nvram-after-create", "absent");
  SpecBuilder without;
  without.ordinary("without").tpm();
  const TaskEnd first = create(without);
  EXPECT_EQ(text(first.result, "config.extraConfig[\"nvram\"].value"), std::nullopt);
  EXPECT_FALSE(vm("without").contains("nvram"));
  set("nvram-after-create", "other-name");
  SpecBuilder other;
  other.ordinary("other").tpm();
  const TaskEnd second = create(other);
  EXPECT_EQ(text(second.result, "config.extraConfig[\"nvram\"].value"), "other_1.nvram");
  set("nvram-after-create", "present");
  SpecBuilder named;
  named.ordinary("named").tpm().extra("nvram", "mine.nvram");
  const TaskEnd third = create(named);
  EXPECT_EQ(text(third.result, "config.extraConfig[\"nvram\"].value"), "mine.nvram");
}

TEST_F(CreateTest, LooksAtAllOfANewVirtualTpm) {
  SpecBuilder with_file;
  with_file.ordinary("with-file").tpm();
  with_file.spec.deviceChange[0].fileOperation = "create";
  EXPECT_EQ(create(with_file).fault, "InvalidDeviceOperation");
  SpecBuilder taken;
  taken.ordinary("taken").tpm({}, "add", 100);
  EXPECT_EQ(create(taken).fault, "InvalidDeviceSpec");
  SpecBuilder bad_request;
  bad_request.ordinary("bad-request").tpm();
  auto& bad = static_cast<vim25__VirtualTPM&>(*bad_request.spec.deviceChange[0].device);
  bad.endorsementKeyCertificateSigningRequest.push_back("not base64!");
  EXPECT_EQ(create(bad_request).property, "endorsementKeyCertificateSigningRequest");
  SpecBuilder request;
  request.ordinary("request").tpm();
  auto& csr = static_cast<vim25__VirtualTPM&>(*request.spec.deviceChange[0].device);
  csr.endorsementKeyCertificateSigningRequest.push_back("MIIB");
  set("ek-at-create", "refuse");
  EXPECT_EQ(create(request).fault, "InvalidArgument");
  set("ek-at-create", "accept");
  EXPECT_EQ(create(request).state, "success");
  SpecBuilder placed;
  placed.ordinary("placed").tpm();
  placed.spec.deviceChange[0].device->controllerKey = 100;
  set("vtpm-placement", "refuse");
  EXPECT_EQ(create(placed).fault, "InvalidDeviceSpec");
  set("vtpm-placement", "ignore");
  EXPECT_EQ(create(placed).state, "success");
}

class BootOrderTest : public MachineTest {
 protected:
  void boot_from(SpecBuilder& order, int key) {
    auto* entry = order.arena.make<vim25__VirtualMachineBootOptionsBootableEthernetDevice>();
    entry->deviceKey = key;
    order.spec.bootOptions.emplace().bootOrder.push_back(entry);
  }
};

TEST_F(BootOrderTest, NewDevicesGetTheirRealKeys) {
  SpecBuilder order;
  order.ordinary("boots").card("VM Network");
  boot_from(order, -200);
  set("boot-order-new-keys", "refuse");
  EXPECT_EQ(create(order).property, "spec.bootOptions.bootOrder");
  set("boot-order-new-keys", "resolve");
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success") << end.fault;
  const auto properties = read(end.result, "config.bootOptions");
  const auto* options = vsphere::value_as<vim25__VirtualMachineBootOptions>(value_in(properties));
  ASSERT_NE(options, nullptr);
  const auto* entry = dynamic_cast<vim25__VirtualMachineBootOptionsBootableEthernetDevice*>(
      options->bootOrder.at(0));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->deviceKey, 4000);
}

TEST_F(BootOrderTest, WhatIsNotThereCannotBeBootedFrom) {
  SpecBuilder order;
  order.ordinary("no-card");
  boot_from(order, 4000);
  EXPECT_EQ(create(order).property, "spec.bootOptions.bootOrder");
}

TEST_F(CreateTest, ValuesAreThoseOfTheSchema) {
  SpecBuilder guest;
  guest.ordinary("guest");
  guest.spec.guestId = "windows";
  EXPECT_EQ(create(guest).property, "spec.guestId");
  const auto disk_of = [](SpecBuilder& order) -> vim25__VirtualDisk& {
    return static_cast<vim25__VirtualDisk&>(*order.spec.deviceChange[1].device);
  };
  SpecBuilder huge;
  huge.ordinary("huge").disk();
  disk_of(huge).capacityInKB = 0x7fffffffffffffffLL;
  EXPECT_EQ(create(huge).property, "capacityInKB");
  SpecBuilder mode;
  mode.ordinary("mode").disk();
  static_cast<vim25__VirtualDiskFlatVer2BackingInfo&>(*disk_of(mode).backing).diskMode = "odd";
  EXPECT_EQ(create(mode).property, "diskMode");
  SpecBuilder file;
  file.ordinary("file").disk();
  file.spec.deviceChange[1].fileOperation = "make";
  EXPECT_EQ(create(file).fault, "InvalidArgument");
  SpecBuilder card;
  card.ordinary("card").card("VM Network");
  static_cast<vim25__VirtualVmxnet3&>(*card.spec.deviceChange[0].device).macAddress = "00:zz";
  EXPECT_EQ(create(card).property, "macAddress");
}

TEST_F(CreateTest, APolicyMayNotFitTheDatastore) {
  SpecBuilder order;
  order.ordinary("unfit").tpm().policy(built_in_policy).encrypt("KMS", vm("win00001").at("key_id"));
  set("policy-fit", "never");
  const TaskEnd end = create(order);
  EXPECT_EQ(end.fault, "NotSupported");
  EXPECT_EQ(end.key, "msg.disk.policyChangeFailure");
}

}  // namespace
}  // namespace vtpmfs::simulator
