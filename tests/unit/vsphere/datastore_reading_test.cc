#include <gmock/gmock.h>

#include "tests/unit/vsphere/fake_soap_caller.h"
#include "vsphere/datastore/datastore_places.h"
#include "vsphere/datastore/inventory_paths.h"
#include "vsphere/datastore/nvram_search.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const DatastorePlace kPlace{{"Datastore", "datastore-1"},
                            "ds [1]",
                            {"Datacenter", "datacenter-1"},
                            "/F0/DC1",
                            {"HostDatastoreBrowser", "browser-1"}};

std::string file(const std::string& name, const std::string& more) {
  return "<file xsi:type=\"VmNvramFileInfo\"><path>" + name + "</path>" + more + "</file>";
}

std::string folder(const std::string& path, const std::string& files) {
  return "<HostDatastoreBrowserSearchResults><datastore "
         "type=\"Datastore\">datastore-1</datastore><folderPath>" +
         path + "</folderPath>" + files + "</HostDatastoreBrowserSearchResults>";
}

std::string finished(const std::string& result) {
  return retrieved(
      object("Task", "task-1", property("info.state", "TaskInfoState", "success") + result));
}

class NvramSearchTest : public ::testing::Test {
 protected:
  NvramSearchTest() {
    for (const std::string operation : {"SearchDatastore_Task", "SearchDatastoreSubFolders_Task"}) {
      caller.on(operation, {response(operation, "<returnval type=\"Task\">task-1</returnval>")});
    }
  }
  FakeSoapCaller caller;
};

TEST_F(NvramSearchTest, TheWholeDatastore) {
  caller.on(
      "RetrievePropertiesEx",
      {finished(property(
          "info.result", "ArrayOfHostDatastoreBrowserSearchResults",
          folder("[ds [1]] a b/", file("a b.nvram",
                                       "<fileSize>270840</fileSize><modification>2024-06-25T10:11:"
                                       "12Z</modification>")) +
              folder("[ds [1]] c",
                     file("c.nvram", "<fileSize>0</fileSize>") + file("..x.NVRAM", "")) +
              folder("[ds [1]] ", file("root.nvram", "<fileSize>1</fileSize>")) +
              folder("[ds [1]]", file("root2.nvram", "<fileSize>2</fileSize>")) +
              folder("[ds [1]]/vcsim/deep", file("v.nvram", "<fileSize>9</fileSize>"))))});
  const auto listing = search_nvram(caller, kPlace, std::nullopt, {});
  ASSERT_TRUE(listing) << listing.error().words;
  std::vector<std::pair<std::string, uint64_t>> sizes;
  for (const auto& [path, entry] : *listing) sizes.emplace_back(path, entry.size);
  EXPECT_THAT(sizes, ElementsAre(std::pair("a b/a b.nvram", 270840), std::pair("c/..x.NVRAM", 0),
                                 std::pair("c/c.nvram", 0), std::pair("root.nvram", 1),
                                 std::pair("root2.nvram", 2), std::pair("vcsim/deep/v.nvram", 9)));
  ASSERT_TRUE(listing->at("a b/a b.nvram").modified);
  EXPECT_EQ(std::chrono::system_clock::to_time_t(*listing->at("a b/a b.nvram").modified),
            1719310272);
  EXPECT_FALSE(listing->at("c/c.nvram").modified);
  const std::string& request = caller.requests("SearchDatastoreSubFolders_Task").at(0);
  EXPECT_THAT(request, HasSubstr(">[ds [1]]<"));
  EXPECT_THAT(request, HasSubstr(">*.nvram<"));
  EXPECT_THAT(request, HasSubstr("VmNvramFileQuery"));
}

TEST_F(NvramSearchTest, OneDirectory) {
  caller.on("RetrievePropertiesEx",
            {finished(property("info.result", "HostDatastoreBrowserSearchResults",
                               "<folderPath>[ds [1]] a/</folderPath>" +
                                   file("a.nvram", "<fileSize>7</fileSize>")))});
  const auto listing = search_nvram(caller, kPlace, "a", {});
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->size(), 1U);
  EXPECT_EQ(listing->at("a/a.nvram").size, 7U);
  EXPECT_THAT(caller.requests("SearchDatastore_Task").at(0), HasSubstr(">[ds [1]] a<"));
}

