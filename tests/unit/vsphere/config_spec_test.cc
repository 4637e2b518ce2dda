#include "vsphere/restore/config_spec.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "vsphere/policy/policy_spec.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/message.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

VmDevice device(const std::string& type, int key) {
  VmDevice made;
  made.type = type;
  made.key = key;
  return made;
}

NewVm saved_vm() {
  NewVm vm;
  vm.name = "a%2fb";
  vm.instance_uuid = "5030c0de-0000-0000-0000-000000000001";
  vm.key = CryptoKeyId{"k1", "KMS"};
  vm.bundle = "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k1))";
  vm.firmware = "efi";
  vm.policy_id = "policy-1";
  vm.saved_tpm = VirtualTpm{};
  vm.saved_tpm->key = 11000;
  vm.saved_tpm->controller_key = 100;
  vm.saved_tpm->unit_number = 26;
  vm.saved_tpm->certificate_signing_requests = {"Y3Ny"};
  vm.saved_tpm->certificates = {"Y2VydA=="};
  vm.datastore = "ds1";
  vm.annotation = "restore in progress: do not power on";
  vm.marks = {{"vtpmfs.restore", "mark"}};
  VmConfig& config = vm.config;
  config.guest_id = "windows11_64Guest";
  config.alternate_guest_name = "";
  config.version = "vmx-19";
  config.uuid = "4210c0de-0000-0000-0000-000000000001";
  config.num_cpus = 2;
  config.memory_mb = 4096;
  config.efi_secure_boot = true;
  config.vbs_enabled = true;
  config.extra_config = {{"svga.present", "TRUE"}, {"guestinfo.secret", "s"}};

  VmDevice scsi = device("ParaVirtualSCSIController", 1000);
  scsi.bus_number = 0;
  scsi.controller_key = 100;
  scsi.unit_number = 3;
  scsi.shared_bus = "noSharing";
  VmDevice sata = device("VirtualAHCIController", 15000);
  sata.bus_number = 0;
  VmDevice ide = device("VirtualIDEController", 201);
  ide.bus_number = 1;
  VmDevice cdrom = device("VirtualCdrom", 16000);
  cdrom.controller_key = 15000;
  cdrom.unit_number = 0;
  VmDevice ide_cdrom = device("VirtualCdrom", 3002);
  ide_cdrom.controller_key = 201;
  ide_cdrom.unit_number = 1;
  VmDevice nic = device("VirtualVmxnet3", 4000);
  nic.controller_key = 100;
  nic.unit_number = 7;
  nic.address_type = "assigned";
  nic.mac_address = "00:50:56:80:00:01";
  nic.start_connected = true;
  VmDevice generated = device("VirtualE1000e", 4001);
  generated.address_type = "generated";
  generated.mac_address = "00:0c:29:00:00:01";
  VmDevice video = device("VirtualMachineVideoCard", 500);
  video.video_ram_kb = 8192;
  config.devices = {nic,   generated,
                    cdrom, ide_cdrom,
                    scsi,  sata,
                    ide,   device("VirtualUSBXHCIController", 14000),
                    video, device("VirtualPCIPassthrough", 13000)};
  config.boot_order = {{BootDevice::Kind::ethernet, 4000}, {BootDevice::Kind::cdrom, 0}};
  vm.network_of_nic[4000] = {{"Network", "network-1"}, "VM Network", {}, {}, {}, {}, {}, false, {}};
  vm.network_of_nic[4001] = vm.network_of_nic[4000];
  return vm;
}

class ConfigSpecTest : public ::testing::Test {
 protected:
  vim25__VirtualMachineConfigSpec build(const NewVm& vm) { return config_spec(vm, arena); }

  /// The devices of one type that the spec adds.
  template <class T>
  std::vector<const T*> added(const vim25__VirtualMachineConfigSpec& spec) {
    std::vector<const T*> found;
    for (const auto& change : spec.deviceChange) {
      EXPECT_EQ(change.operation, "add");
      EXPECT_FALSE(change.fileOperation);
      if (const auto* typed = dynamic_cast<const T*>(change.device)) found.push_back(typed);
    }
    return found;
  }

  Arena arena;
};

