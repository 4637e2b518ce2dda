// What hardware a compute resource can give to new VMs.
#include "vsphere/restore/hardware_offers.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "tests/unit/vsphere/fake_soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using Answer = HardwareCheck::Answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const MoRef kBrowser{"EnvironmentBrowser", "envbrowser-7"};
const MoRef kOld{"HostSystem", "host-1"};
const MoRef kNew{"HostSystem", "host-2"};

std::string version(const std::string& key, const std::vector<MoRef>& hosts = {},
                    bool create = true) {
  std::string on;
  for (const MoRef& host : hosts) on += "<host type=\"HostSystem\">" + host.value + "</host>";
  return "<returnval><key>" + key + "</key><description>d</description>" + on +
         "<createSupported>" + (create ? "true" : "false") +
         "</createSupported><defaultConfigOption>false</defaultConfigOption>"
         "<runSupported>true</runSupported><upgradeSupported>true</upgradeSupported></returnval>";
}

std::string guest(const std::string& id) {
  return "<guestOSDescriptor><id>" + id + "</id><family>linuxGuest</family></guestOSDescriptor>";
}

std::string device(const std::string& type) {
  return "<virtualDeviceOption xsi:type=\"" + type + "Option\"><type>" + type +
         "</type><deprecated>false</deprecated><novelty>9</novelty></virtualDeviceOption>";
}

/// With types and fields that nobody here knows.
std::string options(const std::string& version, const std::string& guests,
                    const std::string& devices, const std::string& more = "") {
  return response("QueryConfigOptionEx",
                  "<returnval><version>" + version + "</version><description>d</description>" +
                      guests + "<guestOSDefaultIndex>0</guestOSDefaultIndex><hardwareOptions>" +
                      "<hwVersion>19</hwVersion>" + devices + more +
                      "</hardwareOptions><capabilities><newerSupported>true</newerSupported>"
                      "</capabilities><defaultDevice xsi:type=\"VirtualHologram\"><key>1</key>"
                      "</defaultDevice></returnval>");
}

const std::string kDevices = device("VirtualPCIController") + device("VirtualVmxnet3") +
                             device("VirtualHologram") + device("ParaVirtualSCSIController");

class HardwareOffersTest : public testing::Test {
 protected:
  HardwareOffersTest() {
    question_.environment = kBrowser;
    question_.hosts = {kOld, kNew};
    question_.version = "vmx-19";
    question_.guest_id = "ubuntu64Guest";
    question_.devices = {"VirtualVmxnet3", "VirtualTPM"};
    offer(version("vmx-14") + version("vmx-19"));
    caller_.on("QueryConfigOptionEx", {options("vmx-19", guest("ubuntu64Guest"), kDevices)});
  }
  void offer(const std::string& versions) {
    caller_.on("QueryConfigOptionDescriptor", {response("QueryConfigOptionDescriptor", versions)});
  }
  HardwareCheck check() { return offers_.check(question_, {}); }

  FakeSoapCaller caller_;
  HardwareOffers offers_{caller_};
  HardwareQuestion question_;
};

TEST_F(HardwareOffersTest, AllIsThereAndOneVersionAndOneGuestAreAskedFor) {
  question_.host = kNew;
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.version, Answer::yes);
  EXPECT_EQ(answer.guest, Answer::yes);
  EXPECT_EQ(answer.devices, Answer::yes);
  EXPECT_EQ(answer.words, "");
  const std::string& request = caller_.requests("QueryConfigOptionEx").at(0);
  EXPECT_THAT(request, HasSubstr("envbrowser-7"));
  // In the schema's order.
  EXPECT_LT(request.find("key>vmx-19<"), request.find("host-2"));
  EXPECT_LT(request.find("host-2"), request.find("guestId>ubuntu64Guest<"));
}

TEST_F(HardwareOffersTest, AVersionThatTheListHasNot) {
  offer(version("vmx-13") + version("vmx-17") + version("vmx-15"));
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.version, Answer::no);
  EXPECT_EQ(answer.newest_version, "vmx-17");
  EXPECT_EQ(caller_.count("QueryConfigOptionEx"), 0U) << "of what is not there nothing is asked";
}

TEST_F(HardwareOffersTest, AVersionOfOtherHostsOrThatCannotBeMade) {
  offer(version("vmx-17", {kOld, kNew}) + version("vmx-19", {kNew}));
  EXPECT_EQ(check().version, Answer::yes) << "one of the hosts has it";
  question_.host = kOld;
  EXPECT_EQ(check().version, Answer::no);
  EXPECT_EQ(check().newest_version, "vmx-17");
  question_.host = kNew;
  EXPECT_EQ(check().version, Answer::yes);
  question_.hosts = {kOld};
  question_.host.reset();
  EXPECT_EQ(check().version, Answer::no);
}

TEST_F(HardwareOffersTest, AVersionThatCannotBeMadeAnyMore) {
  offer(version("vmx-14") + version("vmx-19", {}, false));
  EXPECT_EQ(check().version, Answer::no);
}

TEST_F(HardwareOffersTest, WithoutAVersionTheServerTakesItsOwn) {
  question_.version.reset();
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.version, Answer::yes);
  EXPECT_EQ(answer.guest, Answer::yes);
  EXPECT_THAT(caller_.requests("QueryConfigOptionEx").at(0), Not(HasSubstr("key>")));
}

