#include "vsphere/vm/vm_reader.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/vsphere/fake_soap_caller.h"
#include "vsphere/vm/change_versions.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ExtraConfig = VmReadPlan::ExtraConfig;

const MoRef kVm{"VirtualMachine", "vm-1"};

std::string option(const std::string& key, const std::string& value) {
  return "<key>" + key + "</key><value xsi:type=\"xsd:string\">" + value + "</value>";
}

std::string keyed(const std::string& key, const std::string& value) {
  return property("config.extraConfig[\"" + key + "\"]", "OptionValue", option(key, value));
}

std::string device(const std::string& type, int key, const std::string& content = "") {
  return "<VirtualDevice xsi:type=\"" + type + "\"><key>" + std::to_string(key) + "</key>" +
         content + "</VirtualDevice>";
}

std::string devices(const std::string& list) {
  return property("config.hardware.device", "ArrayOfVirtualDevice", list);
}

const std::string kTpm = device(
    "VirtualTPM", 202,
    "<deviceInfo><label>Virtual TPM</label><summary>Trusted Platform Module</summary></deviceInfo>"
    "<controllerKey>100</controllerKey><unitNumber>26</unitNumber>"
    "<endorsementKeyCertificateSigningRequest>MIID\nCTCC</endorsementKeyCertificateSigningRequest>"
    "<endorsementKeyCertificate>MIIE</endorsementKeyCertificate>"
    "<endorsementKeyCertificate>MIIC</endorsementKeyCertificate>");

std::string whole_vm() {
  return property("name", "xsd:string", "a%2fb") +
         "<propSet><name>parent</name><val type=\"Folder\" "
         "xsi:type=\"ManagedObjectReference\">group-v3</val></propSet>" +
         property("config.changeVersion", "xsd:string", "2024-06-25T10:11:12.345678Z") +
         property("config.keyId", "CryptoKeyId",
                  "<keyId>k1</keyId><providerId><id>KMS</id></providerId>") +
         keyed("encryption.bundle", "vmware:key/list/(pair/(fqid/&lt;VMWARE-NULL&gt;/KMS/k1))") +
         keyed("nvram", "a.nvram") + property("config.firmware", "xsd:string", "efi") +
         devices(kTpm) + property("config.files.vmPathName", "xsd:string", "[ds] a/a.vmx") +
         property("config.template", "xsd:boolean", "false") +
         property("config.hardware.numCPU", "xsd:int", "2") +
         property("config.hardware.memoryMB", "xsd:int", "4096") +
         property("config.bootOptions", "VirtualMachineBootOptions",
                  "<efiSecureBootEnabled>true</efiSecureBootEnabled><bootOrder "
                  "xsi:type=\"VirtualMachineBootOptionsBootableEthernetDevice\"><deviceKey>4000</"
                  "deviceKey></bootOrder>") +
         property("runtime.powerState", "VirtualMachinePowerState", "poweredOff") +
         property("runtime.connectionState", "VirtualMachineConnectionState", "connected") +
         property("layoutEx.file", "ArrayOfVirtualMachineFileLayoutExFileInfo",
                  "<VirtualMachineFileLayoutExFileInfo><key>1</key><name>[ds] a/a.nvram</name>"
                  "<type>nvram</type><size>270840</size></VirtualMachineFileLayoutExFileInfo>"
                  "<VirtualMachineFileLayoutExFileInfo><key>2</key><name>[ds] a/vmware.log</name>"
                  "<type>log</type><size>7</size></VirtualMachineFileLayoutExFileInfo>") +
         property("datastore", "ArrayOfManagedObjectReference",
                  "<ManagedObjectReference type=\"Datastore\" "
                  "xsi:type=\"ManagedObjectReference\">datastore-1</ManagedObjectReference>");
}

VmRecord read_one(const std::string& content, ExtraConfig extra = ExtraConfig::keyed) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {retrieved(object("VirtualMachine", "vm-1", content))});
  VmReader reader(caller, {});
  auto records = reader.read({kVm}, extra, {});
  EXPECT_TRUE(records && records->size() == 1) << (records ? "" : records.error().words);
  return records && !records->empty() ? records->front() : VmRecord();
}

