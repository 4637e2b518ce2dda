#include "cache/saved/config_file.h"

#include <gmock/gmock.h>

#include "tests/unit/saved/hostile_inputs.h"
#include "tests/unit/saved/made_config.h"

namespace vtpmfs::cache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using vsphere::BootDevice;
using vsphere::VmConfig;
using vsphere::VmDevice;

VmConfig pay01() {
  VmConfig config;
  config.guest_id = "windows2019srvNext_64Guest";
  config.annotation = "payroll\nask Ann";
  config.version = "vmx-19";
  config.uuid = "420a1b2c-0000-1111-2222-333344445555";
  config.num_cpus = 4;
  config.num_cores_per_socket = 2;
  config.memory_mb = 8192;
  config.efi_secure_boot = true;
  config.boot_order = {{BootDevice::Kind::disk, 2000}, {BootDevice::Kind::cdrom, 0}};
  config.enable_logging = true;
  config.vbs_enabled = false;
  VmDevice scsi;
  scsi.type = "ParaVirtualSCSIController";
  scsi.key = 1000;
  scsi.label = "SCSI controller 0";
  scsi.bus_number = 0;
  scsi.shared_bus = "noSharing";
  VmDevice nic;
  nic.type = "VirtualVmxnet3";
  nic.key = 4000;
  nic.mac_address = "00:50:56:9a:00:01";
  nic.address_type = "assigned";
  nic.network_name = "VM Network";
  nic.start_connected = true;
  config.devices = {scsi, nic};
  config.disks.push_back({2000, "Hard disk 1", 1000, 0, "[ds1] pay01/pay01.vmdk", 42949672960});
  config.extra_config = {{"tools.upgrade.policy", "manual"}};
  return config;
}

SavedOrigin pay01_origin() {
  SavedOrigin origin;
  origin.vcenter_instance_uuid = "dbed6e0c-bd88-4ef6-b594-21283e1c677f";
  origin.vcenter_name = "VMware vCenter Server";
  origin.inventory_path = "/DC0/vm/Finance/pay01";
  origin.raw_name = "pay01";
  origin.vm = vsphere::MoRef{"VirtualMachine", "vm-42"};
  origin.instance_uuid = "500a1b2c-0000-1111-2222-333344445555";
  origin.change_version = "2024-06-25T10:11:12.345678Z";
  origin.vm_path_name = "[ds1] pay01/pay01.vmx";
  origin.key = vsphere::CryptoKeyId{"a4e7494f", "KMS"};
  origin.policy_id = "4d5f673c-536f-11e6-beb8-9e71128cae77";
  origin.policy_name = "VM Encryption Policy";
  origin.provider_management = "vCenter";
  return origin;
}

