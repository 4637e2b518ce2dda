// Which VM a staged path means, and where it belongs.
#include "fs/restore/api_names.h"
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ApiNames, EscapesPlainNamesAndKeepsEscapedOnes) {
  EXPECT_EQ(api_name("pay01"), "pay01");
  EXPECT_EQ(api_name("100%"), "100%25");
  EXPECT_EQ(api_name("a\\b"), "a%5cb");
  EXPECT_EQ(api_name("a%2fb"), "a%2fb");
  EXPECT_EQ(api_name("a%2Fb%5C%25"), "a%2fb%5c%25") << "as the vCenter will write it";
  EXPECT_EQ(api_name("50%25 of 100%"), "50%2525 of 100%25");
  EXPECT_EQ(api_name("a%2fb\\c"), "a%252fb%5cc");
  EXPECT_EQ(api_name("%"), "%25");
  EXPECT_EQ(api_name("%2"), "%252");
  EXPECT_EQ(api_name("%41"), "%2541");
}

TEST(ApiNames, CountsCharactersAsVsphereDoes) {
  EXPECT_TRUE(fits_vsphere(std::string(80, 'n')));
  EXPECT_FALSE(fits_vsphere(std::string(81, 'n')));
  std::string wide, escaped;
  for (int i = 0; i < 80; ++i) wide += "日", escaped += "%2f";
  EXPECT_TRUE(fits_vsphere(wide));
  EXPECT_TRUE(fits_vsphere(escaped));
  EXPECT_FALSE(fits_vsphere(escaped + "x"));
  EXPECT_FALSE(fits_vsphere(wide + "日"));
}

TEST(ApiNames, SplitsInventoryPaths) {
  EXPECT_THAT(path_components("/DC0/vm/Finance/pay01"),
              ElementsAre("DC0", "vm", "Finance", "pay01"));
  EXPECT_THAT(path_components("DC0//vm/"), ElementsAre("DC0", "vm"));
  EXPECT_THAT(path_components(""), IsEmpty());
}

class RestorePlace : public RestoreTreeTest {
 protected:
  /// The place that a copy of this set at this path gets, as one text; or the errno of its end.
  std::string place_of(const cache::SavedOrigin& from, const std::string& path) {
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      if (!find(path.substr(0, slash))) {
        EXPECT_EQ(mkdir(path.substr(0, slash)), 0);
      }
    const size_t before = restorer_.requests.size();
    const auto errors = copy(set_of(from), path);
    if (restorer_.requests.size() == before)
      return errors.empty() ? "nothing" : "errno " + std::to_string(errors.begin()->second);
    std::string place;
    for (const std::string& folder : restorer_.requests.back().folders) place += folder + "/";
    return place + restorer_.requests.back().vm_name;
  }
};

TEST_F(RestorePlace, TheDirectorysNameIsTheVmsName) {
  EXPECT_EQ(place_of(origin("pay01", "Finance"), "pay02"), "pay02");
  EXPECT_EQ(place_of(origin("pay01", "Finance"), "Legal/pay01"), "Legal/pay01");
  EXPECT_EQ(place_of(origin("pay01", "Finance"), "New/Deep/pay01"), "New/Deep/pay01");
  EXPECT_EQ(place_of(origin("pay01", "Finance"), "80%/a\\b"), "80%25/a%5cb");
}

TEST_F(RestorePlace, AFolderThatIsThereIsNamedAsTheVcenterNamesIt) {
  std::string raw;
  for (int i = 0; i < 80; ++i) raw += "\xf0\xa0\x80\x80";
  const MoRef folder{"Folder", "group-v30"};
  inventory_.apply({false, true, {enter(folder, raw, kVmFolder)}});
  const std::string shown = cache::shown_name(raw, folder);
  ASSERT_NE(shown, raw);
  EXPECT_EQ(place_of(origin("web", ""), shown + "/new/web"), raw + "/new/web");
}

TEST_F(RestorePlace, AShownNameComesBackAsTheRawOne) {
  EXPECT_EQ(place_of(origin("a%2fb", "Finance"), "Finance/a%2fb"), "Finance/a%2fb");
  EXPECT_EQ(place_of(origin("twin", "Finance"), "Finance/twin~vm-77"), "Finance/twin");
  EXPECT_EQ(place_of(origin("twin", "Finance"), "Legal/twin~vm-78"), "Legal/twin~vm-78");
  EXPECT_EQ(place_of(origin("twin", "Finance"), "Legal/other~vm-77"), "Legal/other~vm-77");
  EXPECT_EQ(place_of(origin("..", "Finance"), "Finance/%2e."), "Finance/..");
}

TEST_F(RestorePlace, WholePathsLoseWhatPrecedesTheInventoryPath) {
  const auto from = origin("pay01", "Finance");
  EXPECT_EQ(place_of(from, "mnt/vc/DC0/vm/Finance/pay01"), "Finance/pay01");
  EXPECT_EQ(place_of(origin("web2", ""), "backup/DC0/vm/web2"), "web2");
  EXPECT_EQ(place_of(origin("twin", "A/B"), "x/DC0/vm/A/B/twin~vm-77"), "A/B/twin");
  // Another path than config.json's is a path.
  EXPECT_EQ(place_of(from, "x/DC1/vm/Finance/pay01"), "x/DC1/vm/Finance/pay01");
}

