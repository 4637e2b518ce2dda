// A VM that boots from its network card: the order is set when the card has its key.
#include "fs/restore/job/boot_order.h"

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using vsphere::BootDevice;

class BootOrderTest : public RestoreFixture {
 protected:
  BootOrderTest() {
    vsphere::VmDevice second = config_.devices.front();
    second.key = 4001;
    second.type = "VirtualE1000e";
    config_.devices.push_back(second);
    config_.boot_order = {card(4001), {BootDevice::Kind::cdrom, 0}};
    // A server gives its own keys.
    target_.at_creation = [](made::FakeTarget::Machine& machine) {
      for (auto& device : machine.found.detail.config.devices) device.key += 7;
      machine.found.detail.config.boot_order.clear();
    };
  }
  static BootDevice card(int key) { return {BootDevice::Kind::ethernet, key}; }
  std::vector<BootDevice> made_order() {
    return target_.machines.begin()->second.found.detail.config.boot_order;
  }
};

TEST_F(BootOrderTest, IsSetByTheKeysOfTheNewVm) {
  const Status restored = restore();
  ASSERT_TRUE(restored) << restored.error().words;
  EXPECT_THAT(made_order(), ElementsAre(card(4008), BootDevice{BootDevice::Kind::cdrom, 0}));
  const auto& log = target_.log;
  EXPECT_LT(std::find(log.begin(), log.end(), "set_boot_options"),
            std::find(log.begin(), log.end(), "upload"));
}

TEST_F(BootOrderTest, OfOthersIsSetByTheCreation) {
  config_.boot_order = {{BootDevice::Kind::cdrom, 0}};
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("set_boot_options"), 0);
}

TEST_F(BootOrderTest, OneThatCannotBeSetIsAWarning) {
  target_.faults["set_boot_options"].push_back(Error{Errno{EINVAL}, "not like that"});
  const Status restored = restore();
  ASSERT_TRUE(restored) << restored.error().words;
  EXPECT_THAT(status_.warnings, testing::Contains(HasSubstr("boot order")));
}

TEST_F(BootOrderTest, OneThatMayStillBeSetEndsTheRestore) {
  target_.lost_without_effect["set_boot_options"] = 1;
  EXPECT_EQ(refusal(), ETIMEDOUT);
}

TEST_F(BootOrderTest, HalfAnOrderIsNone) {
  for (const auto& other : {card(4099), BootDevice{BootDevice::Kind::disk, 2000}}) {
    config_.boot_order = {card(4000), other};
    const auto order = boot_order_of_made(config_, {4000, 4001}, config_);
    ASSERT_TRUE(order);
    EXPECT_FALSE(*order);
  }
  config_.boot_order = {card(4000)};
  vsphere::VmConfig without = config_;
  without.devices.erase(without.devices.begin());
  EXPECT_FALSE(*boot_order_of_made(config_, {4001}, without));
}

TEST_F(BootOrderTest, CardsThatAreOthersAreNotGuessedAt) {
  vsphere::VmConfig fewer = config_;
  fewer.devices.pop_back();
  EXPECT_FALSE(boot_order_of_made(config_, {4000, 4001}, fewer));
  vsphere::VmConfig swapped = config_;
  std::swap(swapped.devices[0].key, swapped.devices[1].key);
  EXPECT_FALSE(boot_order_of_made(config_, {4000, 4001}, swapped));
}

}  // namespace
}  // namespace vtpmfs::fs