constexpr const char* kGolden = R"({
  "_typeName": "VirtualMachineConfigInfo",
  "version": "vmx-19",
  "uuid": "420a1b2c-0000-1111-2222-333344445555",
  "template": false,
  "guestId": "windows2019srvNext_64Guest",
  "annotation": "payroll\nask Ann",
  "files": {
    "_typeName": "VirtualMachineFileInfo",
    "vmPathName": "[ds1] pay01/pay01.vmx"
  },
  "flags": {
    "_typeName": "VirtualMachineFlagInfo",
    "enableLogging": true,
    "vbsEnabled": false
  },
  "hardware": {
    "_typeName": "VirtualHardware",
    "numCPU": 4,
    "numCoresPerSocket": 2,
    "memoryMB": 8192,
    "device": [
      {
        "_typeName": "ParaVirtualSCSIController",
        "key": 1000,
        "deviceInfo": {
          "_typeName": "Description",
          "label": "SCSI controller 0"
        },
        "busNumber": 0,
        "sharedBus": "noSharing"
      },
      {
        "_typeName": "VirtualDisk",
        "key": 2000,
        "deviceInfo": {
          "_typeName": "Description",
          "label": "Hard disk 1"
        },
        "backing": {
          "_typeName": "VirtualDeviceFileBackingInfo",
          "fileName": "[ds1] pay01/pay01.vmdk"
        },
        "controllerKey": 1000,
        "unitNumber": 0,
        "capacityInKB": 41943040,
        "capacityInBytes": 42949672960
      },
      {
        "_typeName": "VirtualVmxnet3",
        "key": 4000,
        "backing": {
          "_typeName": "VirtualEthernetCardNetworkBackingInfo",
          "deviceName": "VM Network"
        },
        "connectable": {
          "_typeName": "VirtualDeviceConnectInfo",
          "startConnected": true
        },
        "addressType": "assigned",
        "macAddress": "00:50:56:9a:00:01"
      }
    ]
  },
  "extraConfig": [
    {
      "_typeName": "OptionValue",
      "key": "tools.upgrade.policy",
      "value": {
        "_typeName": "string",
        "_value": "manual"
      }
    }
  ],
  "bootOptions": {
    "_typeName": "VirtualMachineBootOptions",
    "efiSecureBootEnabled": true,
    "bootOrder": [
      {
        "_typeName": "VirtualMachineBootOptionsBootableDiskDevice",
        "deviceKey": 2000
      },
      {
        "_typeName": "VirtualMachineBootOptionsBootableCdromDevice"
      }
    ]
  },
  "keyId": {
    "_typeName": "CryptoKeyId",
    "keyId": "a4e7494f",
    "providerId": {
      "_typeName": "KeyProviderId",
      "id": "KMS"
    }
  },
  "vtpmfs": {
    "vcenter": {
      "instanceUuid": "dbed6e0c-bd88-4ef6-b594-21283e1c677f",
      "name": "VMware vCenter Server"
    },
    "inventoryPath": "/DC0/vm/Finance/pay01",
    "name": "pay01",
    "vm": {
      "_typeName": "ManagedObjectReference",
      "type": "VirtualMachine",
      "value": "vm-42"
    },
    "instanceUuid": "500a1b2c-0000-1111-2222-333344445555",
    "changeVersion": "2024-06-25T10:11:12.345678Z",
    "noNvram": false,
    "storagePolicy": {
      "id": "4d5f673c-536f-11e6-beb8-9e71128cae77",
      "name": "VM Encryption Policy"
    },
    "keyProvider": {
      "managementType": "vCenter"
    }
  }
}
)";

/// A config.json of one member of hardware.device.
std::string with_device(const std::string& device) {
  return R"({"hardware":{"device":[)" + device + "]}}";
}

TEST(ConfigFile, RendersViJson) {
  EXPECT_EQ(render_config(pay01(), pay01_origin()), kGolden);
}

TEST(ConfigFile, ReadsItBack) {
  const auto saved = parse_config(kGolden);
  ASSERT_TRUE(saved) << saved.error().words;
  EXPECT_EQ(saved->config, pay01());
  EXPECT_EQ(saved->origin, pay01_origin());
  EXPECT_TRUE(saved->warnings.empty());
}

TEST(ConfigFile, AnyConfigurationComesBack) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    made::ConfigMaker maker(seed);
    const VmConfig config = maker.config();
    const SavedOrigin origin = maker.origin();
    const std::string text = render_config(config, origin);
    const auto saved = parse_config(text);
    ASSERT_TRUE(saved) << "seed " << seed << ": " << saved.error().words << "\n" << text;
    EXPECT_EQ(saved->config, config) << "seed " << seed << "\n" << text;
    EXPECT_EQ(saved->origin, origin) << "seed " << seed << "\n" << text;
    EXPECT_EQ(render_config(saved->config, *saved->origin), text) << "seed " << seed;
  }
}

TEST(ConfigFile, TheOrderOfTheServerDoesNotChangeTheBytes) {
  made::ConfigMaker maker(3);
  VmConfig config = maker.config();
  config.extra_config = {{"b", "2"}, {"a", "1"}};
  VmConfig turned = config;
  std::reverse(turned.devices.begin(), turned.devices.end());
  std::reverse(turned.disks.begin(), turned.disks.end());
  std::reverse(turned.extra_config.begin(), turned.extra_config.end());
  EXPECT_EQ(render_config(turned, {}), render_config(config, {}));
}