TEST_F(RestorePlace, ADatacenterCalledVmIsNotTheVmFolder) {
  auto from = origin("pay01", "");
  from.inventory_path = "/vm/vm/Finance/pay01";
  EXPECT_EQ(place_of(from, "x/vm/vm/Finance/pay01"), "Finance/pay01");
}

TEST_F(RestorePlace, TheSlipIntoANewDirectoryOfTheParentsName) {
  // cp -r backup/DC0/vm/Payroll/pay01 restore/Payroll, where Payroll is not there.
  EXPECT_EQ(place_of(origin("pay01", "Payroll"), "Payroll"), "errno " + std::to_string(EINVAL));
  EXPECT_THAT(status("Payroll"), testing::AllOf(HasSubstr("Payroll"), HasSubstr("mkdir")));
  EXPECT_TRUE(restorer_.requests.empty());
  // Meant: the VM is called as its folder.
  EXPECT_EQ(place_of(origin("Twin", "Twin"), "Twin"), "Twin");
}

TEST_F(RestorePlace, FilesInAFolderOrInRestoreItselfAreNoSetOfTheirOwn) {
  EXPECT_EQ(place_of(origin("pay01", "Finance"), "Finance"), "errno " + std::to_string(EEXIST));
  std::map<std::string, int> errors;
  for (const auto& [name, bytes] : pay01())
    if (const int code = put(name, bytes); code != 0) errors[name] = code;
  EXPECT_EQ(errors, (std::map<std::string, int>{{"vtpm.json", EINVAL}}));
}

TEST_F(RestorePlace, ASetBelowASetIsRefused) {
  EXPECT_EQ(place_of(origin("outer", ""), "outer"), "outer");
  ASSERT_EQ(mkdir("open"), 0);
  ASSERT_EQ(put("open/keyId", "k"), 0);
  EXPECT_EQ(place_of(origin("inner", ""), "open/deep/inner"), "errno " + std::to_string(EINVAL));
}

TEST_F(RestorePlace, LongNamesAreRefused) {
  EXPECT_EQ(place_of(origin("pay01", ""), std::string(80, 'n')), std::string(80, 'n'));
  EXPECT_EQ(place_of(origin("pay01", ""), std::string(81, 'n')), "errno " + std::to_string(EINVAL));
}

TEST_F(RestorePlace, XattrsOfTheDirectoryChoosePlacement) {
  ASSERT_EQ(mkdir("Legal/pay01"), 0);
  for (const char* key : {"pool", "host", "datastore", "policy", "network.VM Network", "unknown"})
    EXPECT_EQ(setxattr("Legal/pay01", std::string("user.vtpmfs.") + key, std::string("my ") + key),
              0);
  EXPECT_EQ(setxattr("Legal/pay01", "user.comment", "hello"), 0);
  EXPECT_THAT(node("Legal/pay01")->list_attributes().value(), ElementsAre("user.comment"));
  Reply<std::string> read_back;
  node("Legal/pay01")->get_attribute("user.vtpmfs.pool", kUser, read_back.take());
  EXPECT_EQ(read_back.value().value_or(""), "my pool");
  copy(pay01(), "Legal/pay01");
  ASSERT_EQ(restorer_.requests.size(), 1U);
  const Placement& placement = restorer_.requests.front().placement;
  EXPECT_EQ(placement.pool, "my pool");
  EXPECT_EQ(placement.host, "my host");
  EXPECT_EQ(placement.datastore, "my datastore");
  EXPECT_EQ(placement.policy, "my policy");
  EXPECT_THAT(placement.networks,
              ElementsAre(testing::Pair("VM Network", "my network.VM Network")));
}

TEST_F(RestorePlace, OneXattrNamesSeveralNetworks) {
  ASSERT_EQ(mkdir("Legal/pay01"), 0);
  EXPECT_EQ(setxattr("Legal/pay01", "user.vtpmfs.network", "Old=New\nA=B=C\n"), 0);
  EXPECT_EQ(setxattr("Legal/pay01", "user.vtpmfs.network.Old", "Newer"), 0);
  for (const char* wrong : {"Old", "=New", "Old=", "Old=New\nOther"})
    EXPECT_EQ(setxattr("Legal/pay01", "user.vtpmfs.network", wrong), EINVAL) << wrong;
  copy(pay01(), "Legal/pay01");
  ASSERT_EQ(restorer_.requests.size(), 1U);
  EXPECT_THAT(restorer_.requests.front().placement.networks,
              ElementsAre(testing::Pair("A", "B=C"), testing::Pair("Old", "Newer")));
}

TEST_F(RestorePlace, RestoringWithoutConfigTakesThePathAsItIs) {
  const Files files = with_manifest(without(pay01(), "config.json"));
  EXPECT_TRUE(copy(files, "Payroll").empty());
  expect_one_vm("Payroll", {}, files);
}

}  // namespace
}  // namespace vtpmfs::fs::restore_test
