// Which networks the cards of a restored VM get.
#include "fs/restore/job/vm_place.h"

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;
using vsphere::MoRef;
using vsphere::PlacementOptions;

class Networks : public testing::Test {
 protected:
  Networks() {
    offered_.networks = {network({"Network", "network-1"}, "Office"),
                         network({"DistributedVirtualPortgroup", "dvportgroup-1"}, "Wages"),
                         network({"OpaqueNetwork", "network-o1"}, "Overlay")};
    offered_.networks[1].portgroup_key = "pg-1";
    offered_.networks[1].switch_uuid = "switch-1";
    offered_.networks[2].opaque_id = "opaque-1";
    offered_.networks[2].opaque_type = "nsx";
    place_.pool.hosts = {kFirst, kSecond};
    nic_.type = "VirtualVmxnet3";
    nic_.key = 4000;
    nic_.mac_address = "00:50:56:00:00:01";
  }
  static vsphere::NetworkChoice network(MoRef id, const std::string& name,
                                        const std::string& folder = "") {
    vsphere::NetworkChoice out;
    out.network = std::move(id);
    out.name = name;
    out.path = "/DC0/network" + folder + "/" + name;
    return out;
  }
  std::string chosen(const std::map<std::string, std::string>& mapping = {}) {
    vsphere::VmConfig config;
    config.devices = {nic_};
    warnings_.clear();
    const auto networks = choose_networks(offered_, place_, config, mapping, warnings_);
    const bool there = !networks.empty() && !networks.at(4000).stand_in;
    EXPECT_EQ(there, warnings_.empty());
    stand_in_ = networks.empty() || there ? "" : networks.at(4000).name;
    return there ? networks.at(4000).name : "";
  }
  inline static const MoRef kFirst{"HostSystem", "host-1"}, kSecond{"HostSystem", "host-2"};
  VmPlace place_;
  std::string stand_in_;
  PlacementOptions offered_;
  vsphere::VmDevice nic_;
  std::vector<std::string> warnings_;
};

TEST_F(Networks, ByNameByPortGroupAndByOpaqueId) {
  nic_.network_name = "Office";
  EXPECT_EQ(chosen(), "Office");
  nic_.network_name.reset();
  nic_.portgroup_key = "pg-1";
  nic_.switch_uuid = "switch-1";
  EXPECT_EQ(chosen(), "Wages");
  nic_.switch_uuid = "switch-2";
  EXPECT_EQ(chosen(), "") << "the same key on another switch is another network";
  nic_.portgroup_key.reset();
  nic_.opaque_network_id = "opaque-1";
  EXPECT_EQ(chosen(), "Overlay");
}

TEST_F(Networks, AMappingDecidesAndIsNeverReplacedByAGuess) {
  nic_.network_name = "Office";
  EXPECT_EQ(chosen({{"Office", "Wages"}}), "Wages");
  EXPECT_EQ(chosen({{"Office", "Nowhere"}}), "");
  EXPECT_EQ(chosen({{"Other", "Wages"}}), "Office");
}

TEST_F(Networks, ACardWhoseNetworkIsNotHereStaysDisconnectedOnAnotherAndThatIsSaid) {
  nic_.network_name = "Gone";
  EXPECT_EQ(chosen(), "");
  EXPECT_EQ(stand_in_, "Office");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("'Gone'"));
  EXPECT_THAT(warnings_[0], HasSubstr("00:50:56:00:00:01"));
  EXPECT_THAT(warnings_[0], HasSubstr("'Office', disconnected"));
}

TEST_F(Networks, WithoutAnyNetworkACardIsLeftOutAndThatIsSaid) {
  nic_.network_name = "Gone";
  offered_.networks.clear();
  EXPECT_EQ(chosen(), "");
  EXPECT_EQ(stand_in_, "");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("left out"));
  EXPECT_THAT(warnings_[0], HasSubstr("00:50:56:00:00:01"));
}

TEST_F(Networks, ANetworkThatTheHostDoesNotHaveIsNotHere) {
  nic_.network_name = "Office";
  offered_.networks[0].hosts = {kSecond};
  EXPECT_EQ(chosen(), "Office") << "a cluster chooses the host that has it";
  place_.host = kFirst;
  EXPECT_EQ(chosen(), "");
  EXPECT_EQ(stand_in_, "Wages");
  place_.host.reset();
  offered_.networks[0].hosts.emplace();
  EXPECT_EQ(chosen(), "") << "no host has it";
}

