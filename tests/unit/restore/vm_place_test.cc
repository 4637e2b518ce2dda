// Where a restored VM goes.
#include "fs/restore/job/vm_place.h"

#include <algorithm>

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;
using vsphere::DatastoreChoice;
using vsphere::MoRef;
using vsphere::PlacementOptions;

constexpr uint64_t kNeeded = 64ULL << 20;

MoRef host(int number) {
  return {"HostSystem", "host-" + std::to_string(number)};
}

DatastoreChoice datastore(const std::string& name, uint64_t free, std::vector<MoRef> hosts,
                          const std::string& folder = "") {
  DatastoreChoice out;
  out.place = {{"Datastore", name}, name, kDatacenter, "/DC0", {}};
  out.path = "/DC0/datastore" + folder + "/" + name;
  out.free_bytes = free;
  out.accessible = true;
  out.hosts = std::move(hosts);
  return out;
}

/// A member of the datastore cluster Pod, which lies in a folder.
DatastoreChoice member(const std::string& name, uint64_t free, std::vector<MoRef> hosts,
                       const std::string& folder = "/Tier") {
  DatastoreChoice out = datastore(name, free, std::move(hosts), folder + "/Pod");
  out.pod = "/DC0/datastore" + folder + "/Pod";
  return out;
}

/// Cluster C0 (DRS, hosts 1 and 2), cluster C1 (no DRS, hosts 3 and 4), host esx5 alone.
class VmPlaceTest : public testing::Test {
 protected:
  VmPlaceTest() {
    for (int i = 1; i <= 5; ++i) {
      const std::string name = "esx" + std::to_string(i);
      const std::string owner = i <= 2 ? "C0" : i <= 4 ? "C1" : name;
      offered_.hosts.push_back(
          {host(i), name, "/DC0/host/" + owner + "/" + name, true, "safe", {}});
    }
    const auto pool = [](const std::string& owner, bool drs, std::vector<MoRef> hosts) {
      return vsphere::PoolChoice{
          {"ResourcePool", "pool-" + owner},
          "/DC0/host/" + owner + "/Resources",
          {owner == "esx5" ? "ComputeResource" : "ClusterComputeResource", owner},
          drs,
          std::move(hosts),
          {}};
    };
    offered_.pools = {pool("C0", true, {host(1), host(2)}), pool("C1", false, {host(3), host(4)}),
                      pool("esx5", false, {host(5)})};
    offered_.datastores = {datastore("small", 1ULL << 30, {host(1), host(2), host(3), host(4)}),
                           datastore("large", 1ULL << 40, {host(1), host(2), host(4)}),
                           datastore("local", 1ULL << 35, {host(5)})};
  }
  void add_pool(const std::string& owner, const std::string& below, std::vector<MoRef> hosts) {
    offered_.pools.push_back({{"ResourcePool", "pool-" + owner + below},
                              "/DC0/host/" + owner + "/Resources" + below,
                              {"ClusterComputeResource", owner},
                              owner == "C0",
                              std::move(hosts),
                              {}});
  }
  Result<VmPlace> choose(const std::optional<std::string>& saved = std::nullopt) {
    return choose_place(offered_, wanted_, saved, kNeeded);
  }
  /// The datastore of the chosen place.
  std::string chosen(const std::optional<std::string>& saved = std::nullopt) {
    const auto place = choose(saved);
    return place ? place->datastore.place.name : place.error().words;
  }
  int refusal(const std::optional<std::string>& saved = std::nullopt) {
    const auto place = choose(saved);
    return place ? 0 : place.error().code.value();
  }
  PlacementOptions offered_;
  Placement wanted_;
};

TEST_F(VmPlaceTest, TheLargestDatastoreAndAPoolThatFits) {
  const auto place = choose();
  ASSERT_TRUE(place) << place.error().words;
  EXPECT_EQ(place->datastore.place.name, "large");
  EXPECT_EQ(place->pool.pool.value, "pool-C0");
  EXPECT_FALSE(place->host) << "DRS chooses";
}

TEST_F(VmPlaceTest, TheSavedDatastoreWhereItIsUsable) {
  EXPECT_EQ(choose("small")->datastore.place.name, "small");
  EXPECT_EQ(choose("elsewhere")->datastore.place.name, "large");
  offered_.datastores[0].accessible = false;
  EXPECT_EQ(choose("small")->datastore.place.name, "large");
}

