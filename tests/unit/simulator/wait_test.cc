#include <gtest/gtest.h>

#include <future>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/https/http_server.h"
#include "tests/simulator/session/session_table.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

using Updates = Result<vsphere::Message<_vim25__WaitForUpdatesExResponse>>;

class WaitTest : public SimulatorFixture {
 protected:
  void SetUp() override {
    const auto login = client.login();
    ASSERT_TRUE(login);
    session_key = (*login)->returnval->key;
    _vim25__CreatePropertyCollector create;
    create._USCOREthis = collector();
    const auto made = client.call<_vim25__CreatePropertyCollectorResponse>(create);
    ASSERT_TRUE(made) << made.error().words;
    mine = *(*made)->returnval;
  }

  void watch_machines() {
    vsphere::Arena arena;
    _vim25__CreateFilter create;
    create._USCOREthis = mine;
    create.spec = view_spec(arena, create_view(client, "VirtualMachine"),
                            {"name", "config.changeVersion", "config.annotation"});
    create.partialUpdates = false;
    const auto made = client.call<_vim25__CreateFilterResponse>(create);
    ASSERT_TRUE(made) << made.error().words;
  }

  _vim25__WaitForUpdatesEx wait_request(const std::string& version, int seconds) const {
    _vim25__WaitForUpdatesEx request;
    request._USCOREthis = mine;
    request.version = version;
    request.options.emplace().maxWaitSeconds = seconds;
    return request;
  }
  Updates wait(const std::string& version, int seconds = 0) {
    return client.call<_vim25__WaitForUpdatesExResponse>(wait_request(version, seconds));
  }
  /// "enter vm-1001 2, leave vm-1003 0": kind, object and number of changes.
  static std::string said(const Updates& updates) {
    if (!updates) return fault_type(updates);
    if (!(*updates)->returnval) return "nothing";
    std::string text;
    for (const auto& filter : (*updates)->returnval->filterSet) {
      for (const auto& object : filter.objectSet) {
        if (!text.empty()) text += ", ";
        text +=
            object.kind + " " + object.obj.__item + " " + std::to_string(object.changeSet.size());
      }
    }
    return text;
  }
  static std::string version_of(const Updates& updates) {
    return updates && (*updates)->returnval ? (*updates)->returnval->version : "none";
  }

  std::string session_key;
  vim25__ManagedObjectReference mine;
};

TEST_F(WaitTest, FirstStateThenChangesOnly) {
  const Ref a = world.add_machine("a");
  watch_machines();
  const auto first = wait("");
  EXPECT_EQ(said(first), "enter " + a.id + " 2");  // the annotation is unset: not there
  EXPECT_EQ(said(wait(version_of(first))), "nothing");

  world.change(a, [](TestMachine& m) { m.annotation = "note"; });
  const auto second = wait(version_of(first));
  EXPECT_EQ(said(second), "modify " + a.id + " 1");
  EXPECT_NE(version_of(second), version_of(first));
  const auto& change = (*second)->returnval->filterSet[0].objectSet[0].changeSet.at(0);
  EXPECT_EQ(change.name, "config.annotation");
  EXPECT_EQ(change.op, "assign");
  EXPECT_EQ(vsphere::text_of(change.val), "note");

  world.change(a, [](TestMachine& m) { m.annotation.clear(); });
  const auto third = wait(version_of(second));
  ASSERT_EQ(said(third), "modify " + a.id + " 1");
  EXPECT_EQ((*third)->returnval->filterSet[0].objectSet[0].changeSet.at(0).val, nullptr);

  world.change(a, [](TestMachine&) {});  // told of a change that is none
  EXPECT_EQ(said(wait(version_of(third))), "nothing");
}

TEST_F(WaitTest, MachinesEnterAndLeave) {
  const Ref a = world.add_machine("a");
  watch_machines();
  const auto first = wait("");
  const Ref b = world.add_machine("b");
  const auto second = wait(version_of(first));
  EXPECT_EQ(said(second), "enter " + b.id + " 2");
  world.remove_machine(a);
  EXPECT_EQ(said(wait(version_of(second))), "leave " + a.id + " 0");
}

TEST_F(WaitTest, LostAnswerIsToldAgainUnderTheOldVersion) {
  const Ref a = world.add_machine("a");
  watch_machines();
  const auto first = wait("");
  world.change(a, [](TestMachine& m) { m.annotation = "one"; });
  const auto lost = wait(version_of(first));
  EXPECT_EQ(said(lost), "modify " + a.id + " 1");
  const Ref b = world.add_machine("b");
  const auto again = wait(version_of(first));
  EXPECT_NE(said(again).find("modify " + a.id + " 1"), std::string::npos) << said(again);
  EXPECT_NE(said(again).find("enter " + b.id + " 2"), std::string::npos) << said(again);
  EXPECT_NE(version_of(again), version_of(lost));
  // What was sent under the lost version was never accepted: that version does not exist any more.
  EXPECT_EQ(said(wait(version_of(lost))), "InvalidCollectorVersion");
  EXPECT_EQ(said(wait(version_of(again))), "nothing");
}

