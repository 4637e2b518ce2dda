// What the EnvironmentBrowser tells of hosts, and that the rules keep to it.
#include <algorithm>

#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

constexpr const char* cluster = "DC1/host/Cluster2";

class EnvironmentTest : public MachineTest {
 protected:
  static std::string host(int number) {
    return std::string(cluster) + "/Cluster2-esx" + std::to_string(number) + ".example.test";
  }
  void on_both_hosts(const nlohmann::json& facts) {
    for (const int number : {1, 2}) {
      nlohmann::json request = facts;
      request["host"] = host(number);
      verb("set-host", request);
    }
  }
  Ref browser() { return reference_in(at(cluster), "environmentBrowser"); }
  Ref reference_in(const Ref& object, const std::string& path) {
    const auto answer = read(object, path);
    const auto* reference = dynamic_cast<const vim25__ManagedObjectReference*>(
        (*answer)->returnval.value().objects.at(0).propSet.at(0).val);
    return reference == nullptr ? Ref{} : ref_of(*reference);
  }
  auto versions() {
    _vim25__QueryConfigOptionDescriptor request;
    request._USCOREthis = wire(browser());
    return client.call<_vim25__QueryConfigOptionDescriptorResponse>(request);
  }
  std::vector<Ref> hosts_with(const std::string& version) {
    std::vector<Ref> hosts;
    const auto answer = versions();
    for (const auto& told : (*answer)->returnval)
      if (told.key == version)
        for (const auto& on : told.host) hosts.push_back(ref_of(on));
    return hosts;
  }
  auto options(const std::string& version, const std::string& guest, const std::string& on = "") {
    _vim25__QueryConfigOptionEx request;
    request._USCOREthis = wire(browser());
    auto& spec = request.spec.emplace();
    if (!version.empty()) spec.key = version;
    if (!on.empty()) spec.host = wire(at(on));
    spec.guestId = {guest};
    return client.call<_vim25__QueryConfigOptionExResponse>(request);
  }
  static bool has(const vim25__VirtualMachineConfigOption& option, const std::string& device) {
    const auto& all = option.hardwareOptions.virtualDeviceOption;
    return std::any_of(all.begin(), all.end(),
                       [&](const auto* one) { return one->type == device; });
  }
  TaskEnd create_in_cluster(const SpecBuilder& builder) {
    return create(builder, "DC1/vm", std::string(cluster) + "/Resources", host(1));
  }
};

TEST_F(EnvironmentTest, VersionsWithTheirHosts) {
  EXPECT_EQ(hosts_with("vmx-21").size(), 2U);
  EXPECT_TRUE(hosts_with("vmx-22").empty());
  verb("set-host", {{"host", host(1)}, {"newest_hardware", 15}});
  EXPECT_EQ(hosts_with("vmx-15").size(), 2U);
  EXPECT_EQ(hosts_with("vmx-19"), std::vector<Ref>{at(host(2))});
}

TEST_F(EnvironmentTest, OneGuestWhereItIsKnownElseAll) {
  const auto one = options("vmx-19", "ubuntu64Guest");
  ASSERT_TRUE(one) << one.error().words;
  const auto& told = (*one)->returnval.value();
  EXPECT_EQ(told.version, "vmx-19");
  ASSERT_EQ(told.guestOSDescriptor.size(), 1U);
  EXPECT_EQ(told.guestOSDescriptor[0].id, "ubuntu64Guest");
  EXPECT_TRUE(has(told, "VirtualNVMEController"));
  EXPECT_EQ(told.hardwareOptions.numTPMDevices->max, 1);
  const auto all = options("vmx-19", "amigaGuest");
  EXPECT_GT((*all)->returnval.value().guestOSDescriptor.size(), 10U);
}

TEST_F(EnvironmentTest, OlderHardwareHasLess) {
  const auto old = options("vmx-11", "ubuntu64Guest");
  const auto& told = (*old)->returnval.value();
  EXPECT_FALSE(has(told, "VirtualNVMEController"));
  EXPECT_EQ(told.hardwareOptions.numTPMDevices->max, 0);
  EXPECT_FALSE((*options("vmx-99", "ubuntu64Guest"))->returnval);
  EXPECT_EQ((*options("", "ubuntu64Guest"))->returnval->version, "vmx-21");
}

TEST_F(EnvironmentTest, WhatIsNotToldIsRefused) {
  on_both_hosts({{"newest_hardware", 17}});
  SpecBuilder newer;
  newer.ordinary("newer");
  EXPECT_EQ(create_in_cluster(newer).fault, "VirtualHardwareVersionNotSupported");
  on_both_hosts({{"newest_hardware", 21}, {"lacks", {"windows2019srvNext_64Guest"}}});
  SpecBuilder guest;
  guest.ordinary("guest");
  EXPECT_EQ(create_in_cluster(guest).fault, "UnsupportedGuest");
  on_both_hosts({{"lacks", {"ParaVirtualSCSIController"}}});
  SpecBuilder device;
  device.ordinary("device").disk();
  EXPECT_EQ(create_in_cluster(device).fault, "DeviceNotSupported");
  const auto told = options("vmx-19", "ubuntu64Guest");
  EXPECT_FALSE(has((*told)->returnval.value(), "ParaVirtualSCSIController"));
  on_both_hosts({{"lacks", nlohmann::json::array()}});
  EXPECT_EQ(create_in_cluster(device).state, "success");
}

TEST_F(EnvironmentTest, ADeviceThatIsNewerThanTheHardware) {
  SpecBuilder old;
  old.ordinary("old");
  old.spec.version = "vmx-12";
  auto* nvme = old.arena.make<vim25__VirtualNVMEController>();
  nvme->key = -300;
  old.device(nvme);
  EXPECT_EQ(create(old).fault, "DeviceUnsupportedForVmVersion");
}

TEST_F(EnvironmentTest, DrsTakesAHostThatSuits) {
  const std::string first = "DC1/host/Cluster1/Cluster1-esx1.example.test";
  verb("set-host", {{"host", first}, {"newest_hardware", 15}});
  SpecBuilder order;
  order.ordinary("placed");
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success") << end.fault;
  EXPECT_NE(reference_in(end.result, "runtime.host"), at(first));
  EXPECT_EQ(create(order, "DC1/vm/Finance", "DC1/host/Cluster1/Resources", first).fault,
            "VirtualHardwareVersionNotSupported");
}

TEST_F(EnvironmentTest, AHostOfAnotherClusterIsNoneOfThis) {
  const auto answer =
      options("vmx-19", "ubuntu64Guest", "DC1/host/Cluster1/Cluster1-esx1.example.test");
  ASSERT_FALSE(answer);
}

}  // namespace
}  // namespace vtpmfs::simulator