TEST_F(ConfigSpecTest, ACardWithoutANetworkIsLeftOutAndNotBootedFrom) {
  NewVm vm = saved_vm();
  vm.network_of_nic.erase(4000);
  const auto spec = build(vm);
  const auto cards = added<vim25__VirtualEthernetCard>(spec);
  ASSERT_EQ(cards.size(), 1U);
  EXPECT_NE(dynamic_cast<const vim25__VirtualE1000e*>(cards[0]), nullptr);
  for (const auto* device : spec.bootOptions->bootOrder)
    EXPECT_EQ(dynamic_cast<const vim25__VirtualMachineBootOptionsBootableEthernetDevice*>(device),
              nullptr);
}

TEST_F(ConfigSpecTest, TheFiveItemsAndTheMark) {
  const auto spec = build(saved_vm());
  EXPECT_EQ(spec.name, "a%2fb");
  EXPECT_EQ(spec.version, "vmx-19");
  EXPECT_EQ(spec.firmware, "efi");
  EXPECT_EQ(spec.files->vmPathName, "[ds1]");
  EXPECT_EQ(spec.uuid, "4210c0de-0000-0000-0000-000000000001");
  EXPECT_EQ(spec.instanceUuid, "5030c0de-0000-0000-0000-000000000001");
  EXPECT_FALSE(spec.alternateGuestName);
  EXPECT_EQ(spec.flags->vbsEnabled, true);
  const auto* crypto = dynamic_cast<const vim25__CryptoSpecEncrypt*>(spec.crypto);
  ASSERT_NE(crypto, nullptr);
  EXPECT_EQ(crypto->cryptoKeyId.keyId, "k1");
  EXPECT_EQ(crypto->cryptoKeyId.providerId->id, "KMS");
  std::map<std::string, std::string> extra;
  for (const auto& option : spec.extraConfig) extra[option.key] = *text_of(option.value);
  EXPECT_EQ(extra, (std::map<std::string, std::string>{
                       {"encryption.bundle", "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k1))"},
                       {"svga.present", "TRUE"},
                       {"vtpmfs.restore", "mark"}}));
  ASSERT_EQ(spec.vmProfile.size(), 1U);
  EXPECT_EQ(
      dynamic_cast<const vim25__VirtualMachineDefinedProfileSpec*>(spec.vmProfile[0])->profileId,
      "policy-1");
}

TEST_F(ConfigSpecTest, TheVtpmHasNoPlaceOfItsOwn) {
  for (const TpmInSpec kind : {TpmInSpec::saved, TpmInSpec::bare, TpmInSpec::none}) {
    NewVm vm = saved_vm();
    vm.tpm = kind;
    const auto spec = build(vm);
    const auto tpms = added<vim25__VirtualTPM>(spec);
    if (kind == TpmInSpec::none) {
      EXPECT_TRUE(tpms.empty());
      continue;
    }
    ASSERT_EQ(tpms.size(), 1U);
    EXPECT_EQ(tpms[0]->key, -1);
    EXPECT_FALSE(tpms[0]->controllerKey);
    EXPECT_FALSE(tpms[0]->unitNumber);
    EXPECT_EQ(tpms[0]->slotInfo, nullptr);
    EXPECT_EQ(tpms[0]->endorsementKeyCertificate.size(), kind == TpmInSpec::saved ? 1U : 0U);
    EXPECT_EQ(tpms[0]->endorsementKeyCertificateSigningRequest.size(),
              kind == TpmInSpec::saved ? 1U : 0U);
  }
}

TEST_F(ConfigSpecTest, ControllersComeFirstWithNegativeKeys) {
  const auto spec = build(saved_vm());
  const auto scsi = added<vim25__ParaVirtualSCSIController>(spec);
  const auto sata = added<vim25__VirtualAHCIController>(spec);
  ASSERT_EQ(scsi.size(), 1U);
  ASSERT_EQ(sata.size(), 1U);
  EXPECT_TRUE(added<vim25__VirtualIDEController>(spec).empty());
  EXPECT_TRUE(added<vim25__VirtualPCIPassthrough>(spec).empty());
  EXPECT_FALSE(scsi[0]->controllerKey || scsi[0]->unitNumber);
  std::set<int> keys;
  for (const auto& change : spec.deviceChange) {
    EXPECT_LT(change.device->key, 0);
    EXPECT_TRUE(keys.insert(change.device->key).second) << change.device->key;
  }
  const auto drives = added<vim25__VirtualCdrom>(spec);
  ASSERT_EQ(drives.size(), 2U);
  EXPECT_EQ(drives[0]->controllerKey, sata[0]->key);
  EXPECT_EQ(drives[1]->controllerKey, 201);
  for (const auto* drive : drives) {
    EXPECT_NE(dynamic_cast<const vim25__VirtualCdromRemotePassthroughBackingInfo*>(drive->backing),
              nullptr);
    EXPECT_FALSE(drive->connectable->startConnected || drive->connectable->connected);
  }
}