TEST(VmReader, ReadsTheFiveItemsAndTheConfiguration) {
  const VmRecord record = read_one(whole_vm());
  const VmDetail& vm = record.detail;
  EXPECT_TRUE(vm.unreadable.empty()) << vm.unreadable.front().property;
  EXPECT_EQ(vm.name, "a%2fb");
  EXPECT_EQ(record.parent, (MoRef{"Folder", "group-v3"}));
  EXPECT_EQ(vm.change_version, "2024-06-25T10:11:12.345678Z");
  EXPECT_EQ(vm.key_id, (CryptoKeyId{"k1", "KMS"}));
  EXPECT_EQ(vm.encryption_bundle, "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k1))");
  EXPECT_EQ(vm.nvram_extra_config, "a.nvram");
  EXPECT_EQ(vm.firmware, "efi");
  ASSERT_TRUE(vm.vtpm);
  EXPECT_EQ(vm.vtpm->key, 202);
  EXPECT_EQ(vm.vtpm->label, "Virtual TPM");
  EXPECT_THAT(vm.vtpm->certificate_signing_requests, ElementsAre("MIIDCTCC"));
  EXPECT_THAT(vm.vtpm->certificates, ElementsAre("MIIE", "MIIC"));
  EXPECT_EQ(vm.vm_path_name, "[ds] a/a.vmx");
  EXPECT_EQ(vm.nvram_layout, "[ds] a/a.nvram");
  EXPECT_EQ(vm.nvram_layout_size, 270840);
  EXPECT_TRUE(vm.log_with_content);
  EXPECT_EQ(vm.power, PowerState::off);
  EXPECT_EQ(vm.connection_state, "connected");
  EXPECT_FALSE(vm.has_snapshot);
  EXPECT_THAT(vm.datastores, ElementsAre(MoRef{"Datastore", "datastore-1"}));
  EXPECT_EQ(vm.config.num_cpus, 2);
  EXPECT_EQ(vm.config.memory_mb, 4096);
  EXPECT_EQ(vm.config.efi_secure_boot, true);
  EXPECT_THAT(vm.config.boot_order, ElementsAre(BootDevice{BootDevice::Kind::ethernet, 4000}));
  EXPECT_FALSE(record.may_hold_data);
  EXPECT_TRUE(record.files_listed);
}

TEST(VmReader, AVmWithoutAListOfFilesIsNotOneWithoutALog) {
  EXPECT_FALSE(read_one(property("name", "xsd:string", "a")).files_listed);
}

TEST(VmReader, ALockedVmHasUnreadableItemsNotAbsentOnes) {
  const VmDetail vm =
      read_one(property("name", "xsd:string", "locked") +
               property("runtime.connectionState", "VirtualMachineConnectionState", "invalid") +
               property("summary.config.tpmPresent", "xsd:boolean", "true"))
          .detail;
  for (const auto item :
       {vm_property::kKeyId, vm_property::kBundle, vm_property::kFirmware, vm_property::kDevices,
        vm_property::kNvram, vm_property::kVmPathName, vm_property::kChangeVersion}) {
    const Error* why = vm.why_unreadable(item);
    ASSERT_NE(why, nullptr) << item;
    EXPECT_EQ(why->code.value(), ENODATA) << item;
  }
  EXPECT_TRUE(read_one(property("name", "xsd:string", "locked")).may_hold_data);
}

TEST(VmReader, NoPrivilegeForOnePropertyIsToldForThatOne) {
  const VmDetail vm =
      read_one(devices(kTpm) +
               property("layoutEx.file", "ArrayOfVirtualMachineFileLayoutExFileInfo", "") +
               missing("config.keyId", "NoPermission",
                       "<object type=\"VirtualMachine\">vm-1</object>"
                       "<privilegeId>System.Read</privilegeId>"))
          .detail;
  ASSERT_NE(vm.why_unreadable(vm_property::kKeyId), nullptr);
  EXPECT_EQ(vm.why_unreadable(vm_property::kKeyId)->code.value(), EACCES);
  EXPECT_EQ(vm.unreadable.size(), 1U);
  EXPECT_TRUE(vm.vtpm);
}

TEST(VmReader, AFileLayoutThatIsNotThereYetIsUnreadable) {
  const VmDetail vm = read_one(devices(kTpm)).detail;
  ASSERT_NE(vm.why_unreadable(vm_property::kLayoutFiles), nullptr);
  EXPECT_EQ(vm.why_unreadable(vm_property::kLayoutFiles)->code.value(), ENODATA);
}

