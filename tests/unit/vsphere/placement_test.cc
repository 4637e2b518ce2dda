#include "vsphere/restore/placement.h"

#include <gmock/gmock.h>

#include "tests/unit/vsphere/fake_soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string reference_to(const std::string& path, const std::string& type, const std::string& id) {
  return "<propSet><name>" + path + "</name><val type=\"" + type +
         "\" xsi:type=\"ManagedObjectReference\">" + id + "</val></propSet>";
}

std::string named(const std::string& name, const std::string& parent_type,
                  const std::string& parent) {
  return property("name", "xsd:string", name) + reference_to("parent", parent_type, parent);
}

std::string hosts(const std::string& id) {
  return property("host", "ArrayOfManagedObjectReference",
                  "<ManagedObjectReference type=\"HostSystem\" "
                  "xsi:type=\"ManagedObjectReference\">" +
                      id + "</ManagedObjectReference>");
}

std::string mount(const std::string& host, const std::string& mode, bool accessible) {
  return "<DatastoreHostMount><key type=\"HostSystem\">" + host + "</key><mountInfo><accessMode>" +
         mode + "</accessMode><mounted>true</mounted><accessible>" +
         (accessible ? "true" : "false") + "</accessible></mountInfo></DatastoreHostMount>";
}

std::string datacenter_objects(const std::string& drs) {
  return object("Datacenter", "dc-1", named("DC1", "Folder", "group-d2")) +
         object("Folder", "group-d2", named("F0", "Folder", "group-d1")) +
         object("Folder", "group-d1", property("name", "xsd:string", "Datacenters")) +
         object("Folder", "group-h1", named("host", "Datacenter", "dc-1")) +
         object("ClusterComputeResource", "domain-c1",
                named("C0", "Folder", "group-h1") + hosts("host-1") + drs) +
         object("ResourcePool", "resgroup-1",
                named("Resources", "ClusterComputeResource", "domain-c1") +
                    reference_to("owner", "ClusterComputeResource", "domain-c1")) +
         object("VirtualApp", "resgroup-v2",
                named("app", "ResourcePool", "resgroup-1") +
                    reference_to("owner", "ClusterComputeResource", "domain-c1")) +
         object("HostSystem", "host-1",
                named("esx1", "ClusterComputeResource", "domain-c1") +
                    property("runtime.connectionState", "HostSystemConnectionState", "connected") +
                    property("runtime.powerState", "HostSystemPowerState", "poweredOn") +
                    property("runtime.inMaintenanceMode", "xsd:boolean", "false") +
                    property("runtime.cryptoState", "xsd:string", "safe")) +
         object(
             "HostSystem", "host-2",
             named("esx2", "ClusterComputeResource", "domain-c1") +
                 property("runtime.connectionState", "HostSystemConnectionState", "disconnected")) +
         object(
             "Datastore", "ds-1",
             property("name", "xsd:string", "ds1") +
                 reference_to("browser", "HostDatastoreBrowser", "b1") +
                 property("summary", "DatastoreSummary",
                          "<name>ds1</name><url>u</url><capacity>100</capacity><freeSpace>40</"
                          "freeSpace><accessible>true</accessible><type>VMFS</type>"
                          "<maintenanceMode>normal</maintenanceMode>") +
                 property("host", "ArrayOfDatastoreHostMount",
                          mount("host-1", "readWrite", true) + mount("host-2", "readWrite", false) +
                              mount("host-3", "readOnly", true))) +
         object("Network", "network-1", property("name", "xsd:string", "VM Network")) +
         object("DistributedVirtualPortgroup", "dvportgroup-1",
                property("name", "xsd:string", "pg") + property("key", "xsd:string", "key-1") +
                    reference_to("config.distributedVirtualSwitch",
                                 "VmwareDistributedVirtualSwitch", "dvs-1")) +
         object(
             "OpaqueNetwork", "network-o1",
             property("name", "xsd:string", "nsx") +
                 property("summary", "OpaqueNetworkSummary",
                          "<name>nsx</name><accessible>true</accessible><ipPoolName></ipPoolName>"
                          "<opaqueNetworkId>o-id</opaqueNetworkId><opaqueNetworkType>o-type</"
                          "opaqueNetworkType>"));
}

