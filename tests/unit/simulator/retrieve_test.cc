#include <gtest/gtest.h>

#include <set>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/session/permissions.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

class RetrieveTest : public SimulatorFixture {
 protected:
  void SetUp() override { ASSERT_TRUE(client.login()); }

  Result<vsphere::Message<_vim25__RetrievePropertiesExResponse>> retrieve(
      const _vim25__RetrievePropertiesEx& request) {
    return client.call<_vim25__RetrievePropertiesExResponse>(request);
  }
  _vim25__RetrievePropertiesEx view_request(std::vector<std::string> paths) {
    _vim25__RetrievePropertiesEx request;
    request._USCOREthis = collector();
    request.specSet.push_back(
        view_spec(arena, create_view(client, "VirtualMachine"), std::move(paths)));
    return request;
  }
  Result<vsphere::Message<_vim25__ContinueRetrievePropertiesExResponse>> go_on(
      const std::string& token) {
    _vim25__ContinueRetrievePropertiesEx request;
    request._USCOREthis = collector();
    request.token = token;
    return client.call<_vim25__ContinueRetrievePropertiesExResponse>(request);
  }

  vsphere::Arena arena;
};

TEST_F(RetrieveTest, PagesHaveAHundredObjectsUnlessAskedOtherwise) {
  world.add_machines(250);
  const auto request = view_request({"name"});
  const auto first = retrieve(request);
  ASSERT_TRUE(first) << first.error().words;
  EXPECT_EQ((*first)->returnval->objects.size(), 100U);
  EXPECT_EQ((*first)->returnval->token, "0");

  std::set<std::string> seen;
  for (const auto& object : (*first)->returnval->objects) seen.insert(object.obj.__item);
  std::vector<size_t> sizes;
  std::optional<std::string> token = (*first)->returnval->token;
  while (token) {
    const auto page = go_on(*token);
    ASSERT_TRUE(page) << page.error().words;
    sizes.push_back((*page)->returnval->objects.size());
    for (const auto& object : (*page)->returnval->objects) seen.insert(object.obj.__item);
    token = (*page)->returnval->token;
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{100, 50}));
  EXPECT_EQ(seen.size(), 250U);
}

TEST_F(RetrieveTest, MaxObjectsIsHonouredAndMustBePositive) {
  world.add_machines(5);
  auto request = view_request({"name"});
  request.options.maxObjects = 3;
  const auto page = retrieve(request);
  ASSERT_TRUE(page) << page.error().words;
  EXPECT_EQ((*page)->returnval->objects.size(), 3U);
  EXPECT_TRUE((*page)->returnval->token);
  request.options.maxObjects = 5;
  const auto all = retrieve(request);
  ASSERT_TRUE(all);
  EXPECT_FALSE((*all)->returnval->token);
  request.options.maxObjects = 0;
  EXPECT_EQ(fault_type(retrieve(request)), "InvalidArgument");
}

TEST_F(RetrieveTest, TokensWorkOnceAndInTheirSessionOnly) {
  world.add_machines(150);
  const auto page = retrieve(view_request({"name"}));
  ASSERT_TRUE(page);
  const std::string token = *(*page)->returnval->token;
  RawClient other(simulator);
  ASSERT_TRUE(other.login());
  _vim25__ContinueRetrievePropertiesEx request;
  request._USCOREthis = collector();
  request.token = token;
  EXPECT_EQ(fault_type(other.call<_vim25__ContinueRetrievePropertiesExResponse>(request)),
            "InvalidProperty");
  EXPECT_TRUE(go_on(token));
  EXPECT_EQ(fault_type(go_on(token)), "InvalidProperty");
}

TEST_F(RetrieveTest, CancelledTokensAreGone) {
  world.add_machines(150);
  const auto page = retrieve(view_request({"name"}));
  ASSERT_TRUE(page);
  _vim25__CancelRetrievePropertiesEx cancel;
  cancel._USCOREthis = collector();
  cancel.token = *(*page)->returnval->token;
  EXPECT_TRUE(client.call<_vim25__CancelRetrievePropertiesExResponse>(cancel));
  EXPECT_EQ(fault_type(go_on(cancel.token)), "InvalidProperty");
}