TEST_F(Networks, TheStandInIsOneThatAllHostsHave) {
  nic_.network_name = "Gone";
  offered_.networks[0].hosts = {kSecond};
  EXPECT_EQ(chosen(), "");
  EXPECT_EQ(stand_in_, "Wages");
}

TEST_F(Networks, AMappingToANetworkThatIsNotHereIsRefusedByName) {
  EXPECT_TRUE(check_networks(offered_, place_, {{"Office", "Wages"}, {"Other", "Overlay"}}));
  const Status refused = check_networks(offered_, place_, {{"Office", "Nowhere"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errno{ENOENT});
  EXPECT_THAT(refused.error().words, HasSubstr("'Nowhere'"));
}

TEST_F(Networks, OneOfTwoThatAreCalledSoIsNotGuessedAndTheCandidatesAreNamed) {
  offered_.networks.push_back(network({"Network", "network-2"}, "Office", "/Racks"));
  nic_.network_name = "Office";
  EXPECT_EQ(chosen(), "");
  EXPECT_NE(stand_in_, "");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("'Office'"));
  EXPECT_THAT(warnings_[0], HasSubstr("not clear"));
  EXPECT_THAT(warnings_[0], HasSubstr("/DC0/network/Office, /DC0/network/Racks/Office"));
  EXPECT_THAT(warnings_[0], HasSubstr("disconnected"));
  EXPECT_THAT(warnings_[0], HasSubstr("00:50:56:00:00:01"));
}

TEST_F(Networks, AMappingToAPathTakesThatOne) {
  offered_.networks.push_back(network({"Network", "network-2"}, "Office", "/Racks"));
  nic_.network_name = "Office";
  vsphere::VmConfig config;
  config.devices = {nic_};
  for (const auto& [path, id] :
       std::map<std::string, std::string>{{"/DC0/network/Racks/Office", "network-2"},
                                          {"Racks/Office", "network-2"},
                                          {"/DC0/network/Office", "network-1"}}) {
    EXPECT_TRUE(check_networks(offered_, place_, {{"Office", path}})) << path;
    const auto networks = choose_networks(offered_, place_, config, {{"Office", path}}, warnings_);
    EXPECT_EQ(networks.at(4000).network.value, id) << path;
    EXPECT_FALSE(networks.at(4000).stand_in) << path;
  }
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Networks, AMappingToANameThatTwoHaveIsRefusedWithTheirPaths) {
  offered_.networks.push_back(network({"Network", "network-2"}, "Wages", "/Racks"));
  const Status refused = check_networks(offered_, place_, {{"Other", "Wages"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errno{EINVAL});
  EXPECT_THAT(refused.error().words, HasSubstr("/DC0/network/Racks/Wages, /DC0/network/Wages"));
  EXPECT_THAT(refused.error().remedy, HasSubstr("path"));
}

TEST_F(Networks, WhereTheHostHasOneOfThemItIsClear) {
  offered_.networks.push_back(network({"Network", "network-2"}, "Office", "/Racks"));
  offered_.networks[0].hosts = {kSecond};
  offered_.networks[3].hosts = {kFirst};
  place_.host = kFirst;
  nic_.network_name = "Office";
  EXPECT_EQ(chosen(), "Office");
  EXPECT_TRUE(check_networks(offered_, place_, {{"Gone", "Office"}}));
}

TEST_F(Networks, APortGroupsKeySettlesANameThatTwoHave) {
  offered_.networks.push_back(
      network({"DistributedVirtualPortgroup", "dvportgroup-2"}, "Wages", "/Racks"));
  offered_.networks.back().portgroup_key = "pg-2";
  offered_.networks.back().switch_uuid = "switch-1";
  offered_.networks.push_back(network({"Network", "network-2"}, "Wages", "/Standard"));
  nic_.portgroup_key = "pg-2";
  nic_.switch_uuid = "switch-1";
  nic_.network_name = "Wages";
  vsphere::VmConfig config;
  config.devices = {nic_};
  const auto networks = choose_networks(offered_, place_, config, {}, warnings_);
  EXPECT_EQ(networks.at(4000).network.value, "dvportgroup-2");
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Networks, APortGroupWhoseSwitchCannotBeReadIsNoneAndThatIsSaid) {
  offered_.networks[1].switch_uuid.reset();
  nic_.network_name = "Office";
  EXPECT_EQ(chosen({{"Office", "Wages"}}), "");
  nic_.network_name.reset();
  nic_.portgroup_key = "pg-1";
  EXPECT_EQ(chosen(), "");
}

}  // namespace
}  // namespace vtpmfs::fs