const std::string kDrs = property("configuration.drsConfig.enabled", "xsd:boolean", "true");
const std::string kSwitch = retrieved(
    object("VmwareDistributedVirtualSwitch", "dvs-1", property("uuid", "xsd:string", "50 1a 2b")));

TEST(Placement, WhatADatacenterOffers) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {retrieved(datacenter_objects(kDrs)), kSwitch});
  const auto options = read_placement_options(caller, {"Datacenter", "dc-1"}, {});
  ASSERT_TRUE(options) << options.error().words;
  ASSERT_EQ(options->pools.size(), 1U);
  EXPECT_EQ(options->pools[0].path, "/F0/DC1/host/C0/Resources");
  EXPECT_EQ(options->pools[0].owner, (MoRef{"ClusterComputeResource", "domain-c1"}));
  EXPECT_TRUE(options->pools[0].drs);
  EXPECT_THAT(options->pools[0].hosts, ElementsAre(MoRef{"HostSystem", "host-1"}));
  ASSERT_EQ(options->hosts.size(), 2U);
  EXPECT_TRUE(options->hosts[0].usable);
  EXPECT_EQ(options->hosts[0].crypto_state, "safe");
  EXPECT_EQ(options->hosts[0].path, "/F0/DC1/host/C0/esx1");
  EXPECT_FALSE(options->hosts[1].usable);
  ASSERT_EQ(options->datastores.size(), 1U);
  const DatastoreChoice& datastore = options->datastores[0];
  EXPECT_EQ(datastore.place.datacenter_path, "/F0/DC1");
  EXPECT_EQ(datastore.place.datacenter, (MoRef{"Datacenter", "dc-1"}));
  EXPECT_EQ(datastore.free_bytes, 40U);
  EXPECT_TRUE(datastore.accessible);
  EXPECT_FALSE(datastore.maintenance);
  EXPECT_THAT(datastore.hosts, ElementsAre(MoRef{"HostSystem", "host-1"}));
  ASSERT_EQ(options->networks.size(), 3U);
  EXPECT_FALSE(options->networks[0].portgroup_key);
  EXPECT_EQ(options->networks[1].portgroup_key, "key-1");
  EXPECT_EQ(options->networks[1].switch_uuid, "50 1a 2b");
  EXPECT_EQ(options->networks[2].opaque_id, "o-id");
  EXPECT_EQ(options->networks[2].opaque_type, "o-type");
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 2U);
}

TEST(Placement, WhereDatastoresLie) {
  const auto datastore = [](const std::string& id, const std::string& parent_type,
                            const std::string& parent) {
    return object("Datastore", id,
                  named(id, parent_type, parent) +
                      reference_to("browser", "HostDatastoreBrowser", "b-" + id) +
                      property("summary", "DatastoreSummary",
                               "<name>" + id +
                                   "</name><url>u</url><capacity>100</capacity><freeSpace>40</"
                                   "freeSpace><accessible>true</accessible><type>VMFS</type>"
                                   "<maintenanceMode>inMaintenance</maintenanceMode>"));
  };
  FakeSoapCaller caller;
  std::string asked;
  caller.on("RetrievePropertiesEx", [&](const std::string& request) {
    asked = request;
    return Result<std::string>(retrieved(
        object("Datacenter", "dc-1", named("DC1", "Folder", "group-d1")) +
        object("Folder", "group-d1", property("name", "xsd:string", "Datacenters")) +
        object("Folder", "group-s1", named("datastore", "Datacenter", "dc-1")) +
        object("Folder", "group-s2", named("Tier", "Folder", "group-s1")) +
        object("StoragePod", "group-p1", named("Pod", "Folder", "group-s2")) +
        datastore("plain", "Folder", "group-s1") + datastore("member", "StoragePod", "group-p1")));
  });
  const auto options = read_placement_options(caller, {"Datacenter", "dc-1"}, {});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_THAT(asked, HasSubstr("type>StoragePod</"));
  ASSERT_EQ(options->datastores.size(), 2U);
  EXPECT_EQ(options->datastores[0].path, "/DC1/datastore/plain");
  EXPECT_EQ(options->datastores[0].pod, "");
  EXPECT_EQ(options->datastores[1].path, "/DC1/datastore/Tier/Pod/member");
  EXPECT_EQ(options->datastores[1].pod, "/DC1/datastore/Tier/Pod");
  EXPECT_TRUE(options->datastores[1].maintenance);
}