TEST(VmReader, ValuesOfUnknownTypesAreUnreadable) {
  const VmDetail vm =
      read_one(devices(kTpm) + property("config.keyId", "CryptoKeyIdV2", "<keyId>k</keyId>") +
               property("config.extraConfig[\"encryption.bundle\"]", "Hologram", ""))
          .detail;
  ASSERT_NE(vm.why_unreadable(vm_property::kKeyId), nullptr);
  EXPECT_THAT(vm.why_unreadable(vm_property::kKeyId)->words, HasSubstr("CryptoKeyIdV2"));
  ASSERT_NE(vm.why_unreadable(vm_property::kBundle), nullptr);
  EXPECT_FALSE(vm.key_id);
}

TEST(VmReader, AVtpmNeverVanishes) {
  struct Case {
    std::string content;
    std::string words;
  };
  for (const Case& c :
       {Case{devices(device("VirtualTPM2", 11000)), "VirtualTPM2"},
        Case{devices(device("VirtualDevice", 11000)), "VirtualDevice"},
        Case{devices(device("VirtualFloppy", 11000)), "VirtualFloppy"},
        Case{devices(kTpm + kTpm), "more than one"},
        Case{property("config.hardware.device", "ArrayOfHologram", kTpm), "ArrayOfHologram"},
        Case{devices(device("VirtualFloppy", 8000)) +
                 property("summary.config.tpmPresent", "xsd:boolean", "true"),
             "present"},
        Case{devices(""), "empty"},
        Case{missing("config.hardware.device", "NoPermission"), "NoPermission"}}) {
    const VmRecord record = read_one(c.content);
    const Error* why = record.detail.why_unreadable(vm_property::kDevices);
    ASSERT_NE(why, nullptr) << c.content;
    EXPECT_THAT(why->words, HasSubstr(c.words));
    EXPECT_FALSE(record.detail.vtpm);
    EXPECT_TRUE(record.may_hold_data);
  }
}

TEST(VmReader, KeepsTheDevicesOfTheAllowListAndRecordsDisks) {
  const VmRecord record = read_one(devices(
      device("ParaVirtualSCSIController", 1000,
             "<controllerKey>100</controllerKey><busNumber>0</busNumber><device>2000</device>"
             "<hotAddRemove>true</hotAddRemove><sharedBus>noSharing</sharedBus>") +
      device("VirtualDisk", 2000,
             "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>[ds] a/a.vmdk</"
             "fileName><diskMode>persistent</diskMode></backing>"
             "<controllerKey>1000</controllerKey><unitNumber>0</unitNumber>"
             "<capacityInKB>16</capacityInKB>") +
      device("VirtualVmxnet3", 4000,
             "<backing xsi:type=\"VirtualEthernetCardDistributedVirtualPortBackingInfo\"><port>"
             "<switchUuid>50 1a</switchUuid><portgroupKey>dvportgroup-9</portgroupKey></port>"
             "</backing><connectable><startConnected>true</startConnected><allowGuestControl>true</"
             "allowGuestControl><connected>false</connected></connectable>"
             "<addressType>assigned</addressType><macAddress>00:50:56:80:00:01</macAddress>") +
      device("VirtualPCIPassthrough", 13000)));
  const auto& config = record.detail.config;
  ASSERT_EQ(config.devices.size(), 2U);
  EXPECT_EQ(config.devices[0].type, "ParaVirtualSCSIController");
  EXPECT_EQ(config.devices[0].bus_number, 0);
  EXPECT_EQ(config.devices[0].shared_bus, "noSharing");
  EXPECT_EQ(config.devices[1].portgroup_key, "dvportgroup-9");
  EXPECT_EQ(config.devices[1].start_connected, true);
  ASSERT_EQ(config.disks.size(), 1U);
  EXPECT_EQ(config.disks[0].file_name, "[ds] a/a.vmdk");
  EXPECT_EQ(config.disks[0].capacity_bytes, 16384);
  EXPECT_TRUE(record.may_hold_data);
}

TEST(VmReader, AnUnknownDeviceMayHoldData) {
  const VmRecord record = read_one(devices(device("VirtualHologram", 9000) + kTpm));
  EXPECT_TRUE(record.may_hold_data);
  EXPECT_TRUE(record.detail.vtpm);
}