TEST(ConfigFile, AnEmptyConfigurationIsWrittenAndRead) {
  const auto saved = parse_config(render_config({}, {}));
  ASSERT_TRUE(saved) << saved.error().words;
  EXPECT_EQ(saved->config, VmConfig{});
  EXPECT_EQ(saved->origin, SavedOrigin{});
  EXPECT_FALSE(parse_config("{}").value().origin);
}

TEST(ConfigFile, DeniedExtraConfigLeavesNoVmAndEntersNone) {
  const char* denied[] = {
      "guestinfo.password", "GuestInfo.Userdata", "machine.id",       "RemoteDisplay.vnc.key",
      "vtpm.ekCSR",         "encryption.bundle",  "encryptedVM.guid", "dataFileKey",
      "migrate.hostLog",    "viv.moid",           "vtpmfs.mark",      "nvram"};
  VmConfig config;
  std::string entries;
  for (const char* key : denied) {
    config.extra_config.emplace_back(key, "secret");
    entries += std::string(entries.empty() ? "" : ",") + R"({"key":")" + key +
               R"(","value":{"_typeName":"string","_value":"secret"}})";
  }
  config.extra_config.emplace_back("kept", "value");
  const std::string text = render_config(config, {});
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_NE(text.find("kept"), std::string::npos);

  const auto saved =
      parse_config(R"({"extraConfig":[{"key":"kept","value":"plain"},)" + entries + "]}");
  ASSERT_TRUE(saved) << saved.error().words;
  EXPECT_THAT(saved->config.extra_config, ElementsAre(std::pair("kept", "plain")));
  EXPECT_EQ(saved->warnings.size(), std::size(denied));
}

TEST(ConfigFile, DevicesThatAreNotAllowedAreLeftOut) {
  VmConfig config;
  VmDevice passthrough;
  passthrough.type = "VirtualPCIPassthrough";
  config.devices = {passthrough};
  EXPECT_EQ(render_config(config, {}).find("Passthrough"), std::string::npos);

  const auto saved = parse_config(with_device(
      R"({"_typeName":"VirtualPCIPassthrough","key":13000},{"_typeName":"VirtualTPM","key":11000},)"
      R"({"key":1},{"_typeName":"VirtualCdrom","key":3000,"backing":{"fileName":"[ds] x.iso"}})"));
  ASSERT_TRUE(saved) << saved.error().words;
  ASSERT_EQ(saved->config.devices.size(), 1U);
  EXPECT_EQ(saved->config.devices[0].type, "VirtualCdrom");
  EXPECT_THAT(saved->warnings,
              ElementsAre(HasSubstr("hardware.device[0]: a device of type 'VirtualPCIPassthrough'"),
                          HasSubstr("VirtualTPM"), HasSubstr("hardware.device[2]")));
}

TEST(ConfigFile, WarningsAreBoundedAndCannotForgeLogLines) {
  std::string devices = R"({"_typeName":"evil\nline"})";
  for (int i = 0; i < 900; ++i) devices += R"(,{"_typeName":"X"})";
  const auto saved = parse_config(with_device(devices));
  ASSERT_TRUE(saved) << saved.error().words;
  EXPECT_EQ(saved->warnings.size(), 101U);
  EXPECT_EQ(saved->warnings[0].find('\n'), std::string::npos);
}

TEST(ConfigFile, IgnoresUnknownMembersAndNulls) {
  const auto saved = parse_config(
      R"({"_typeName":"VirtualMachineConfigInfo","future":{"deep":[1,{"x":null}]},"guestId":null,)"
      R"("hardware":{"numCPU":2,"motherboardLayout":"i440bxHostBridge"},"flags":null,)"
      R"("bootOptions":{"bootOrder":[{"_typeName":"VirtualMachineBootOptionsBootableFuture"}]},)"
      R"("vtpmfs":{"later":1}})");
  ASSERT_TRUE(saved) << saved.error().words;
  EXPECT_EQ(saved->config.num_cpus, 2);
  EXPECT_FALSE(saved->config.guest_id);
  EXPECT_TRUE(saved->origin);
  EXPECT_EQ(saved->warnings.size(), 1U);
}