TEST(Placement, AServerThatDoesNotKnowDrs) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", [](const std::string& request) {
    if (request.find("drsConfig") != std::string::npos) {
      return Result<std::string>(
          soap_fault("InvalidProperty", "<name>configuration.drsConfig.enabled</name>"));
    }
    if (request.find(">dvs-1<") != std::string::npos) return Result<std::string>(kSwitch);
    return Result<std::string>(retrieved(datacenter_objects("")));
  });
  const auto options = read_placement_options(caller, {"Datacenter", "dc-1"}, {});
  ASSERT_TRUE(options);
  ASSERT_EQ(options->pools.size(), 1U);
  EXPECT_FALSE(options->pools[0].drs);
}

TEST(Placement, WhetherAHostHasATpm) {
  const auto host = [](const std::string& id, const std::string& properties) {
    return object("HostSystem", id, named(id, "ClusterComputeResource", "domain-c1") + properties);
  };
  const auto supported = [](const char* value) {
    return property("capability.tpmSupported", "xsd:boolean", value);
  };
  const auto version = [](const char* value) {
    return property("capability.tpmVersion", "xsd:string", value);
  };
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(host("two", supported("true") + version("2.0")) +
                       host("one", supported("true") + version("1.2")) +
                       host("none", supported("false")) + host("silent", "") +
                       host("vague", supported("true")))});
  const auto options = read_placement_options(caller, {"Datacenter", "dc-1"}, {});
  ASSERT_TRUE(options);
  ASSERT_EQ(options->hosts.size(), 5U);
  EXPECT_EQ(options->hosts[0].has_tpm, true);
  EXPECT_EQ(options->hosts[1].has_tpm, false);
  EXPECT_EQ(options->hosts[2].has_tpm, false);
  EXPECT_FALSE(options->hosts[3].has_tpm);
  EXPECT_FALSE(options->hosts[4].has_tpm);
}

TEST(Placement, AServerThatKnowsDrsAndNoTpmIsAskedForTheRest) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", [](const std::string& request) {
    if (request.find("tpmVersion") != std::string::npos) {
      return Result<std::string>(
          soap_fault("InvalidProperty", "<name>capability.tpmVersion</name>"));
    }
    if (request.find(">dvs-1<") != std::string::npos) return Result<std::string>(kSwitch);
    return Result<std::string>(retrieved(datacenter_objects(kDrs)));
  });
  const auto options = read_placement_options(caller, {"Datacenter", "dc-1"}, {});
  ASSERT_TRUE(options);
  ASSERT_EQ(options->pools.size(), 1U);
  EXPECT_TRUE(options->pools[0].drs);
}

TEST(Placement, ADatacenterThatHasGone) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {soap_fault("ManagedObjectNotFound", "<obj type=\"Datacenter\">dc-1</obj>")});
  const auto options = read_placement_options(caller, {"Datacenter", "dc-1"}, {});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code.value(), ENOENT);
}

}  // namespace
}  // namespace vtpmfs::vsphere