TEST_F(NvramSearchTest, ErrorsAreNotEmptyListings) {
  caller.on("RetrievePropertiesEx",
            {retrieved(object(
                "Task", "task-1",
                property("info.state", "TaskInfoState", "error") +
                    property("info.error", "LocalizedMethodFault",
                             "<fault xsi:type=\"FileNotFound\"><file>[ds] a</file></fault>")))});
  const auto gone = search_nvram(caller, kPlace, "a", {});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code.value(), ENOENT);
  EXPECT_FALSE(gone.error().maybe_done);
  caller.on("RetrievePropertiesEx", {finished(property("info.result", "Hologram", ""))});
  EXPECT_FALSE(search_nvram(caller, kPlace, "a", {}));
  // A task that succeeds and tells nothing, or of a place that nobody knows.
  caller.on("RetrievePropertiesEx", {finished("")});
  const auto nothing = search_nvram(caller, kPlace, std::nullopt, {});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code.value(), EIO);
  for (const char* place : {"[other] x", "nonsense", ""}) {
    caller.on("RetrievePropertiesEx",
              {finished(property("info.result", "ArrayOfHostDatastoreBrowserSearchResults",
                                 folder("[ds [1]] a", "") + folder(place, "")))});
    EXPECT_FALSE(search_nvram(caller, kPlace, std::nullopt, {})) << place;
  }
}

TEST_F(NvramSearchTest, AListOfNothingIsOne) {
  caller.on("RetrievePropertiesEx",
            {finished(property("info.result", "ArrayOfHostDatastoreBrowserSearchResults", ""))});
  const auto listing = search_nvram(caller, kPlace, std::nullopt, {});
  ASSERT_TRUE(listing) << listing.error().words;
  EXPECT_TRUE(listing->empty());
}

TEST_F(NvramSearchTest, TheDirectoryIsTheOneThatWasAskedFor) {
  caller.on("RetrievePropertiesEx",
            {finished(property("info.result", "HostDatastoreBrowserSearchResults",
                               "<folderPath>[renamed] A</folderPath>" +
                                   file("a.nvram", "<fileSize>7</fileSize>")))});
  const auto listing = search_nvram(caller, kPlace, "a", {});
  ASSERT_TRUE(listing) << listing.error().words;
  EXPECT_EQ(listing->at("a/a.nvram").size, 7U);
}

std::string parent(const std::string& type, const std::string& id) {
  return "<propSet><name>parent</name><val type=\"" + type +
         "\" xsi:type=\"ManagedObjectReference\">" + id + "</val></propSet>";
}

std::string name(const std::string& text) {
  return property("name", "xsd:string", text);
}

std::string datastores(const std::string& ids) {
  std::string refs;
  for (const char id : ids) {
    refs += std::string(
                "<ManagedObjectReference type=\"Datastore\" "
                "xsi:type=\"ManagedObjectReference\">ds-") +
            id + "</ManagedObjectReference>";
  }
  return property("datastore", "ArrayOfManagedObjectReference", refs);
}

std::string browser() {
  return "<propSet><name>browser</name><val type=\"HostDatastoreBrowser\" "
         "xsi:type=\"ManagedObjectReference\">b</val></propSet>";
}

TEST(DatastorePlaces, PathsHaveTheFoldersAboveAndKeepEscapes) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(object("Folder", "group-d1", name("Datacenters")) +
                       object("Folder", "group-d2", name("F%2f0") + parent("Folder", "group-d1")) +
                       object("Datacenter", "dc-0",
                              name("DC0") + parent("Folder", "group-d1") + datastores("12")) +
                       object("Datacenter", "dc-1",
                              name("DC1") + parent("Folder", "group-d2") + datastores("23")) +
                       object("Datacenter", "dc-2", missing("name", "NoPermission")) +
                       object("Datastore", "ds-1", name("one") + browser()) +
                       object("Datastore", "ds-2", name("two") + browser()))});
  const auto places = find_datastores(caller, {});
  ASSERT_TRUE(places) << places.error().words;
  std::vector<std::string> seen;
  for (const auto& place : *places) seen.push_back(place.datacenter_path + " " + place.name);
  EXPECT_THAT(seen, ElementsAre("/DC0 one", "/DC0 two", "/F%2f0/DC1 two"));
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 1U);
  const std::string& request = caller.requests("RetrievePropertiesEx")[0];
  EXPECT_THAT(request, HasSubstr("TraversalSpec"));
  EXPECT_THAT(request, HasSubstr("childEntity"));
}

TEST(InventoryPaths, UnknownAncestorsAndCircles) {
  const MoRef root{"Folder", "root"};
  InventoryPaths paths(root);
  const MoRef a{"Folder", "a"};
  const MoRef b{"Folder", "b"};
  paths.add(a, "A", b);
  EXPECT_EQ(paths.path(a), "");
  paths.add(b, "B", a);
  EXPECT_EQ(paths.path(a), "");
  paths.add(b, "B", root);
  EXPECT_EQ(paths.path(a), "/B/A");
  EXPECT_EQ(paths.path(root), "");
}

}  // namespace
}  // namespace vtpmfs::vsphere
