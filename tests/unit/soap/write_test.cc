// What goes out: valid by VMware's schemas, element by element in their order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/unit/soap/messages.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {
namespace {

namespace stdfs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

_vim25__CreateVM_USCORETask create_vm(Arena& arena) {
  _vim25__CreateVM_USCORETask request;
  request._USCOREthis = reference("Folder", "group-v3");
  request.pool = reference("ResourcePool", "resgroup-9");
  auto& config = request.config;
  // Set in another order than the wire's on purpose.
  auto* crypto = arena.make<vim25__CryptoSpecEncrypt>();
  crypto->cryptoKeyId.keyId = "key";
  crypto->cryptoKeyId.providerId.emplace().id = "KMS";
  config.crypto = crypto;
  auto* profile = arena.make<vim25__VirtualMachineDefinedProfileSpec>();
  profile->profileId = "4d5f673c-536f-11e6-beb8-9e71128cae77";
  config.vmProfile.push_back(profile);
  config.firmware = "efi";
  auto& option = config.extraConfig.emplace_back();
  option.key = "encryption.bundle";
  option.value = arena.text("vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/key,HMAC,x))");
  auto& change = config.deviceChange.emplace_back();
  change.operation = "add";
  auto* tpm = arena.make<vim25__VirtualTPM>();
  tpm->key = -1;
  change.device = tpm;
  config.bootOptions.emplace().efiSecureBootEnabled = true;
  config.files.emplace().vmPathName = "[datastore1]";
  config.memoryMB = 4096;
  config.name = "win & <11>";
  return request;
}

std::string written(const MessageHeaders& headers, const auto& body) {
  auto text = write_message(headers, body);
  EXPECT_TRUE(text) << text.error().words;
  return text.value_or("");
}

TEST(Write, ElementsStandInTheSchemasOrder) {
  Arena arena;
  const auto xml = written({}, create_vm(arena));
  size_t at = 0;
  for (const char* element :
       {"<vim25:CreateVM_Task>", "<vim25:_this ", "<vim25:config>", "<vim25:name>", "<vim25:files>",
        "<vim25:memoryMB>", "<vim25:deviceChange>", "<vim25:extraConfig>", "<vim25:bootOptions>",
        "<vim25:firmware>", "<vim25:vmProfile ", "<vim25:crypto ", "</vim25:config>",
        "<vim25:pool "}) {
    const auto found = xml.find(element, at);
    ASSERT_NE(found, std::string::npos) << element << " in " << xml;
    at = found;
  }
  EXPECT_THAT(xml, HasSubstr("<vim25:name>win &amp; &lt;11&gt;</vim25:name>"));
}

TEST(Write, TypesAreNamedWhereTheyAreNotTheDeclaredOnes) {
  Arena arena;
  const auto xml = written({}, create_vm(arena));
  EXPECT_THAT(xml, HasSubstr(R"(<vim25:device xsi:type="vim25:VirtualTPM">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<vim25:crypto xsi:type="vim25:CryptoSpecEncrypt">)"));
  EXPECT_THAT(xml,
              HasSubstr(R"(<vim25:vmProfile xsi:type="vim25:VirtualMachineDefinedProfileSpec">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<vim25:value xsi:type="xsd:string">)"));
  EXPECT_THAT(xml, HasSubstr(R"(xmlns:xsd="http://www.w3.org/2001/XMLSchema")"));
  EXPECT_THAT(xml, Not(HasSubstr("encodingStyle")));
  EXPECT_THAT(xml, Not(HasSubstr(" id=")));
}

TEST(Write, HeadersAreUnqualifiedAndOptional) {
  _vim25__Logout logout;
  logout._USCOREthis = reference("SessionManager", "SessionManager");
  EXPECT_THAT(written({}, logout), Not(HasSubstr("Header")));
  const auto both = written({"op-1", "c<k"}, logout);
  EXPECT_THAT(
      both, HasSubstr("<operationID>op-1</operationID><vcSessionCookie>c&lt;k</vcSessionCookie>"));
  const auto name = peek_operation(both);
  ASSERT_TRUE(name) << name.error().words;
  EXPECT_EQ(name->name, "Logout");
  EXPECT_EQ(name->name_space, "urn:vim25");
  EXPECT_EQ(name->headers.operation_id, "op-1");
  EXPECT_EQ(name->headers.session_cookie, "c<k");
  EXPECT_EQ(peek_operation(written({}, logout)).value().headers.session_cookie, "")
      << "the header of an earlier message must not stay";
}

TEST(Write, OptionalElementsAreLeftOutAndEmptyOnesWritten) {
  _vim25__WaitForUpdatesEx wait;
  EXPECT_THAT(written({}, wait), Not(HasSubstr("version>")));
  wait.version = "";
  EXPECT_THAT(written({}, wait), HasSubstr("<vim25:version/>"));
  _vim25__RetrievePropertiesEx retrieve;
  EXPECT_THAT(written({}, retrieve), HasSubstr("vim25:options"));
}

TEST(Write, ComesBackAsItWas) {
  Arena arena;
  const auto xml = written({}, create_vm(arena));
  const auto back = read_message<_vim25__CreateVM_USCORETask>(xml);
  ASSERT_TRUE(back) << back.error().words;
  EXPECT_EQ((*back)->config.name, "win & <11>");
  EXPECT_EQ((*back)->_USCOREthis.type, "Folder");
  EXPECT_NE(dynamic_cast<const vim25__VirtualTPM*>((*back)->config.deviceChange.at(0).device),
            nullptr);
  EXPECT_EQ(written({}, **back), xml);
}

TEST(Write, FromManyThreadsAtOnce) {
  Arena arena;
  const auto expected = written({}, create_vm(arena));
  std::vector<std::thread> threads;
  std::vector<int> right(8, 0);
  for (auto& count : right) {
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 50; ++i) {
        Arena own;
        const auto xml = write_message({}, create_vm(own));
        if (!xml || *xml != expected) continue;
        const auto back = read_message<_vim25__CreateVM_USCORETask>(*xml);
        if (back && (*back)->config.firmware == "efi") ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(50));
}

// --- validation ---

const stdfs::path kSchema = stdfs::path(VTPMFS_SOURCE_DIR) / "../shared/wsdl/soap11-envelope.xsd";

// What a request needs at least to be valid beyond its defaults.
void complete(auto& /*request*/, Arena& /*arena*/) {}
void complete(_vim25__AcquireGenericServiceTicket& r, Arena& arena) {
  r.spec = arena.make<vim25__SessionManagerHttpServiceRequestSpec>();
}
void complete(_vim25__QueryConfigOptionEx& r, Arena&) {
  auto& spec = r.spec.emplace();
  spec.guestId = {"ubuntu64Guest"};
  spec.host.emplace();
  spec.key = "vmx-19";
}
void complete(_vim25__HasPrivilegeOnEntities& r, Arena&) {
  r.entity.emplace_back();
}
void complete(_vim25__FetchUserPrivilegeOnEntities& r, Arena&) {
  r.entities.emplace_back();
}
void complete(_vim25__MoveIntoFolder_USCORETask& r, Arena&) {
  r.list.emplace_back();
}
void complete(_pbm__PbmRetrieveContent& r, Arena&) {
  r.profileIds.emplace_back();
}
void complete(_pbm__PbmQueryAssociatedProfiles& r, Arena&) {
  r.entities.emplace_back().objectType = "virtualMachine";
}
vim25__PropertyFilterSpec some_filter(Arena& arena) {
  vim25__PropertyFilterSpec filter;
  filter.propSet.emplace_back().pathSet = {"name", "config.hardware.device[11000]"};
  auto& object = filter.objectSet.emplace_back();
  auto* traversal = arena.make<vim25__TraversalSpec>();
  traversal->name = "v2vm";
  auto* again = arena.make<vim25__SelectionSpec>();
  again->name = "v2vm";
  traversal->selectSet.push_back(again);
  object.selectSet.push_back(traversal);
  filter.reportMissingObjectsInResults = true;
  return filter;
}
void complete(_vim25__RetrievePropertiesEx& r, Arena& arena) {
  r.specSet.push_back(some_filter(arena));
}
void complete(_vim25__CreateFilter& r, Arena& arena) {
  r.spec = some_filter(arena);
}
void complete(_pbm__PbmCreate& r, Arena& arena) {
  auto* constraints = arena.make<pbm__PbmCapabilitySubProfileConstraints>();
  auto& capability = constraints->subProfiles.emplace_back().capability.emplace_back();
  auto& property = capability.constraint.emplace_back().propertyInstance.emplace_back();
  property.value = arena.text("False");
  property.operator_ = "NOT";
  r.createSpec.constraints = constraints;
}

using AllDevices = std::tuple<
    vim25__VirtualTPM, vim25__VirtualCdrom, vim25__VirtualFloppy, vim25__VirtualKeyboard,
    vim25__VirtualPointingDevice, vim25__VirtualMachineVideoCard, vim25__VirtualMachineVMCIDevice,
    vim25__VirtualSoundCard, vim25__VirtualHdAudioCard, vim25__VirtualEnsoniq1371,
    vim25__VirtualSoundBlaster16, vim25__VirtualSerialPort, vim25__VirtualParallelPort,
    vim25__VirtualPCIPassthrough, vim25__VirtualSCSIPassthrough, vim25__VirtualUSB,
    vim25__VirtualWDT, vim25__VirtualPrecisionClock, vim25__VirtualNVDIMM,
    vim25__VirtualLsiLogicController, vim25__VirtualLsiLogicSASController,
    vim25__VirtualBusLogicController, vim25__ParaVirtualSCSIController,
    vim25__VirtualAHCIController, vim25__VirtualNVMEController, vim25__VirtualIDEController,
    vim25__VirtualPCIController, vim25__VirtualPS2Controller, vim25__VirtualSIOController,
    vim25__VirtualUSBController, vim25__VirtualUSBXHCIController, vim25__VirtualNVDIMMController,
    vim25__VirtualDisk, vim25__VirtualVmxnet2, vim25__VirtualVmxnet3, vim25__VirtualE1000,
    vim25__VirtualE1000e, vim25__VirtualPCNet32, vim25__VirtualSriovEthernetCard>;
using AllBackings = std::tuple<
    vim25__VirtualCdromIsoBackingInfo, vim25__VirtualCdromAtapiBackingInfo,
    vim25__VirtualCdromPassthroughBackingInfo, vim25__VirtualCdromRemotePassthroughBackingInfo,
    vim25__VirtualCdromRemoteAtapiBackingInfo, vim25__VirtualFloppyImageBackingInfo,
    vim25__VirtualFloppyDeviceBackingInfo, vim25__VirtualFloppyRemoteDeviceBackingInfo,
    vim25__VirtualPointingDeviceDeviceBackingInfo, vim25__VirtualSoundCardDeviceBackingInfo,
    vim25__VirtualSerialPortFileBackingInfo, vim25__VirtualSerialPortDeviceBackingInfo,
    vim25__VirtualSerialPortPipeBackingInfo, vim25__VirtualSerialPortURIBackingInfo,
    vim25__VirtualSerialPortThinPrintBackingInfo, vim25__VirtualParallelPortFileBackingInfo,
    vim25__VirtualParallelPortDeviceBackingInfo, vim25__VirtualPCIPassthroughDeviceBackingInfo,
    vim25__VirtualPCIPassthroughDynamicBackingInfo, vim25__VirtualPCIPassthroughVmiopBackingInfo,
    vim25__VirtualSCSIPassthroughDeviceBackingInfo, vim25__VirtualUSBUSBBackingInfo,
    vim25__VirtualUSBRemoteHostBackingInfo, vim25__VirtualUSBRemoteClientBackingInfo,
    vim25__VirtualPrecisionClockSystemClockBackingInfo, vim25__VirtualNVDIMMBackingInfo,
    vim25__VirtualDiskFlatVer1BackingInfo, vim25__VirtualDiskFlatVer2BackingInfo,
    vim25__VirtualDiskSeSparseBackingInfo, vim25__VirtualDiskSparseVer1BackingInfo,
    vim25__VirtualDiskSparseVer2BackingInfo, vim25__VirtualDiskRawDiskMappingVer1BackingInfo,
    vim25__VirtualDiskRawDiskVer2BackingInfo, vim25__VirtualDiskLocalPMemBackingInfo,
    vim25__VirtualSriovEthernetCardSriovBackingInfo, vim25__VirtualEthernetCardNetworkBackingInfo,
    vim25__VirtualEthernetCardLegacyNetworkBackingInfo,
    vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo,
    vim25__VirtualEthernetCardOpaqueNetworkBackingInfo>;

// A device of each type with values that enumerations in the schema accept.
void complete_device(auto& device) {
  if constexpr (requires { device.sharedBus; }) device.sharedBus = "noSharing";
  if constexpr (requires { device.capacityInKB; }) device.shares.emplace().level = "normal";
}

void complete(_vim25__CreateVM_USCORETask& r, Arena& arena) {
  r = create_vm(arena);
  test::for_each_of(static_cast<AllDevices*>(nullptr), [&]<class D>(D*) {
    auto& change = r.config.deviceChange.emplace_back();
    change.operation = "add";
    auto* device = arena.make<D>();
    complete_device(*device);
    device->deviceInfo = arena.make<vim25__Description>();
    device->connectable.emplace();
    device->slotInfo = arena.make<vim25__VirtualDevicePciBusSlotInfo>();
    device->controllerKey = 100;
    device->unitNumber = 0;
    change.device = device;
  });
  test::for_each_of(static_cast<AllBackings*>(nullptr), [&]<class B>(B*) {
    auto& change = r.config.deviceChange.emplace_back();
    change.operation = "edit";
    change.device = arena.make<vim25__VirtualCdrom>();
    change.device->backing = arena.make<B>();
    change.backing.emplace().crypto = arena.make<vim25__CryptoSpecNoOp>();
  });
  auto& boot = r.config.bootOptions.value().bootOrder;
  boot.push_back(arena.make<vim25__VirtualMachineBootOptionsBootableCdromDevice>());
  boot.push_back(arena.make<vim25__VirtualMachineBootOptionsBootableDiskDevice>());
  boot.push_back(arena.make<vim25__VirtualMachineBootOptionsBootableEthernetDevice>());
  r.config.flags.emplace().vbsEnabled = true;
  r.config.tools.emplace().afterPowerOn = true;
  r.config.powerOpInfo.emplace().powerOffType = "soft";
}

TEST(Validation, EveryRequestIsValid) {
  if (!stdfs::exists(kSchema)) GTEST_SKIP() << "no schemas at " << kSchema;
  if (std::system("command -v xmllint >/dev/null") != 0) GTEST_SKIP() << "no xmllint";
  std::string directory = stdfs::temp_directory_path() / "vtpmfs-soap-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  int count = 0;
  test::for_each_message([&]<class T>(T*) {
    const auto name = wire_name<T>().local;
    if (name.ends_with("Response")) return;
    Arena arena;
    T request;
    complete(request, arena);
    std::ofstream(directory + "/" + name + ".xml") << written({"op", "cookie"}, request);
    ++count;
  });
  EXPECT_GT(count, 50);
  const auto command = "xmllint --noout --schema '" + kSchema.string() + "' '" + directory +
                       "'/*.xml > '" + directory + "/log' 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream log(directory + "/log");
  EXPECT_EQ(status, 0) << std::string(std::istreambuf_iterator<char>(log), {});
  stdfs::remove_all(directory);
}

}  // namespace
}  // namespace vtpmfs::vsphere
