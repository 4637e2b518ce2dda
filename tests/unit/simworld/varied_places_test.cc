// The places that not every datacenter has, and what they refuse.
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

constexpr const char* kTier = "DC1/datastore/Tier %2f 1";
constexpr const char* kFolders = "Süd %2f Nord/100%25 of + it";

class VariedPlacesTest : public MachineTest {
 protected:
  static FleetOptions varied() {
    FleetOptions options = small();
    options.varied_places = true;
    return options;
  }
  VariedPlacesTest() : MachineTest(varied()) {}

  /// How an order of this path ends.
  TaskEnd order(const std::string& name, const std::string& path,
                const std::string& pool = "DC1/host/Cluster1/Resources",
                const std::string& host = "") {
    SpecBuilder builder;
    builder.ordinary(name, path);
    return create(builder, "DC1/vm", pool, host);
  }
};

TEST_F(VariedPlacesTest, ADatastoreClusterIsAFolderAndTakesNoMachineItself) {
  const Ref pod = at(std::string(kTier) + "/Pod1");
  EXPECT_EQ(pod.type, "StoragePod");
  EXPECT_EQ(at(std::string(kTier) + "/Pod1/pod1-small").type, "Datastore");
  EXPECT_EQ(order("clustered", "[Pod1]").fault, "InvalidDatastorePath");
  EXPECT_EQ(order("member", "[pod1-small]").state, "success");
  EXPECT_EQ(order("quiet", "[pod1-quiet]").fault, "InvalidDatastoreState");
  EXPECT_EQ(order("far", "[pod1-far]").fault, "NoCompatibleHost");
  EXPECT_EQ(order("far", "[pod1-far]", "DC1/host/Cluster2/Resources",
                  "DC1/host/Cluster2/Cluster2-esx1.example.test")
                .fault,
            "InvalidDatastore");
  EXPECT_EQ(order("far", "[pod1-far]", "DC1/host/Cluster2/Resources",
                  "DC1/host/Cluster2/Cluster2-esx2.example.test")
                .state,
            "success");
}

TEST_F(VariedPlacesTest, MaintenanceIsShownAndEnds) {
  const Ref quiet = at(std::string(kTier) + "/Pod1/pod1-quiet");
  EXPECT_EQ(text(quiet, "summary.maintenanceMode"), "inMaintenance");
  verb("set-datastore", {{"datastore", "pod1-quiet"}, {"maintenance", false}});
  EXPECT_EQ(text(quiet, "summary.maintenanceMode"), "normal");
  EXPECT_EQ(order("woken", "[pod1-quiet]").state, "success");
}

TEST_F(VariedPlacesTest, VvolNamesItsDirectoriesItself) {
  const Ref vvol = at("DC1/datastore/vvolDatastore");
  EXPECT_EQ(text(vvol, "summary.type"), "VVOL");
  EXPECT_EQ(flag(vvol, "capability.topLevelDirectoryCreateSupported"), false);
  const TaskEnd end = order("on-vvol", "[vvolDatastore]");
  ASSERT_EQ(end.state, "success");
  const std::string path = *text(end.result, "config.files.vmPathName");
  const std::string before = "[vvolDatastore] rfc4122.";
  ASSERT_EQ(path.substr(0, before.size()), before);
  EXPECT_EQ(path.size(), before.size() + 36 + std::string("/on-vvol.vmx").size());
  EXPECT_EQ(order("named", "[vvolDatastore] named/named.vmx").fault, "CannotCreateFile");
  const std::string home = path.substr(before.size() - 8, 8 + 36);
  EXPECT_EQ(client.send("PUT", url_of(home + "/x.nvram", "DC1", "vvolDatastore"), "x").status, 201);
  EXPECT_EQ(client.send("PUT", url_of("new/x.nvram", "DC1", "vvolDatastore"), "x").status, 500);
  _vim25__MakeDirectory make;
  make._USCOREthis = vsphere::reference("FileManager", "FileManager");
  make.datacenter = wire(at("DC1"));
  make.name = "[vvolDatastore] named";
  EXPECT_EQ(fault_type(client.call<_vim25__MakeDirectoryResponse>(make)), "CannotCreateFile");
}

TEST_F(VariedPlacesTest, WithoutDrsEvenTheOnlyHostOfAClusterIsNamed) {
  const std::string cluster = "DC1/host/Racks %2f 1/Cluster3";
  EXPECT_EQ(order("one", "[datastore1]", cluster + "/Resources").property, "host");
  EXPECT_EQ(
      order("one", "[datastore1]", cluster + "/Resources", cluster + "/Cluster3-esx1.example.test")
          .state,
      "success");
  EXPECT_EQ(order("alone", "[datastore1]", "DC1/host/esx-alone.example.test/Resources").state,
            "success");
  EXPECT_EQ(order("nested", "[datastore1]", "DC1/host/Cluster2/Resources/Silver %2f 2/Inner",
                  "DC1/host/Cluster2/Cluster2-esx1.example.test")
                .state,
            "success");
}

TEST_F(VariedPlacesTest, ADatacenterInFoldersIsReachedByItsWholePathOnly) {
  EXPECT_NE(at(std::string(kFolders) + "/DC1"), at("DC1"));
  EXPECT_EQ(at(std::string(kFolders) + "/DC1").type, "Datacenter");
  // The third machine lies in the third datacenter.
  const auto known = vm("win00003");
  const std::string path = known.at("path");
  ASSERT_EQ(path.rfind(std::string(kFolders) + "/DC1/vm/", 0), 0U) << path;
  const std::string nvram = known.at("nvram");
  EXPECT_EQ(client.send("GET", url_of(nvram, std::string(kFolders) + "/DC1")).status, 200);
  EXPECT_EQ(client.send("GET", url_of(nvram, "DC1")).status, 404);
  EXPECT_EQ(client.send("GET", url_of(nvram, "Süd / Nord/100% of + it/DC1")).status, 404);
  const auto odd = vm("win00004");
  const std::string name = "/Dätä %2f 2 & co";
  EXPECT_EQ(client.send("GET", url_of(odd.at("nvram"), kFolders + name)).status, 200);
  EXPECT_EQ(client.send("GET", url_of(odd.at("nvram"), name)).status, 404);
}

}  // namespace
}  // namespace vtpmfs::simulator
