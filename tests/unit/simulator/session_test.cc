#include <gtest/gtest.h>

#include <regex>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session_table.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

using SessionTest = SimulatorFixture;

_vim25__CurrentTime current_time() {
  _vim25__CurrentTime request;
  request._USCOREthis = vsphere::reference("ServiceInstance", "ServiceInstance");
  return request;
}

TEST_F(SessionTest, ServiceContentNeedsNoSession) {
  _vim25__RetrieveServiceContent request;
  request._USCOREthis = vsphere::reference("ServiceInstance", "ServiceInstance");
  const auto content = client.call<_vim25__RetrieveServiceContentResponse>(request);
  ASSERT_TRUE(content) << content.error().words;
  EXPECT_EQ((*content)->returnval->rootFolder.__item, "group-d1");
  EXPECT_EQ((*content)->returnval->about.apiVersion, "8.0.3.0");
  EXPECT_EQ((*content)->returnval->about.instanceUuid, simulator.instance_uuid());
}

TEST_F(SessionTest, LoginSetsTheCookieOfAVcenter) {
  const auto message = [&] {
    _vim25__Login request;
    request._USCOREthis = vsphere::reference("SessionManager", "SessionManager");
    request.userName = simulator.options().user;
    request.password = simulator.options().password;
    return *vsphere::write_message({}, request);
  }();
  const auto answer = client.post(message);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(std::regex_match(
      answer.header("Set-Cookie"),
      std::regex("vmware_soap_session=\"[0-9a-f]{40}\"; Path=/; HttpOnly; Secure;")))
      << answer.header("Set-Cookie");
  EXPECT_TRUE(client.call<_vim25__CurrentTimeResponse>(current_time()));
}

TEST_F(SessionTest, WrongPasswordAndUnknownUserAreInvalidLogin) {
  EXPECT_EQ(fault_type(client.login(simulator.options().user, "wrong")), "InvalidLogin");
  EXPECT_EQ(fault_type(client.login("nobody", simulator.options().password)), "InvalidLogin");
  EXPECT_EQ(simulator.sessions().size(), 0U);
}

TEST_F(SessionTest, FiveWrongPasswordsLockTheUserOut) {
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(client.login(simulator.options().user, "wrong"));
  ASSERT_TRUE(client.login());  // the right one in between: counted anew
  client.forget_cookies();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(client.login(simulator.options().user, "wrong"));
  EXPECT_EQ(fault_type(client.login()), "InvalidLogin");
  simulator.permissions().unlock(simulator.options().user);
  EXPECT_TRUE(client.login());
}

TEST_F(SessionTest, SecondLoginOnTheSameCookieIsInvalidLogin) {
  ASSERT_TRUE(client.login());
  EXPECT_EQ(fault_type(client.login()), "InvalidLogin");
  EXPECT_EQ(simulator.sessions().size(), 1U);
}

TEST_F(SessionTest, UserWithoutAnyPermissionMayNotLogIn) {
  simulator.permissions().add_user("stranger", "secret");
  EXPECT_EQ(fault_type(client.login("stranger", "secret")), "NoPermission");
}

TEST_F(SessionTest, CallsWithoutSessionAreNotAuthenticated) {
  const auto refused = client.call<_vim25__CurrentTimeResponse>(current_time());
  EXPECT_EQ(fault_type(refused), "NotAuthenticated");
  EXPECT_EQ(refused.error().fault->privilege_id, "System.View");
}

TEST_F(SessionTest, LogoutEndsTheSession) {
  ASSERT_TRUE(client.login());
  _vim25__Logout request;
  request._USCOREthis = vsphere::reference("SessionManager", "SessionManager");
  ASSERT_TRUE(client.call<_vim25__LogoutResponse>(request));
  EXPECT_EQ(simulator.sessions().size(), 0U);
  EXPECT_EQ(fault_type(client.call<_vim25__CurrentTimeResponse>(current_time())),
            "NotAuthenticated");
}

TEST_F(SessionTest, ExpiredSessionCanLogInAgain) {
  ASSERT_TRUE(client.login());
  EXPECT_EQ(simulator.sessions().expire(), 1);
  EXPECT_EQ(fault_type(client.call<_vim25__CurrentTimeResponse>(current_time())),
            "NotAuthenticated");
  EXPECT_TRUE(client.login());
}