TEST_F(WaitTest, LargeStatesComeInPiecesThatWorkOnce) {
  world.add_machines(230);
  watch_machines();
  std::vector<size_t> sizes;
  std::string version;
  std::string first_piece;
  for (bool more = true; more;) {
    const auto piece = wait(version);
    ASSERT_TRUE(piece && (*piece)->returnval) << said(piece);
    sizes.push_back((*piece)->returnval->filterSet.at(0).objectSet.size());
    more = (*piece)->returnval->truncated.value_or(false);
    version = version_of(piece);
    if (first_piece.empty()) first_piece = version;
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{100, 100, 30}));
  EXPECT_EQ(said(wait(first_piece)), "InvalidCollectorVersion");
  EXPECT_EQ(said(wait(version)), "nothing");
}

TEST_F(WaitTest, UnknownVersionIsInvalidAndEmptyStartsAnew) {
  const Ref a = world.add_machine("a");
  watch_machines();
  EXPECT_EQ(said(wait("77")), "InvalidCollectorVersion");
  const auto first = wait("");
  EXPECT_EQ(said(wait("")), said(first));
  EXPECT_EQ(said(first), "enter " + a.id + " 2");
}

TEST_F(WaitTest, WaitingEndsWithTheChange) {
  const Ref a = world.add_machine("a");
  watch_machines();
  const auto first = wait("");
  auto waiting = std::async(std::launch::async, [&] { return wait(version_of(first), 600); });
  // Another connection is served meanwhile.
  RawClient other(simulator);
  ASSERT_TRUE(other.login());
  ASSERT_TRUE(eventually([&] { return simulator.server().connections() == 2; }));
  world.change(a, [](TestMachine& m) { m.annotation = "x"; });
  EXPECT_EQ(said(waiting.get()), "modify " + a.id + " 1");
}

TEST_F(WaitTest, CancelledWaitIsRequestCanceled) {
  watch_machines();
  RawClient other(simulator);
  auto waiting = std::async(std::launch::async, [&] { return wait("", 600); });
  // The collector belongs to the session: the second connection must bear its cookie.
  const auto session = simulator.sessions().find_by_key(session_key);
  ASSERT_NE(session, nullptr);
  _vim25__CancelWaitForUpdates cancel;
  cancel._USCOREthis = mine;
  const std::string message = *vsphere::write_message({}, cancel);
  ASSERT_TRUE(eventually([&] {
    const auto answer =
        other.send("POST", "/sdk", message,
                   {"SOAPAction: urn:vim25/8.0.3.0",
                    "Cookie: vmware_soap_session=\"" + session->who().cookie + "\""});
    return answer.status == 200 &&
           waiting.wait_for(std::chrono::milliseconds(20)) == std::future_status::ready;
  }));
  EXPECT_EQ(said(waiting.get()), "RequestCanceled");
}

TEST_F(WaitTest, SecondWaitEndsTheFirst) {
  watch_machines();
  auto waiting = std::async(std::launch::async, [&] { return wait("", 600); });
  const auto session = simulator.sessions().find_by_key(session_key);
  ASSERT_NE(session, nullptr);
  ASSERT_TRUE(eventually([&] { return session->busy(); }));
  RawClient other(simulator);
  const auto answer = other.send("POST", "/sdk", *vsphere::write_message({}, wait_request("", 0)),
                                 {"SOAPAction: urn:vim25/8.0.3.0",
                                  "Cookie: vmware_soap_session=\"" + session->who().cookie + "\""});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(said(waiting.get()), "RequestCanceled");
}

TEST_F(WaitTest, ExpiredSessionEndsTheWait) {
  watch_machines();
  auto waiting = std::async(std::launch::async, [&] { return wait("", 600); });
  ASSERT_TRUE(eventually([&] {
    const auto session = simulator.sessions().find_by_key(session_key);
    return session && session->busy();
  }));
  simulator.sessions().expire();
  EXPECT_EQ(said(waiting.get()), "NotAuthenticated");
}

TEST_F(WaitTest, StopEndsTheWaitAtOnce) {
  watch_machines();
  auto waiting = std::async(std::launch::async, [&] { return wait("", 600); });
  ASSERT_TRUE(eventually([&] {
    const auto session = simulator.sessions().find_by_key(session_key);
    return session && session->busy();
  }));
  simulator.stop();
  EXPECT_FALSE(waiting.get());
}

TEST_F(WaitTest, FiltersCanBeDestroyed) {
  const Ref a = world.add_machine("a");
  vsphere::Arena arena;
  _vim25__CreateFilter create;
  create._USCOREthis = mine;
  create.spec = view_spec(arena, create_view(client, "VirtualMachine"), {"name"});
  const auto made = client.call<_vim25__CreateFilterResponse>(create);
  ASSERT_TRUE(made);
  const auto first = wait("");
  _vim25__DestroyPropertyFilter destroy;
  destroy._USCOREthis = *(*made)->returnval;
  ASSERT_TRUE(client.call<_vim25__DestroyPropertyFilterResponse>(destroy));
  world.change(a, [](TestMachine& m) { m.name = "other"; });
  EXPECT_EQ(said(wait(version_of(first))), "nothing");
  EXPECT_EQ(fault_type(client.call<_vim25__DestroyPropertyFilterResponse>(destroy)),
            "ManagedObjectNotFound");
}