TEST(VmReader, FallsBackToTheWholeExtraConfigAndRemembers) {
  FakeSoapCaller caller;
  const std::string refused =
      missing("config.extraConfig[\"encryption.bundle\"]", "InvalidProperty", "<name>x</name>") +
      missing("config.extraConfig[\"nvram\"]", "InvalidProperty");
  const std::string whole =
      property("config.extraConfig", "ArrayOfOptionValue",
               "<OptionValue>" + option("nvram", "x.nvram") + "</OptionValue><OptionValue>" +
                   option("encryption.bundle", "B") + "</OptionValue>");
  caller.on("RetrievePropertiesEx", [&](const std::string& request) {
    const bool keyed = request.find("[\"nvram\"]") != std::string::npos ||
                       request.find("[&quot;nvram&quot;]") != std::string::npos;
    return Result<std::string>(
        retrieved(object("VirtualMachine", "vm-1", devices(kTpm) + (keyed ? refused : whole))));
  });
  VmReader reader(caller, {});
  for (const size_t calls : {2U, 3U}) {
    const auto records = reader.read({kVm}, ExtraConfig::keyed, {});
    ASSERT_TRUE(records && records->size() == 1);
    EXPECT_EQ(records->front().detail.encryption_bundle, "B");
    EXPECT_EQ(records->front().detail.nvram_extra_config, "x.nvram");
    EXPECT_EQ(caller.count("RetrievePropertiesEx"), calls);
  }
}

TEST(VmReader, OfTheWholeExtraConfigOnlyMarksAndWhatIsSavedIsKept) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(object(
                "VirtualMachine", "vm-1",
                devices(kTpm) +
                    property("config.extraConfig", "ArrayOfOptionValue",
                             "<OptionValue>" + option("vtpmfs.restore", "m1") +
                                 "</OptionValue><OptionValue>" + option("svga.present", "TRUE") +
                                 "</OptionValue><OptionValue>" + option("guestinfo.secret", "s") +
                                 "</OptionValue><OptionValue>" + option("other", "o") +
                                 "</OptionValue>")))});
  VmReader reader(caller, {"svga.*", "guestinfo.*"});
  const auto records = reader.read({kVm}, ExtraConfig::keyed, {});
  ASSERT_TRUE(records && records->size() == 1);
  EXPECT_THAT(records->front().marks, ElementsAre(std::pair("vtpmfs.restore", "m1")));
  EXPECT_THAT(records->front().detail.config.extra_config,
              ElementsAre(std::pair("svga.present", "TRUE")));
}

TEST(VmReader, TheLastEntryOfAKeyCounts) {
  const VmRecord record =
      read_one(devices(kTpm) +
                   property("config.extraConfig", "ArrayOfOptionValue",
                            "<OptionValue>" + option("encryption.bundle", "old") +
                                "</OptionValue><OptionValue>" + option("vtpmfs.restore", "m") +
                                "</OptionValue><OptionValue>" + option("encryption.bundle", "new") +
                                "</OptionValue><OptionValue>" + option("vtpmfs.restore", "") +
                                "</OptionValue>"),
               ExtraConfig::whole);
  EXPECT_EQ(record.detail.encryption_bundle, "new");
  EXPECT_TRUE(record.marks.empty());
}

TEST(VmReader, DoesWithoutAPathThatTheServerRefuses) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", [&](const std::string& request) {
    if (request.find("tpmPresent") != std::string::npos) {
      return Result<std::string>(
          soap_fault("InvalidProperty", "<name>summary.config.tpmPresent</name>"));
    }
    return Result<std::string>(retrieved(object("VirtualMachine", "vm-1", whole_vm())));
  });
  VmReader reader(caller, {});
  ASSERT_TRUE(reader.read({kVm}, ExtraConfig::keyed, {}));
  ASSERT_TRUE(reader.read({kVm}, ExtraConfig::keyed, {}));
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 3U);
}

TEST(VmReader, ANeededPathThatIsRefusedIsAnError) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {soap_fault("InvalidProperty", "<name>config.keyId</name>")});
  VmReader reader(caller, {});
  EXPECT_FALSE(reader.read({kVm}, ExtraConfig::keyed, {}));
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 1U);
}

TEST(VmReader, AServerThatRefusesForeverEnds) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {soap_fault("InvalidProperty", "<name>config.extraConfig[\"nvram\"]</name>")});
  VmReader reader(caller, {});
  const auto records = reader.read({kVm}, ExtraConfig::keyed, {});
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code.value(), EIO);
}

TEST(VmReader, VmsThatHaveGoneAreNotInTheAnswer) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(object("VirtualMachine", "vm-2",
                              missing("name", "ManagedObjectNotFound",
                                      "<obj type=\"VirtualMachine\">vm-2</obj>")) +
                       object("VirtualMachine", "vm-1", whole_vm()))});
  VmReader reader(caller, {});
  const auto records = reader.read({{"VirtualMachine", "vm-2"}, kVm}, ExtraConfig::keyed, {});
  ASSERT_TRUE(records && records->size() == 1);
  EXPECT_EQ(records->front().detail.vm, kVm);
}