TEST_F(RetrieveTest, NothingFoundIsNoReturnval) {
  const auto nothing = retrieve(view_request({"name"}));
  ASSERT_TRUE(nothing) << nothing.error().words;
  EXPECT_FALSE((*nothing)->returnval);
}

TEST_F(RetrieveTest, KeyedPathsAnswerTheElementUnderTheirOwnText) {
  const Ref machine = world.add_machine("a");
  world.change(machine, [](TestMachine& m) { m.extra["encryption.bundle"] = "vmware:key/<&>"; });
  const auto response = retrieve(retrieve_request(
      machine, {"config.extraConfig[\"encryption.bundle\"]", "config.extraConfig[\"nvram\"]",
                "config.hardware.device[11000]", "config.hardware.device[4000]"}));
  ASSERT_TRUE(response) << response.error().words;
  const auto& object = (*response)->returnval->objects.at(0);
  EXPECT_TRUE(object.missingSet.empty());
  ASSERT_EQ(object.propSet.size(), 2U);  // no such key: unset
  EXPECT_EQ(object.propSet[0].name, "config.extraConfig[\"encryption.bundle\"]");
  const auto* option = vsphere::value_as<vim25__OptionValue>(object.propSet[0].val);
  ASSERT_NE(option, nullptr);
  EXPECT_EQ(vsphere::text_of(option->value), "vmware:key/<&>");
  EXPECT_EQ(object.propSet[1].name, "config.hardware.device[11000]");
  EXPECT_NE(vsphere::value_as<vim25__VirtualTPM>(object.propSet[1].val), nullptr);
}

TEST_F(RetrieveTest, InvalidPathFaultsTheWholeCallOrGoesIntoMissingSet) {
  const Ref machine = world.add_machine("a");
  const auto request = retrieve_request(machine, {"name", "config.nope"});
  const auto refused = retrieve(request);
  EXPECT_EQ(fault_type(refused), "InvalidProperty");
  EXPECT_EQ(refused.error().fault->name, "config.nope");
  ASSERT_TRUE(simulator.switches().set("invalid-property", "missing"));
  const auto response = retrieve(request);
  ASSERT_TRUE(response) << response.error().words;
  const auto& object = (*response)->returnval->objects.at(0);
  EXPECT_EQ(object.propSet.size(), 1U);
  ASSERT_EQ(object.missingSet.size(), 1U);
  EXPECT_EQ(object.missingSet[0].path, "config.nope");
}

TEST_F(RetrieveTest, MalformedKeysAreInvalid) {
  const Ref machine = world.add_machine("a");
  for (const char* path : {"config.extraConfig[]", "config.extraConfig[nvram]",
                           "config.extraConfig[5]", "config.hardware.device[\"11000\"]",
                           "config.extraConfig[\"nvram\"", "config.extraConfig[\"a\"].nope",
                           "config.hardware.device[4000].macAddress", "name[1]", ""}) {
    EXPECT_EQ(fault_type(retrieve(retrieve_request(machine, {path}))), "InvalidProperty") << path;
  }
}

TEST_F(RetrieveTest, MissingObjectsFaultOrAreReported) {
  const Ref machine = world.add_machine("a");
  auto request = retrieve_request(machine, {"name"});
  request.specSet[0].objectSet.emplace_back().obj = vsphere::reference("VirtualMachine", "vm-none");
  EXPECT_EQ(fault_type(retrieve(request)), "ManagedObjectNotFound");
  request.specSet[0].reportMissingObjectsInResults = true;
  const auto response = retrieve(request);
  ASSERT_TRUE(response) << response.error().words;
  ASSERT_EQ((*response)->returnval->objects.size(), 2U);
  size_t missing = 0;
  for (const auto& object : (*response)->returnval->objects) {
    if (object.obj.__item != "vm-none") continue;
    ASSERT_EQ(object.missingSet.size(), 1U);
    EXPECT_EQ(vsphere::type_name(*object.missingSet[0].fault.fault), "ManagedObjectNotFound");
    ++missing;
  }
  EXPECT_EQ(missing, 1U);
}