TEST_F(ConfigSpecTest, AddressesAndNetworks) {
  const auto spec = build(saved_vm());
  const auto nics = added<vim25__VirtualEthernetCard>(spec);
  ASSERT_EQ(nics.size(), 2U);
  EXPECT_FALSE(nics[0]->controllerKey || nics[0]->unitNumber);
  EXPECT_EQ(nics[0]->addressType, "assigned");
  EXPECT_EQ(nics[0]->macAddress, "00:50:56:80:00:01");
  const auto* network =
      dynamic_cast<const vim25__VirtualEthernetCardNetworkBackingInfo*>(nics[0]->backing);
  ASSERT_NE(network, nullptr);
  EXPECT_EQ(network->deviceName, "VM Network");
  EXPECT_FALSE(nics[0]->connectable->startConnected);
  EXPECT_FALSE(nics[1]->macAddress);
  EXPECT_FALSE(nics[1]->addressType);

  NewVm vm = saved_vm();
  vm.connect_nics = true;
  vm.network_of_nic[4000] = {{"DistributedVirtualPortgroup", "dvportgroup-1"},
                             "pg",
                             "dvportgroup-1",
                             "50 1a",
                             {},
                             {},
                             {},
                             false,
                             {}};
  vm.network_of_nic[4001] = {
      {"OpaqueNetwork", "network-o1"}, "nsx", {}, {}, "id", "nsx.LogicalSwitch", {}, false, {}};
  const auto connected = build(vm);
  const auto others = added<vim25__VirtualEthernetCard>(connected);
  EXPECT_TRUE(others[0]->connectable->startConnected);
  EXPECT_TRUE(others[0]->connectable->allowGuestControl);
  vm.network_of_nic[4000].stand_in = true;
  const auto with_stand_in = build(vm);
  const auto kept = added<vim25__VirtualEthernetCard>(with_stand_in);
  EXPECT_FALSE(kept[0]->connectable->startConnected);
  EXPECT_FALSE(kept[0]->connectable->allowGuestControl);
  const auto* port =
      dynamic_cast<const vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo*>(
          others[0]->backing);
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->port.switchUuid, "50 1a");
  EXPECT_EQ(port->port.portgroupKey, "dvportgroup-1");
  EXPECT_NE(
      dynamic_cast<const vim25__VirtualEthernetCardOpaqueNetworkBackingInfo*>(others[1]->backing),
      nullptr);
}

TEST_F(ConfigSpecTest, ABootOrderWithACardIsSetWhenTheCardHasItsKey) {
  NewVm vm = saved_vm();
  EXPECT_TRUE(build(vm).bootOptions->bootOrder.empty());
  EXPECT_EQ(build(vm).bootOptions->efiSecureBootEnabled, true);
  const auto later = boot_options(vm.config, arena);
  ASSERT_EQ(later.bootOrder.size(), 2U);
  const auto* nic = dynamic_cast<const vim25__VirtualMachineBootOptionsBootableEthernetDevice*>(
      later.bootOrder[0]);
  ASSERT_NE(nic, nullptr);
  EXPECT_EQ(nic->deviceKey, 4000);
  EXPECT_EQ(later.efiSecureBootEnabled, true);
  vm.config.boot_order = {{BootDevice::Kind::cdrom, 0}};
  EXPECT_EQ(build(vm).bootOptions->bootOrder.size(), 1U);
}

TEST_F(ConfigSpecTest, HalfABootOrderIsNone) {
  NewVm vm = saved_vm();
  vm.config.boot_order = {{BootDevice::Kind::disk, 2000}, {BootDevice::Kind::cdrom, 0}};
  EXPECT_TRUE(build(vm).bootOptions->bootOrder.empty());
  EXPECT_TRUE(boot_options(vm.config, arena).bootOrder.empty());
}