TEST(ConfigFile, RefusesWrongTypesAndInsaneValues) {
  const std::string bad[] = {
      R"({"_typeName":"VirtualMachineConfigSpec"})",
      R"({"guestId":7})",
      R"({"guestId":"has blank"})",
      R"({"uuid":"a\u0000b"})",
      R"({"alternateGuestName":"two\u0000lines"})",
      R"({"annotation":"\u0000"})",
      R"({"hardware":[]})",
      R"({"hardware":{"numCPU":0}})",
      R"({"hardware":{"numCPU":-4}})",
      R"({"hardware":{"numCPU":"4"}})",
      R"({"hardware":{"numCPU":4.0}})",
      R"({"hardware":{"numCPU":5000}})",
      R"({"hardware":{"memoryMB":0}})",
      R"({"hardware":{"memoryMB":9223372036854775807}})",
      R"({"hardware":{"memoryMB":18446744073709551615}})",
      R"({"hardware":{"device":{}}})",
      R"({"hardware":{"device":[1]}})",
      R"({"bootOptions":{"bootDelay":-1}})",
      R"({"bootOptions":{"efiSecureBootEnabled":"true"}})",
      R"({"bootOptions":{"bootOrder":[{"_typeName":"VirtualMachineBootOptionsBootableDiskDevice"}]}})",
      R"({"flags":{"vbsEnabled":1}})",
      R"({"extraConfig":[{"key":"k"}]})",
      R"({"extraConfig":[{"key":"k","value":7}]})",
      R"({"extraConfig":[{"key":"k","value":{"_typeName":"int","_value":7}}]})",
      R"({"extraConfig":[{"key":"a\nb","value":"x"}]})",
      R"({"vtpmfs":[]})",
      R"({"vtpmfs":{"name":"bad\u0000name"}})",
      R"({"vtpmfs":{"noNvram":"yes"}})",
      R"({"template":1,"vtpmfs":{}})",
      with_device(R"({"_typeName":"VirtualVmxnet3"})"),
      with_device(R"({"_typeName":"VirtualVmxnet3","key":"4000"})"),
      with_device(R"({"_typeName":"VirtualVmxnet3","key":4000,"macAddress":"00 11"})"),
      with_device(
          R"({"_typeName":"VirtualVmxnet3","key":4000,"backing":{"deviceName":"a\u0000"}})"),
      with_device(R"({"_typeName":"VirtualAHCIController","key":15000,"busNumber":-1})"),
      with_device(R"({"_typeName":"VirtualMachineVideoCard","key":500,"numDisplays":100000})"),
      with_device(R"({"_typeName":"VirtualDisk","key":2000,"capacityInBytes":-1})"),
      with_device(R"({"_typeName":7,"key":1})"),
  };
  for (const auto& text : bad) expect_refused(parse_config(text), "config.json", text);
}

TEST(ConfigFile, ErrorsNameTheMember) {
  const auto saved = parse_config(
      with_device(R"({"_typeName":"VirtualAHCIController","key":15000,"busNumber":9999})"));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().words,
            "config.json: hardware.device[0].busNumber: expected a whole number from 0 to 1023");
}

TEST(ConfigFile, RefusesHostileInput) {
  for (const auto& input : hostile_inputs()) {
    // Valid JSON in which no member is ours is an empty configuration.
    if (input.rfind("{\"keyId\":\"", 0) == 0 && parse_config(input)) continue;
    expect_refused(parse_config(input), "config.json", input);
  }
  const std::string whole = kGolden;
  for (size_t size = 0; size + 2 < whole.size(); size += 5) {
    expect_refused(parse_config(whole.substr(0, size)), "config.json", "cut off");
  }
}

}  // namespace
}  // namespace vtpmfs::cache