TEST(VmReader, SurvivesAServerThatFailsForTheGone) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", [&](const std::string& request) {
    if (request.find(">vm-2<") != std::string::npos) {
      return Result<std::string>(
          soap_fault("ManagedObjectNotFound", "<obj type=\"VirtualMachine\">vm-2</obj>"));
    }
    return Result<std::string>(retrieved(object("VirtualMachine", "vm-1", whole_vm())));
  });
  VmReader reader(caller, {});
  const auto records = reader.read({{"VirtualMachine", "vm-2"}, kVm}, ExtraConfig::keyed, {});
  ASSERT_TRUE(records && records->size() == 1);
}

std::vector<MoRef> many_vms(size_t count) {
  std::vector<MoRef> vms;
  for (size_t i = 0; i < count; ++i) vms.push_back({"VirtualMachine", "vm-" + std::to_string(i)});
  return vms;
}

size_t objects_in(const std::string& request) {
  size_t count = 0;
  for (size_t at = request.find("objectSet>"); at != std::string::npos;
       at = request.find("objectSet>", at + 1)) {
    ++count;
  }
  return count / 2;
}

TEST(VmReader, CallsDependOnPagesNotOnVms) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {retrieved(object("VirtualMachine", "vm-1", ""))});
  VmReader reader(caller, {});
  ASSERT_TRUE(reader.read(many_vms(501), ExtraConfig::keyed, {}));
  ASSERT_EQ(caller.count("RetrievePropertiesEx"), 3U);
  EXPECT_EQ(objects_in(caller.requests("RetrievePropertiesEx")[0]), 250U);
  EXPECT_EQ(objects_in(caller.requests("RetrievePropertiesEx")[2]), 1U);
}

TEST(VmReader, StopsWhenNobodyWaits) {
  FakeSoapCaller caller;
  VmReader reader(caller, {});
  Call call;
  call.cancel.cancel();
  const auto records = reader.read({kVm}, ExtraConfig::keyed, call);
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code.value(), EINTR);
}

std::string version_of(const std::string& id, const std::string& version) {
  return object("VirtualMachine", id, property("config.changeVersion", "xsd:string", version));
}

TEST(ChangeVersions, PageByPage) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(version_of("vm-1", "a"), "0"), retrieved(version_of("vm-3", "c"))});
  caller.on("ContinueRetrievePropertiesEx",
            {response("ContinueRetrievePropertiesEx",
                      "<returnval>" + version_of("vm-2", "b") + "</returnval>")});
  int done = 0;
  read_change_versions(caller, many_vms(251), {}, [&](auto versions) {
    ++done;
    ASSERT_TRUE(versions);
    EXPECT_EQ(versions->size(), 3U);
    EXPECT_EQ((*versions)[(MoRef{"VirtualMachine", "vm-2"})], "b");
  });
  EXPECT_EQ(done, 1);
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 2U);
}

TEST(ChangeVersions, AnAnswerWithoutAnyVmMayBeALostSession) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {response("RetrievePropertiesEx", ""), retrieved(version_of("vm-1", "a"))});
  std::map<MoRef, std::string> found;
  read_change_versions(caller, {{"VirtualMachine", "vm-1"}}, {}, [&](auto versions) {
    ASSERT_TRUE(versions);
    found = *versions;
  });
  EXPECT_EQ(found.size(), 1U);
  EXPECT_EQ(caller.renewals, 1);
}

TEST(ChangeVersions, RenewsTheSessionOnce) {
  FakeSoapCaller caller;
  const std::string lost = retrieved(
      object("VirtualMachine", "vm-0", missing("config.changeVersion", "NotAuthenticated")));
  caller.on("RetrievePropertiesEx", {lost, retrieved(version_of("vm-0", "a"))});
  int done = 0;
  read_change_versions(caller, many_vms(1), {}, [&](auto versions) {
    ++done;
    EXPECT_TRUE(versions && versions->size() == 1);
  });
  caller.on("RetrievePropertiesEx", {lost});
  read_change_versions(caller, many_vms(1), {}, [&](auto versions) {
    ++done;
    ASSERT_FALSE(versions);
    EXPECT_EQ(versions.error().code.value(), EACCES);
  });
  EXPECT_EQ(done, 2);
  EXPECT_EQ(caller.renewals, 2);
}

}  // namespace
}  // namespace vtpmfs::vsphere