TEST_F(RetrieveTest, TraversalFollowsParentsByName) {
  const Ref machine = world.add_machine("a");
  _vim25__RetrievePropertiesEx request;
  request._USCOREthis = collector();
  auto& spec = request.specSet.emplace_back();
  spec.propSet.emplace_back().type = "ManagedEntity";
  spec.propSet.back().pathSet = {"name", "parent"};
  auto& start = spec.objectSet.emplace_back();
  start.obj = wire(machine);
  auto* up = arena.make<vim25__TraversalSpec>();
  up->name = "up";
  up->type = "ManagedEntity";
  up->path = "parent";
  auto* again = arena.make<vim25__SelectionSpec>();
  again->name = "up";
  up->selectSet.push_back(again);
  start.selectSet.push_back(up);
  const auto response = retrieve(request);
  ASSERT_TRUE(response) << response.error().words;
  std::vector<std::string> ids;
  for (const auto& object : (*response)->returnval->objects) ids.push_back(object.obj.__item);
  EXPECT_EQ(ids, (std::vector<std::string>{machine.id, "group-v3", "group-d1"}));
}

TEST_F(RetrieveTest, ObjectsThatNoPropertySpecAsksForAreLeftOut) {
  const Ref machine = world.add_machine("a");
  auto request = retrieve_request(machine, {"name"});
  request.specSet[0].objectSet[0].obj = wire(world.root_ref);
  auto* down = arena.make<vim25__TraversalSpec>();
  down->name = "down";
  down->type = "Folder";
  down->path = "childEntity";
  auto* again = arena.make<vim25__SelectionSpec>();
  again->name = "down";
  down->selectSet.push_back(again);
  request.specSet[0].objectSet[0].selectSet.push_back(down);
  const auto response = retrieve(request);
  ASSERT_TRUE(response) << response.error().words;
  ASSERT_EQ((*response)->returnval->objects.size(), 1U);
  EXPECT_EQ((*response)->returnval->objects[0].obj.__item, machine.id);
}

TEST_F(RetrieveTest, UnknownTypesAndNamesAreInvalidArguments) {
  auto request = retrieve_request(world.folder_ref, {"name"});
  request.specSet[0].propSet[0].type = "Hologram";
  EXPECT_EQ(fault_type(retrieve(request)), "InvalidArgument");
  request = retrieve_request(world.folder_ref, {"name"});
  auto* nowhere = arena.make<vim25__SelectionSpec>();
  nowhere->name = "nowhere";
  request.specSet[0].objectSet[0].selectSet.push_back(nowhere);
  EXPECT_EQ(fault_type(retrieve(request)), "InvalidArgument");
}

TEST_F(RetrieveTest, WhatMayNotBeReadIsMissingAndWhatMayNotBeSeenIsNotThere) {
  const Ref shown = world.add_machine("shown");
  const Ref hidden = world.add_machine("hidden");
  Permissions& permissions = simulator.permissions();
  permissions.add_user("viewer", "secret");
  permissions.add_role({"viewer", {"System.View"}, false, {}});
  permissions.grant("viewer", world.root_ref, "viewer");
  permissions.grant("viewer", hidden, "no-access");
  RawClient viewer(simulator);
  ASSERT_TRUE(viewer.login("viewer", "secret"));

  _vim25__RetrievePropertiesEx request;
  request._USCOREthis = collector();
  request.specSet.push_back(
      view_spec(arena, create_view(viewer, "VirtualMachine"), {"name", "config.changeVersion"}));
  const auto response = viewer.call<_vim25__RetrievePropertiesExResponse>(request);
  ASSERT_TRUE(response) << response.error().words;
  ASSERT_EQ((*response)->returnval->objects.size(), 1U);
  const auto& object = (*response)->returnval->objects[0];
  EXPECT_EQ(object.obj.__item, shown.id);
  ASSERT_EQ(object.propSet.size(), 1U);
  EXPECT_EQ(object.propSet[0].name, "name");
  ASSERT_EQ(object.missingSet.size(), 1U);
  EXPECT_EQ(vsphere::type_name(*object.missingSet[0].fault.fault), "NoPermission");
  EXPECT_EQ(object.missingSet[0].fault.fault->privilegeId, "System.Read");
}