TEST_F(VmPlaceTest, APoolByNameByClusterAndByPath) {
  for (const char* name : {"C1", "/DC0/host/C1", "/DC0/host/C1/Resources", "DC0/host/C1"}) {
    wanted_.pool = name;
    const auto place = choose();
    ASSERT_TRUE(place) << name;
    EXPECT_EQ(place->pool.pool.value, "pool-C1") << name;
  }
  wanted_.pool = "C9";
  EXPECT_EQ(refusal(), ENOENT);
}

TEST_F(VmPlaceTest, WithoutDrsAHostThatMountsTheDatastoreIsNamed) {
  wanted_.pool = "C1";
  EXPECT_EQ(choose()->host, host(4));
  EXPECT_EQ(choose("small")->host, host(3));
}

TEST_F(VmPlaceTest, AHostAloneNeedsNoName) {
  wanted_.pool = "esx5";
  const auto place = choose();
  ASSERT_TRUE(place);
  EXPECT_FALSE(place->host);
  EXPECT_EQ(place->datastore.place.name, "local");
}

TEST_F(VmPlaceTest, AHostByNameAndByPath) {
  for (const char* name : {"esx2", "/DC0/host/C0/esx2"}) {
    wanted_.host = name;
    EXPECT_EQ(choose()->host, host(2)) << name;
  }
  wanted_.host = "esx9";
  EXPECT_EQ(refusal(), ENOENT);
  wanted_.host = "esx2";
  offered_.hosts[1].usable = false;
  EXPECT_EQ(refusal(), EHOSTUNREACH);
}

TEST_F(VmPlaceTest, ADatastoreByNameAndByPath) {
  for (const char* name : {"small", "/DC0/datastore/small", "DC0/datastore/small"}) {
    wanted_.datastore = name;
    EXPECT_EQ(chosen(), "small") << name;
  }
  for (const char* name : {"absent", "/DC1/datastore/small", "/DC0/datastore/Folder/small"}) {
    wanted_.datastore = name;
    EXPECT_EQ(refusal("large"), ENOENT) << name;
  }
}

TEST_F(VmPlaceTest, ANamedDatastoreThatIsFullOrAwayIsNotReplaced) {
  wanted_.datastore = "small";
  offered_.datastores[0].free_bytes = kNeeded - 1;
  EXPECT_EQ(refusal(), ENOSPC);
  offered_.datastores[0].free_bytes = kNeeded;
  EXPECT_EQ(refusal(), 0);
  offered_.datastores[0].maintenance = true;
  EXPECT_EQ(refusal(), EHOSTUNREACH);
  offered_.datastores[0].maintenance = false;
  offered_.datastores[0].accessible = false;
  EXPECT_EQ(refusal(), EHOSTUNREACH);
}

TEST_F(VmPlaceTest, WhatWasNamedMustGoTogether) {
  wanted_.pool = "C0";
  wanted_.datastore = "local";
  EXPECT_EQ(refusal(), EINVAL);
}

TEST_F(VmPlaceTest, WhereNothingHasRoomOrWorks) {
  PlacementOptions all = offered_;
  for (auto& each : offered_.datastores) each.free_bytes = 0;
  EXPECT_EQ(refusal(), ENOSPC);
  offered_ = all;
  for (auto& each : offered_.hosts) each.usable = false;
  EXPECT_EQ(refusal(), EHOSTUNREACH);
  offered_ = all;
  for (auto& each : offered_.hosts) each.crypto_state = "pendingIncapable";
  EXPECT_EQ(refusal(), EHOSTUNREACH);
  offered_ = all;
  offered_.pools.clear();
  EXPECT_EQ(refusal(), EHOSTUNREACH);
}

TEST_F(VmPlaceTest, AHostThatHasToBeStartedAnewIsPassedOver) {
  wanted_.pool = "C1";
  offered_.hosts[3].crypto_state = "pendingIncapable";
  const auto place = choose();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->host, host(3));
  EXPECT_EQ(place->datastore.place.name, "small");
}

TEST_F(VmPlaceTest, AHostThatNeverRanAnEncryptedVmIsTakenWhereNoneIsInEncryptionMode) {
  wanted_.pool = "C1";
  wanted_.datastore = "small";  // hosts 3 and 4
  offered_.hosts[2].crypto_state = "incapable";
  EXPECT_EQ(choose()->host, host(4));
  offered_.hosts[3].crypto_state = "incapable";
  const auto place = choose();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->host, host(3));
  EXPECT_TRUE(needs_encryption_mode(place->fits_on));
}