TEST_F(WaitTest, FilterOnNothingOrOnWrongPathsIsRefused) {
  _vim25__CreateFilter create;
  create._USCOREthis = mine;
  create.spec.propSet.emplace_back().type = "VirtualMachine";
  create.spec.propSet.back().pathSet = {"name"};
  create.spec.objectSet.emplace_back().obj = vsphere::reference("VirtualMachine", "vm-none");
  EXPECT_EQ(fault_type(client.call<_vim25__CreateFilterResponse>(create)), "ManagedObjectNotFound");
  create.spec.objectSet[0].obj = wire(world.add_machine("a"));
  create.spec.propSet[0].pathSet = {"nope"};
  EXPECT_EQ(fault_type(client.call<_vim25__CreateFilterResponse>(create)), "InvalidProperty");
}

TEST_F(WaitTest, OnlyRealChangesMakeAnAnswerTruncated) {
  std::vector<Ref> machines;
  for (int i = 0; i < 5; ++i) machines.push_back(world.add_machine(std::to_string(i)));
  watch_machines();
  const auto first = wait("");
  world.change(machines[0], [](TestMachine& m) { m.annotation = "x"; });
  for (const Ref& ref : machines) world.change(ref, [](TestMachine&) {});
  _vim25__WaitForUpdatesEx request = wait_request(version_of(first), 0);
  request.options->maxObjectUpdates = 1;
  const auto second = client.call<_vim25__WaitForUpdatesExResponse>(request);
  ASSERT_EQ(said(second), "modify " + machines[0].id + " 1");
  EXPECT_FALSE((*second)->returnval->truncated.value_or(false));
}

TEST_F(WaitTest, MissingStartsAreToldOnceWhereTheyAreWanted) {
  const Ref a = world.add_machine("a");
  _vim25__CreateFilter create;
  create._USCOREthis = mine;
  create.spec.propSet.emplace_back().type = "VirtualMachine";
  create.spec.propSet.back().pathSet = {"name"};
  create.spec.objectSet.emplace_back().obj = wire(a);
  create.spec.objectSet.emplace_back().obj = vsphere::reference("VirtualMachine", "vm-none");
  create.spec.reportMissingObjectsInResults = true;
  ASSERT_TRUE(client.call<_vim25__CreateFilterResponse>(create));
  const auto first = wait("");
  EXPECT_EQ(said(first), "enter " + a.id + " 1");
  const auto& missing = (*first)->returnval->filterSet.at(0).missingSet;
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].obj.__item, "vm-none");
  EXPECT_EQ(vsphere::type_name(*missing[0].fault.fault), "ManagedObjectNotFound");
  world.change(a, [](TestMachine& m) { m.name = "b"; });
  const auto second = wait(version_of(first));
  EXPECT_EQ(said(second), "modify " + a.id + " 1");
  EXPECT_TRUE((*second)->returnval->filterSet.at(0).missingSet.empty());
  world.remove_machine(a);
  const auto third = wait(version_of(second));
  EXPECT_EQ(said(third), "leave " + a.id + " 0");
  EXPECT_TRUE((*third)->returnval->filterSet.at(0).missingSet.empty());
}

TEST_F(WaitTest, AnExpiredSessionCanStandInAMissingSet) {
  const Ref a = world.add_machine("a");
  watch_machines();
  ASSERT_TRUE(simulator.switches().set("unauthenticated-wait", "missing"));
  const auto first = wait("");
  auto waiting = std::async(std::launch::async, [&] { return wait(version_of(first), 600); });
  ASSERT_TRUE(eventually([&] {
    const auto session = simulator.sessions().find_by_key(session_key);
    return session && session->busy();
  }));
  simulator.sessions().expire();
  const auto told = waiting.get();
  ASSERT_EQ(said(told), "modify " + a.id + " 0");
  const auto& missing = (*told)->returnval->filterSet.at(0).objectSet.at(0).missingSet;
  ASSERT_EQ(missing.size(), 3U);
  EXPECT_EQ(vsphere::type_name(*missing[0].fault.fault), "NotAuthenticated");
}

TEST_F(WaitTest, ACollectorTakesItsFiltersWithIt) {
  vsphere::Arena arena;
  _vim25__CreateFilter create;
  create._USCOREthis = mine;
  create.spec = view_spec(arena, create_view(client, "VirtualMachine"), {"name"});
  const auto made = client.call<_vim25__CreateFilterResponse>(create);
  ASSERT_TRUE(made);
  _vim25__DestroyPropertyCollector destroy;
  destroy._USCOREthis = mine;
  ASSERT_TRUE(client.call<_vim25__DestroyPropertyCollectorResponse>(destroy));
  _vim25__DestroyPropertyFilter filter;
  filter._USCOREthis = *(*made)->returnval;
  EXPECT_EQ(fault_type(client.call<_vim25__DestroyPropertyFilterResponse>(filter)),
            "ManagedObjectNotFound");
}

}  // namespace
}  // namespace vtpmfs::simulator