TEST_F(RetrieveTest, ViewsKnowTheirTypesAndDepth) {
  world.add_machines(3);
  const auto count = [&](const Ref& container, const char* type, bool recursive) -> long {
    _vim25__CreateContainerView request;
    request._USCOREthis = vsphere::reference("ViewManager", "ViewManager");
    request.container = wire(container);
    request.type.emplace_back(type);
    request.recursive = recursive;
    const auto view = client.call<_vim25__CreateContainerViewResponse>(request);
    if (!view) return -1;
    const auto content = retrieve(retrieve_request(ref_of(*(*view)->returnval), {"view"}));
    if (!content) return -2;
    const auto* refs = vsphere::value_as<vim25__ArrayOfManagedObjectReference>(
        (*content)->returnval->objects.at(0).propSet.at(0).val);
    return refs == nullptr ? -3 : static_cast<long>(refs->ManagedObjectReference.size());
  };
  EXPECT_EQ(count(world.root_ref, "VirtualMachine", true), 3);
  EXPECT_EQ(count(world.root_ref, "VirtualMachine", false), 0);
  EXPECT_EQ(count(world.folder_ref, "VirtualMachine", false), 3);
  EXPECT_EQ(count(world.root_ref, "Folder", true), 1);
  EXPECT_EQ(count(world.root_ref, "ManagedEntity", true), 4);
  EXPECT_EQ(count(world.root_ref, "Hologram", true), -1);
}

TEST_F(RetrieveTest, TraversalsFollowThePathsOfTheirOwnType) {
  world.add_machine("a");
  _vim25__RetrievePropertiesEx request;
  request._USCOREthis = collector();
  auto& spec = request.specSet.emplace_back();
  spec.propSet.emplace_back().type = "VirtualMachine";
  spec.propSet.back().pathSet = {"name"};
  spec.objectSet.emplace_back().obj = wire(world.folder_ref);
  auto* traversal = arena.make<vim25__TraversalSpec>();
  traversal->type = "Folder";
  traversal->path = "childEntity";
  spec.objectSet.back().selectSet.push_back(traversal);
  EXPECT_EQ(fault_type(retrieve(request)), "");
  traversal->path = "name";  // leads nowhere
  EXPECT_EQ(fault_type(retrieve(request)), "InvalidProperty");
  traversal->path = "childEntity";
  // Not met on the way, and wrong all the same.
  auto* inner = arena.make<vim25__TraversalSpec>();
  inner->type = "Task";
  inner->path = "childEntity";
  traversal->selectSet.push_back(inner);
  EXPECT_EQ(fault_type(retrieve(request)), "InvalidProperty");
}

TEST_F(RetrieveTest, TypesWithoutObjectsHavePathsToo) {
  _vim25__RetrievePropertiesEx request = retrieve_request(world.folder_ref, {"name"});
  request.specSet[0].propSet.emplace_back().type = "Task";
  request.specSet[0].propSet.back().pathSet = {"info.nope"};
  EXPECT_EQ(fault_type(retrieve(request)), "InvalidProperty");
  request.specSet[0].propSet.back().pathSet = {"info.state"};
  EXPECT_EQ(fault_type(retrieve(request)), "");
}

TEST_F(RetrieveTest, WithoutASessionTheAnswerCanBeEmpty) {
  const Ref machine = world.add_machine("a");
  client.forget_cookies();
  ASSERT_TRUE(simulator.switches().set("unauthenticated-retrieve", "empty"));
  const auto nothing = retrieve(retrieve_request(machine, {"name"}));
  ASSERT_TRUE(nothing) << nothing.error().words;
  EXPECT_FALSE((*nothing)->returnval);
}

TEST_F(RetrieveTest, APageOfVanishedObjectsIsAFault) {
  std::vector<Ref> machines;
  for (int i = 0; i < 3; ++i) machines.push_back(world.add_machine(std::to_string(i)));
  auto request = view_request({"name"});
  request.options.maxObjects = 1;
  const auto first = retrieve(request);
  ASSERT_TRUE(first && (*first)->returnval && (*first)->returnval->token);
  for (const Ref& ref : machines) world.remove_machine(ref);
  EXPECT_EQ(fault_type(go_on(*(*first)->returnval->token)), "ManagedObjectNotFound");
}

}  // namespace
}  // namespace vtpmfs::simulator