TEST_F(VmPlaceTest, ANativeKeyProviderWantsAClusterAndPerhapsATpm) {
  const HostNeeds needs{true, true, "NKP"};
  const auto choose_for = [&] { return choose_place(offered_, wanted_, {}, kNeeded, needs); };
  for (auto& each : offered_.pools) each.owner.type = "ComputeResource";
  auto place = choose_for();
  ASSERT_FALSE(place);  // hosts that stand alone
  EXPECT_EQ(place.error().code, Errno{ENOKEY});
  EXPECT_THAT(place.error().words, HasSubstr("cluster"));
  for (int i = 0; i < 2; ++i) offered_.pools[i].owner.type = "ClusterComputeResource";
  for (int i = 0; i < 4; ++i) offered_.hosts[i].has_tpm = false;
  place = choose_for();
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().code, Errno{ENOKEY});
  EXPECT_THAT(place.error().words, HasSubstr("TPM 2.0"));
  EXPECT_THAT(place.error().remedy, HasSubstr("TPM"));
  offered_.hosts[3].has_tpm = true;
  place = choose_for();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->host, host(4));
  offered_.hosts[3].has_tpm.reset();  // it does not tell
  EXPECT_TRUE(choose_for());
}

TEST_F(VmPlaceTest, EachRefusalHasItsOwnStepThatMendsIt) {
  std::set<std::string> steps;
  const auto step = [&](const char* what) {
    const auto place = choose();
    ASSERT_FALSE(place) << what;
    EXPECT_FALSE(place.error().remedy.empty()) << what;
    EXPECT_TRUE(steps.insert(place.error().remedy).second) << what << ": " << place.error().remedy;
    wanted_ = Placement{};
  };
  wanted_.datastore = "no such";
  step("datastore");
  wanted_.pool = "no such";
  step("pool");
  wanted_.host = "no such";
  step("host");
  wanted_.pool = "esx5";
  wanted_.datastore = "small";
  step("what does not go together");
  const PlacementOptions all = offered_;
  for (auto& each : offered_.datastores) each.free_bytes = 0;
  step("room");
  offered_ = all;
  for (auto& each : offered_.hosts) each.usable = false;
  step("hosts");
  offered_ = all;
  offered_.pools.clear();
  step("no pool");
}

TEST_F(VmPlaceTest, AClusterOfOneHostWithoutDrsWantsItNamedToo) {
  offered_.pools[1].hosts = {host(4)};
  wanted_.pool = "C1";
  EXPECT_EQ(choose()->host, host(4));
}

TEST_F(VmPlaceTest, AHostInMaintenanceOrDisconnectedIsNotChosen) {
  wanted_.pool = "C1";
  offered_.hosts[3].usable = false;
  const auto place = choose();
  ASSERT_TRUE(place) << place.error().words;
  EXPECT_EQ(place->host, host(3));
  EXPECT_EQ(place->datastore.place.name, "small") << "the one that this host mounts";
}

TEST_F(VmPlaceTest, APodMeansItsLargestMemberThatAHostReaches) {
  offered_.datastores.push_back(member("a", 1ULL << 31, {host(1)}));
  offered_.datastores.push_back(member("b", 1ULL << 33, {host(1)}));
  offered_.datastores.push_back(member("far", 1ULL << 34, {host(4)}));
  offered_.datastores.push_back(member("quiet", 1ULL << 36, {host(1)}));
  offered_.datastores.back().maintenance = true;
  offered_.datastores.push_back(member("away", 1ULL << 36, {host(1)}));
  offered_.datastores.back().accessible = false;
  for (const char* name : {"Pod", "Tier/Pod", "/DC0/datastore/Tier/Pod"}) {
    wanted_.datastore = name;
    wanted_.pool.reset();
    EXPECT_EQ(chosen(), "far") << name;
    wanted_.pool = "C0";
    EXPECT_EQ(chosen(), "b") << name;
  }
  EXPECT_EQ(chosen("a"), "b") << "the saved one is no choice of whoever named the pod";
  for (const char* name : {"a", "/DC0/datastore/Tier/Pod/a", "Pod/a"}) {
    wanted_.datastore = name;
    EXPECT_EQ(chosen(), "a") << name;
  }
  wanted_.datastore = "far";
  EXPECT_EQ(refusal(), EINVAL);
  wanted_.datastore = "/DC0/datastore/Pod";
  EXPECT_EQ(refusal(), ENOENT);
}

TEST_F(VmPlaceTest, APodWithoutAUsableMember) {
  offered_.datastores.push_back(member("a", 0, {host(1)}));
  offered_.datastores.push_back(member("b", 1ULL << 33, {host(1)}));
  offered_.datastores.back().maintenance = true;
  wanted_.datastore = "Pod";
  EXPECT_EQ(refusal(), ENOSPC);
  offered_.datastores[3].maintenance = true;
  EXPECT_EQ(refusal(), EHOSTUNREACH);
  EXPECT_THAT(choose().error().words, HasSubstr("maintenance"));
}