TEST_F(ConfigSpecTest, ADriveWithoutItsControllerIsLeftOut) {
  NewVm vm = saved_vm();
  vm.config.devices.erase(vm.config.devices.begin() + 5);  // the SATA controller
  EXPECT_EQ(added<vim25__VirtualCdrom>(build(vm)).size(), 1U);
}

TEST_F(ConfigSpecTest, AVmThatIsNotEncrypted) {
  NewVm vm = saved_vm();
  vm.key.reset();
  vm.bundle.reset();
  vm.policy_id.reset();
  vm.saved_tpm.reset();
  vm.tpm = TpmInSpec::none;
  vm.config.version = "vmx-11";
  vm.firmware = "";
  const auto spec = build(vm);
  EXPECT_EQ(spec.crypto, nullptr);
  EXPECT_TRUE(spec.vmProfile.empty());
  EXPECT_EQ(spec.version, "vmx-11");
  EXPECT_FALSE(spec.firmware);
}

TEST(VersionForVtpm, AtLeastFourteen) {
  EXPECT_EQ(version_for_vtpm("vmx-19"), "vmx-19");
  EXPECT_EQ(version_for_vtpm("vmx-14"), "vmx-14");
  EXPECT_EQ(version_for_vtpm("vmx-13"), "vmx-14");
  EXPECT_EQ(version_for_vtpm("vmx-08"), "vmx-14");
  EXPECT_EQ(version_for_vtpm("vmx-"), "vmx-14");
  EXPECT_EQ(version_for_vtpm("vmx-19x"), "vmx-14");
  EXPECT_EQ(version_for_vtpm("nonsense"), "vmx-14");
  EXPECT_FALSE(version_for_vtpm(std::nullopt));
}

// -- against VMware's own schema

class SchemaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    schema_ = std::filesystem::path(VTPMFS_SOURCE_DIR) / "../shared/wsdl/soap11-envelope.xsd";
    if (!std::filesystem::exists(schema_)) GTEST_SKIP() << "no schema at " << schema_;
    if (std::system("command -v xmllint >/dev/null 2>&1") != 0) GTEST_SKIP() << "no xmllint";
    std::string name = (std::filesystem::temp_directory_path() / "vtpmfs-spec-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  template <class T>
  void expect_valid(const T& request) {
    const auto xml = write_message({}, request);
    ASSERT_TRUE(xml) << xml.error().words;
    const auto file = directory_ / "message.xml";
    std::ofstream(file) << *xml;
    const std::string command = "xmllint --noout --schema '" + schema_.string() + "' '" +
                                file.string() + "' > '" + (directory_ / "log").string() + "' 2>&1";
    if (std::system(command.c_str()) != 0) {
      std::ifstream log(directory_ / "log");
      ADD_FAILURE() << std::string(std::istreambuf_iterator<char>(log), {}) << *xml;
    }
  }

  std::filesystem::path schema_;
  std::filesystem::path directory_;
  Arena arena_;
};

TEST_F(SchemaTest, CreateVm) {
  NewVm vm = saved_vm();
  VmDevice usb = device("VirtualUSBController", 7000);
  usb.ehci_enabled = true;
  vm.config.devices.push_back(usb);
  for (const char* type : {"VirtualLsiLogicController", "VirtualLsiLogicSASController",
                           "VirtualBusLogicController", "VirtualNVMEController"}) {
    vm.config.devices.push_back(device(type, 30000));
  }
  vm.network_of_nic[4001] = {{"OpaqueNetwork", "o"}, "nsx", {}, {}, "id", "type", {}, false, {}};
  _vim25__CreateVM_USCORETask request;
  request._USCOREthis = reference("Folder", "group-v3");
  request.config = config_spec(vm, arena_);
  request.pool = reference("ResourcePool", "resgroup-9");
  request.host = reference("HostSystem", "host-12");
  expect_valid(request);
}

TEST_F(SchemaTest, PbmCreate) {
  for (const auto& policy : {referring_policy("p", "c"), encryption_component("c")}) {
    _pbm__PbmCreate request;
    request._USCOREthis = reference("PbmProfileProfileManager", "ProfileManager");
    request.createSpec = policy_spec(policy, arena_);
    expect_valid(request);
  }
}

}  // namespace
}  // namespace vtpmfs::vsphere