TEST_F(SessionTest, IdleSessionsExpire) {
  ASSERT_TRUE(client.login());
  simulator.sessions().set_idle_time(std::chrono::milliseconds(1));
  EXPECT_TRUE(eventually([&] {
    return fault_type(client.call<_vim25__CurrentTimeResponse>(current_time())) ==
           "NotAuthenticated";
  }));
}

TEST_F(SessionTest, TooManySessionsAre503) {
  simulator.sessions().set_limit(1);
  ASSERT_TRUE(client.login());
  RawClient second(simulator);
  const auto refused = second.login();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().words, "HTTP status 503");
}

TEST_F(SessionTest, CurrentSessionTellsWhoAsks) {
  const auto request =
      SimulatorFixture::retrieve_request({"SessionManager", "SessionManager"}, {"currentSession"});
  // Everybody may ask; nobody is told who he is before he logs in.
  const auto before = client.call<_vim25__RetrievePropertiesExResponse>(request);
  ASSERT_TRUE(before) << before.error().words;
  EXPECT_TRUE((*before)->returnval->objects.at(0).propSet.empty());
  ASSERT_TRUE(client.login());
  const auto response = client.call<_vim25__RetrievePropertiesExResponse>(request);
  ASSERT_TRUE(response) << response.error().words;
  const auto& properties = (*response)->returnval->objects.at(0).propSet;
  ASSERT_EQ(properties.size(), 1U);
  const auto* session = vsphere::value_as<vim25__UserSession>(properties[0].val);
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(session->userName, simulator.options().user);
}

TEST_F(SessionTest, RetrieveWithoutSessionFaultsOrSaysSoInMissingSet) {
  const auto request = retrieve_request(world.folder_ref, {"name"});
  EXPECT_EQ(fault_type(client.call<_vim25__RetrievePropertiesExResponse>(request)),
            "NotAuthenticated");
  ASSERT_TRUE(simulator.switches().set("unauthenticated-retrieve", "missing"));
  const auto response = client.call<_vim25__RetrievePropertiesExResponse>(request);
  ASSERT_TRUE(response) << response.error().words;
  const auto& object = (*response)->returnval->objects.at(0);
  EXPECT_TRUE(object.propSet.empty());
  ASSERT_EQ(object.missingSet.size(), 1U);
  EXPECT_EQ(vsphere::type_name(*object.missingSet[0].fault.fault), "NotAuthenticated");
}

TEST_F(SessionTest, ViewsDieWithTheirSessionAndBelongToItAlone) {
  ASSERT_TRUE(client.login());
  const auto view = create_view(client, "VirtualMachine");
  _vim25__DestroyView destroy;
  destroy._USCOREthis = view;

  RawClient other(simulator);
  ASSERT_TRUE(other.login());
  EXPECT_EQ(fault_type(other.call<_vim25__DestroyViewResponse>(destroy)), "ManagedObjectNotFound");

  simulator.sessions().expire();
  ASSERT_TRUE(client.login());
  EXPECT_EQ(fault_type(client.call<_vim25__DestroyViewResponse>(destroy)), "ManagedObjectNotFound");
}

TEST_F(SessionTest, PrivilegesCanBeAskedFor) {
  simulator.permissions().add_user("reader", "secret");
  simulator.permissions().grant("reader", world.root_ref, "read-only");
  const auto login = client.login("reader", "secret");
  ASSERT_TRUE(login);
  _vim25__HasPrivilegeOnEntities request;
  request._USCOREthis = vsphere::reference("AuthorizationManager", "AuthorizationManager");
  request.entity.push_back(wire(world.folder_ref));
  request.sessionId = (*login)->returnval->key;
  request.privId = {"System.Read", "VirtualMachine.Inventory.Create"};
  const auto response = client.call<_vim25__HasPrivilegeOnEntitiesResponse>(request);
  ASSERT_TRUE(response) << response.error().words;
  const auto& granted = (*response)->returnval.at(0).privAvailability;
  ASSERT_EQ(granted.size(), 2U);
  EXPECT_TRUE(granted[0].isGranted);
  EXPECT_FALSE(granted[1].isGranted);
}

}  // namespace
}  // namespace vtpmfs::simulator