TEST_F(VmPlaceTest, APodOfANameThatTwoHaveIsRefusedWithTheirPaths) {
  offered_.datastores.push_back(member("a", 1ULL << 31, {host(1)}));
  offered_.datastores.push_back(member("b", 1ULL << 31, {host(1)}, "/Other"));
  wanted_.datastore = "Pod";
  EXPECT_EQ(refusal(), EINVAL);
  EXPECT_THAT(choose().error().words, HasSubstr("/DC0/datastore/Other/Pod"));
  EXPECT_THAT(choose().error().words, HasSubstr("/DC0/datastore/Tier/Pod"));
  wanted_.datastore = "Other/Pod";
  EXPECT_EQ(chosen(), "b");
}

TEST_F(VmPlaceTest, APoolOfANameThatTwoHaveIsRefusedWithTheirPaths) {
  add_pool("C0", "/Gold", {host(1), host(2)});
  add_pool("C1", "/Gold", {host(3), host(4)});
  wanted_.pool = "Gold";
  EXPECT_EQ(refusal(), EINVAL);
  EXPECT_THAT(choose().error().words, HasSubstr("/DC0/host/C0/Resources/Gold"));
  EXPECT_THAT(choose().error().words, HasSubstr("/DC0/host/C1/Resources/Gold"));
  for (const char* path : {"C1/Resources/Gold", "/DC0/host/C1/Resources/Gold"}) {
    wanted_.pool = path;
    EXPECT_EQ(choose()->pool.pool.value, "pool-C1/Gold") << path;
  }
  wanted_.pool = "Gold";
  wanted_.host = "esx4";
  const auto place = choose();
  ASSERT_TRUE(place) << place.error().words;
  EXPECT_EQ(place->pool.pool.value, "pool-C1/Gold") << "the host tells which";
}

TEST_F(VmPlaceTest, APoolWithinAnotherAndOneWithASlashInItsName) {
  add_pool("C1", "/Silver%2f2/Inner", {host(3), host(4)});
  add_pool("C1", "/Silver%2f2", {host(3), host(4)});
  for (const char* name : {"Inner", "Silver%2f2/Inner"}) {
    wanted_.pool = name;
    EXPECT_EQ(choose()->pool.pool.value, "pool-C1/Silver%2f2/Inner") << name;
    EXPECT_EQ(choose()->host, host(4)) << name;
  }
  for (const char* name : {"Silver/2", "Silver%2f2"}) {
    wanted_.pool = name;
    EXPECT_EQ(choose()->pool.pool.value, "pool-C1/Silver%2f2") << name;
  }
}

TEST_F(VmPlaceTest, UnaskedAClusterGoesBeforeAHostAndBeforeAPoolWithinIt) {
  std::reverse(offered_.pools.begin(), offered_.pools.end());
  offered_.pools.erase(offered_.pools.begin() + 1);  // C1
  add_pool("C0", "/Gold", {host(1), host(2)});
  std::reverse(offered_.pools.begin(), offered_.pools.end());
  for (auto& each : offered_.datastores) each.hosts.push_back(host(5));
  EXPECT_EQ(choose()->pool.pool.value, "pool-C0");
}

TEST_F(VmPlaceTest, AHostThatIsNotThePoolsIsSaidSo) {
  wanted_.pool = "C0";
  wanted_.host = "esx4";
  EXPECT_EQ(refusal(), EINVAL);
  EXPECT_THAT(choose().error().words, HasSubstr("'esx4'"));
  EXPECT_THAT(choose().error().words, HasSubstr("'C0'"));
}

TEST_F(VmPlaceTest, WhereNothingWasNamedNothingThatFitsIsNoFaultOfAName) {
  for (auto& each : offered_.datastores) each.hosts.clear();
  EXPECT_EQ(refusal(), EHOSTUNREACH);
  wanted_.datastore = "small";
  EXPECT_EQ(refusal(), EINVAL);
}

TEST(Merged, MountOptionsComeFirst) {
  Placement options, directory;
  options.pool = "P1";
  directory.pool = "P2";
  directory.datastore = "D2";
  options.networks = {{"A", "B"}};
  directory.networks = {{"A", "C"}, {"D", "E"}};
  const Placement both = merged(options, directory);
  EXPECT_EQ(both.pool, "P1");
  EXPECT_EQ(both.datastore, "D2");
  EXPECT_EQ(both.networks, (std::map<std::string, std::string>{{"A", "B"}, {"D", "E"}}));
}

}  // namespace
}  // namespace vtpmfs::fs