TEST_F(HardwareOffersTest, AGuestThatTheListHasNot) {
  caller_.on("QueryConfigOptionEx",
             {options("vmx-19", guest("rhel9_64Guest") + guest("otherGuest"), kDevices)});
  EXPECT_EQ(check().guest, Answer::no);
  EXPECT_EQ(check().devices, Answer::yes);
}

TEST_F(HardwareOffersTest, DevicesThatTheListHasNot) {
  question_.devices = {"VirtualVmxnet3", "VirtualNVMEController", "VirtualE1000"};
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.devices, Answer::no);
  EXPECT_THAT(answer.unsupported, ElementsAre("VirtualE1000", "VirtualNVMEController"));
  EXPECT_EQ(answer.guest, Answer::yes);
}

TEST_F(HardwareOffersTest, AVtpmIsRefusedOnlyWhereNoneIsCounted) {
  const auto with_tpms = [&](const std::string& most) {
    caller_.on("QueryConfigOptionEx",
               {options("vmx-19", guest("ubuntu64Guest"), kDevices,
                        "<numTPMDevices><min>0</min><max>" + most +
                            "</max><defaultValue>0</defaultValue></numTPMDevices>")});
    HardwareOffers offers(caller_);
    return offers.check(question_, {});
  };
  EXPECT_EQ(with_tpms("1").devices, Answer::yes);
  EXPECT_THAT(with_tpms("0").unsupported, ElementsAre("VirtualTPM"));
}

TEST_F(HardwareOffersTest, AServerWithoutTheMethodsSaysNothing) {
  FakeSoapCaller older;
  HardwareOffers offers(older);
  const HardwareCheck answer = offers.check(question_, {});
  EXPECT_EQ(answer.version, Answer::unknown);
  EXPECT_EQ(answer.guest, Answer::unknown);
  EXPECT_EQ(answer.devices, Answer::unknown);
  EXPECT_THAT(answer.words, HasSubstr("QueryConfigOptionEx"));
}

TEST_F(HardwareOffersTest, WithoutAnEnvironmentNothingIsAsked) {
  question_.environment = {};
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.version, Answer::unknown);
  EXPECT_NE(answer.words, "");
  EXPECT_EQ(caller_.count("QueryConfigOptionDescriptor"), 0U);
}

TEST_F(HardwareOffersTest, WhoRefusesOneQuestionMayAnswerTheOther) {
  caller_.on("QueryConfigOptionDescriptor", {soap_fault("NoPermission")});
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.version, Answer::unknown);
  EXPECT_EQ(answer.guest, Answer::yes);
  EXPECT_NE(answer.words, "");
}

/// As vcsim: one old version, and an answer about another one than was asked for.
TEST_F(HardwareOffersTest, AListThatCannotBeWholeIsNotBelieved) {
  offer(version("vmx-13"));
  caller_.on("QueryConfigOptionEx", {options("vmx-13", guest("otherGuest"), "")});
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.version, Answer::unknown);
  EXPECT_EQ(answer.guest, Answer::unknown);
  EXPECT_EQ(answer.devices, Answer::unknown);
  EXPECT_THAT(answer.words, HasSubstr("vmx-13"));
}

TEST_F(HardwareOffersTest, EmptyAnswersSayNothing) {
  caller_.on("QueryConfigOptionEx", {response("QueryConfigOptionEx", "")});
  EXPECT_EQ(check().guest, Answer::unknown);
  caller_.on("QueryConfigOptionEx", {options("vmx-19", "", "")});
  const HardwareCheck answer = check();
  EXPECT_EQ(answer.guest, Answer::unknown);
  EXPECT_EQ(answer.devices, Answer::unknown);
}

TEST_F(HardwareOffersTest, WhatIsThereIsAskedForOnce) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(check().devices, Answer::yes);
  EXPECT_EQ(caller_.count("QueryConfigOptionDescriptor"), 1U);
  EXPECT_EQ(caller_.count("QueryConfigOptionEx"), 1U);
  question_.version = "vmx-14";
  caller_.on("QueryConfigOptionEx", {options("vmx-14", guest("ubuntu64Guest"), kDevices)});
  EXPECT_EQ(check().guest, Answer::yes);
  EXPECT_EQ(caller_.count("QueryConfigOptionDescriptor"), 1U);
  EXPECT_EQ(caller_.count("QueryConfigOptionEx"), 2U);
}

TEST_F(HardwareOffersTest, WhatIsRefusedIsAskedForAnew) {
  offer(version("vmx-14"));
  EXPECT_EQ(check().version, Answer::no);
  offer(version("vmx-14") + version("vmx-19"));  // somebody upgraded the host
  EXPECT_EQ(check().version, Answer::yes);
  question_.guest_id = "windows11_64Guest";
  EXPECT_EQ(check().guest, Answer::no);
  caller_.on("QueryConfigOptionEx", {options("vmx-19", guest("windows11_64Guest"), kDevices)});
  EXPECT_EQ(check().guest, Answer::yes);
}

}  // namespace
}  // namespace vtpmfs::vsphere
