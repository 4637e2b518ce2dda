// Whether the chosen place can have the VM's hardware: what is asked, and what each answer means.
#include "fs/restore/job/hardware_fit.h"

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using Answer = vsphere::HardwareCheck::Answer;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class HardwareFitTest : public RestoreFixture {
 protected:
  HardwareFitTest() {
    config_.guest_id = "windows2019srvNext_64Guest";
    config_.version = "vmx-19";
    add("VirtualNVMEController", 31000);
    add("VirtualIDEController", 200);
    add("VirtualMachineVideoCard", 500);
    add("VirtualCdrom", 3000);
  }
  void add(const std::string& type, int key) {
    vsphere::VmDevice device;
    device.type = type;
    device.key = key;
    config_.devices.push_back(device);
  }
  void expect_nothing_made() const {
    EXPECT_EQ(target_.count("create_vm"), 0);
    EXPECT_EQ(target_.count("missing_privileges"), 0) << "nothing is asked in vain";
  }
};

TEST_F(HardwareFitTest, WhatTheVmWillHaveIsAskedOfItsComputeResource) {
  ASSERT_TRUE(restore());
  ASSERT_EQ(target_.asked_hardware.size(), 1U);
  const vsphere::HardwareQuestion& asked = target_.asked_hardware[0];
  EXPECT_EQ(asked.environment.value, "envbrowser-1");
  EXPECT_FALSE(asked.host) << "DRS chooses";
  EXPECT_EQ(asked.hosts.size(), 1U);
  EXPECT_EQ(asked.version, "vmx-19");
  EXPECT_EQ(asked.guest_id, "windows2019srvNext_64Guest");
  EXPECT_EQ(asked.devices, (std::set<std::string>{"VirtualTPM", "VirtualNVMEController",
                                                  "VirtualCdrom", "VirtualVmxnet3"}));
  EXPECT_THAT(status_.warnings, Not(Contains(HasSubstr("could not be asked"))));
}

TEST_F(HardwareFitTest, ACardThatIsLeftOutIsNotAskedFor) {
  target_.offered.networks.clear();
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.asked_hardware.at(0).devices.count("VirtualVmxnet3"), 0U);
}

TEST_F(HardwareFitTest, TheHostThatIsNamedIsTheOneThatIsAskedAbout) {
  target_.offered.pools[0].drs = false;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.asked_hardware.at(0).host, (vsphere::MoRef{"HostSystem", "host-1"}));
}

TEST_F(HardwareFitTest, AVersionThatIsNotThereIsRefused) {
  target_.hardware.version = Answer::no;
  target_.hardware.newest_version = "vmx-17";
  EXPECT_EQ(refusal(), EINVAL);
  EXPECT_THAT(status_.reason, HasSubstr("hardware version 'vmx-19' is not supported"));
  EXPECT_THAT(status_.reason, HasSubstr("/DC0/host/C0/Resources"));
  EXPECT_THAT(status_.reason, HasSubstr("newest there is 'vmx-17'"));
  EXPECT_THAT(status_.what_to_do, HasSubstr("--restore-pool"));
  expect_nothing_made();
}

TEST_F(HardwareFitTest, AGuestThatIsNotKnownIsRefused) {
  target_.hardware.guest = Answer::no;
  EXPECT_EQ(refusal(), EINVAL);
  EXPECT_THAT(status_.reason,
              HasSubstr("guest operating system 'windows2019srvNext_64Guest' with hardware version "
                        "'vmx-19' is not supported"));
  EXPECT_THAT(status_.what_to_do, HasSubstr("knows this guest"));
  expect_nothing_made();
}

TEST_F(HardwareFitTest, DevicesThatAreNotToBeHadAreNamed) {
  target_.hardware.devices = Answer::no;
  target_.hardware.unsupported = {"VirtualNVMEController", "VirtualTPM"};
  EXPECT_EQ(refusal(), EINVAL);
  EXPECT_THAT(status_.reason, HasSubstr("can have VirtualNVMEController, VirtualTPM"));
  EXPECT_THAT(status_.what_to_do, HasSubstr("has this device"));
  expect_nothing_made();
}

TEST_F(HardwareFitTest, WhoDoesNotSayIsNoObstacleAndThatIsSaid) {
  for (auto answer : {&vsphere::HardwareCheck::version, &vsphere::HardwareCheck::guest,
                      &vsphere::HardwareCheck::devices}) {
    target_.hardware = {Answer::yes, Answer::yes, Answer::yes, {}, "", "no such method"};
    target_.hardware.*answer = Answer::unknown;
    RestoreRequest asked = request();
    asked.check_only = true;
    ASSERT_TRUE(restore(asked));
    EXPECT_THAT(status_.warnings, Contains(HasSubstr("could not be asked: no such method")));
  }
}

TEST_F(HardwareFitTest, WhoeverGivesUpMeanwhileIsToldSo) {
  target_.at_call = [&](int, const std::string& call) {
    if (call == "check_hardware") interrupted_.cancel();
  };
  const Status done = restore();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errno{EINTR});
}

}  // namespace
}  // namespace vtpmfs::fs
