// What our session may do.
#include "vsphere/restore/session_privileges.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "tests/unit/vsphere/fake_soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const MoRef kFolder{"Folder", "group-v3"};
const MoRef kPool{"ResourcePool", "resgroup-8"};

std::string session(const std::string& key) {
  const std::string time = "2026-01-01T00:00:00Z";
  return retrieved(object(
      "SessionManager", "SessionManager",
      property("currentSession", "UserSession",
               "<key>" + key + "</key><userName>u</userName><fullName>u</fullName><loginTime>" +
                   time + "</loginTime><lastActiveTime>" + time +
                   "</lastActiveTime><locale>en</locale><messageLocale>en</messageLocale>"
                   "<extensionSession>false</extensionSession><ipAddress>::1</ipAddress>"
                   "<userAgent>a</userAgent><callCount>1</callCount>")));
}

std::string about(const MoRef& object, const std::string& privilege, bool granted) {
  return "<returnval><entity type=\"" + object.type + "\">" + object.value +
         "</entity><privAvailability><privId>" + privilege + "</privId><isGranted>" +
         (granted ? "true" : "false") + "</isGranted></privAvailability></returnval>";
}

class SessionPrivilegesTest : public testing::Test {
 protected:
  SessionPrivilegesTest() {
    caller_.on("RetrievePropertiesEx", {session("key-1"), session("key-2")});
  }
  void answer(const std::string& content) {
    caller_.on("HasPrivilegeOnEntities", {response("HasPrivilegeOnEntities", content)});
  }
  FakeSoapCaller caller_;
  SessionPrivileges privileges_{caller_};
};

TEST_F(SessionPrivilegesTest, AsksOnceForAllAndTellsWhatIsMissing) {
  answer(about(kFolder, "Folder.Create", false) + about(kPool, "Resource.AssignVMToPool", true) +
         // each object is asked about each privilege
         about(kPool, "Folder.Create", false));
  const auto missing =
      privileges_.missing({{kFolder, "Folder.Create"}, {kPool, "Resource.AssignVMToPool"}}, {});
  ASSERT_TRUE(missing) << missing.error().words;
  EXPECT_THAT(*missing, ElementsAre(PrivilegeOn{kFolder, "Folder.Create"}));
  ASSERT_EQ(caller_.count("HasPrivilegeOnEntities"), 1U);
  const std::string& request = caller_.requests("HasPrivilegeOnEntities")[0];
  EXPECT_THAT(request, HasSubstr("sessionId>key-1</"));
  // In the schema's order.
  EXPECT_LT(request.find("entity"), request.find("sessionId"));
  EXPECT_LT(request.find("sessionId"), request.find("privId"));
}

TEST_F(SessionPrivilegesTest, WithoutAnObjectTheRootFolderIsMeant) {
  const MoRef root = caller_.refs().root_folder;
  answer(about(root, "StorageProfile.Update", false));
  const auto missing = privileges_.missing({{{}, "StorageProfile.Update"}}, {});
  ASSERT_TRUE(missing);
  EXPECT_THAT(*missing, ElementsAre(PrivilegeOn{{}, "StorageProfile.Update"}));
  EXPECT_THAT(caller_.requests("HasPrivilegeOnEntities")[0], HasSubstr(root.value));
}

TEST_F(SessionPrivilegesTest, TheSessionsKeyIsReadOncePerLogin) {
  answer("");
  EXPECT_THAT(*privileges_.missing({{kFolder, "a"}}, {}), IsEmpty());
  EXPECT_THAT(*privileges_.missing({{kFolder, "a"}}, {}), IsEmpty());
  EXPECT_EQ(caller_.count("RetrievePropertiesEx"), 1U);
  ++caller_.generation;
  EXPECT_THAT(*privileges_.missing({{kFolder, "a"}}, {}), IsEmpty());
  EXPECT_THAT(caller_.requests("HasPrivilegeOnEntities")[2], HasSubstr("key-2"));
}

TEST_F(SessionPrivilegesTest, ASessionThatEndsBetweenTheTwoCallsIsAskedAboutAnew) {
  caller_.on("HasPrivilegeOnEntities", [&](const std::string& request) -> Result<std::string> {
    if (request.find("key-1") == std::string::npos)
      return response("HasPrivilegeOnEntities", about(kFolder, "a", false));
    ++caller_.generation;
    return soap_fault("InvalidArgument", "<invalidProperty>sessionId</invalidProperty>");
  });
  const auto missing = privileges_.missing({{kFolder, "a"}}, {});
  ASSERT_TRUE(missing) << missing.error().words;
  EXPECT_EQ(missing->size(), 1U);
}

TEST_F(SessionPrivilegesTest, AServerThatDoesNotTellIsAnError) {
  caller_.on("HasPrivilegeOnEntities", {soap_fault("NoPermission")});
  EXPECT_EQ(privileges_.missing({{kFolder, "a"}}, {}).error().code, Errno{EACCES});
  EXPECT_EQ(caller_.count("HasPrivilegeOnEntities"), 1U);
  caller_.on("RetrievePropertiesEx", {retrieved(object("SessionManager", "SessionManager", ""))});
  SessionPrivileges others(caller_);
  EXPECT_EQ(others.missing({{kFolder, "a"}}, {}).error().code, Errno{EOPNOTSUPP});
}

}  // namespace
}  // namespace vtpmfs::vsphere
