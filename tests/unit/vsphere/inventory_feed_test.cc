#include <gmock/gmock.h>

#include "tests/unit/vsphere/fake_soap_caller.h"
#include "vsphere/connection_parts.h"
#include "vsphere/inventory_source.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = EntityChange::Kind;

std::string made(const std::string& operation, const std::string& type, const std::string& id) {
  return response(operation, "<returnval type=\"" + type + "\">" + id + "</returnval>");
}

std::string updates(const std::string& version, const std::string& objects,
                    bool truncated = false) {
  return response("WaitForUpdatesEx",
                  "<returnval><version>" + version +
                      "</version><filterSet><filter type=\"PropertyFilter\">f</filter>" + objects +
                      "</filterSet>" + (truncated ? "<truncated>true</truncated>" : "") +
                      "</returnval>");
}

std::string change(const std::string& kind, const std::string& type, const std::string& id,
                   const std::string& content = "") {
  return "<objectSet><kind>" + kind + "</kind><obj type=\"" + type + "\">" + id + "</obj>" +
         content + "</objectSet>";
}

std::string assign(const std::string& name, const std::string& type, const std::string& content) {
  return "<changeSet><name>" + name + "</name><op>assign</op><val xsi:type=\"" + type + "\">" +
         content + "</val></changeSet>";
}

const std::string kNothing = response("WaitForUpdatesEx", "");

class InventoryFeedTest : public ::testing::Test {
 protected:
  InventoryFeedTest() {
    caller.on("CreatePropertyCollector",
              {made("CreatePropertyCollector", "PropertyCollector", "own-1"),
               made("CreatePropertyCollector", "PropertyCollector", "own-2")});
    caller.on("CreateContainerView", {made("CreateContainerView", "ContainerView", "view-1")});
    caller.on("CreateFilter", {made("CreateFilter", "PropertyFilter", "filter-1")});
    feed = make_inventory_source(caller, PartSettings{});
  }

  const EntityValue* value(const EntityChange& of, EntityProperty property) {
    for (const auto& [name, value] : of.values) {
      if (name == property) return &value;
    }
    return nullptr;
  }

  FakeSoapCaller caller;
  std::unique_ptr<InventorySource> feed;
};

TEST_F(InventoryFeedTest, BeginsWithTheWholeInventoryInBatches) {
  caller.on(
      "WaitForUpdatesEx",
      {updates("1", change("enter", "Folder", "group-v3", assign("name", "xsd:string", "vm")),
               true),
       updates("2",
               change("enter", "VirtualMachine", "vm-1",
                      assign("name", "xsd:string", "a") +
                          "<changeSet><name>parent</name><op>assign</op><val type=\"Folder\" "
                          "xsi:type=\"ManagedObjectReference\">group-v3</val></changeSet>" +
                          assign("config.keyId", "CryptoKeyId", "<keyId>k</keyId>") +
                          assign("summary.config.tpmPresent", "xsd:boolean", "true") +
                          assign("runtime.powerState", "VirtualMachinePowerState", "poweredOn"))),
       kNothing});
  auto first = feed->next({});
  ASSERT_TRUE(first) << first.error().words;
  EXPECT_TRUE(first->restarted);
  EXPECT_FALSE(first->complete);
  ASSERT_EQ(first->changes.size(), 1U);
  EXPECT_EQ(first->changes[0].kind, Kind::enter);
  auto second = feed->next({});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->restarted);
  EXPECT_TRUE(second->complete);
  ASSERT_EQ(second->changes.size(), 1U);
  const EntityChange& vm = second->changes[0];
  ASSERT_NE(value(vm, EntityProperty::parent), nullptr);
  EXPECT_EQ(std::get<MoRef>(*value(vm, EntityProperty::parent)), (MoRef{"Folder", "group-v3"}));
  EXPECT_EQ(std::get<CryptoKeyId>(*value(vm, EntityProperty::key_id)).key_id, "k");
  EXPECT_TRUE(std::get<bool>(*value(vm, EntityProperty::tpm_present)));
  EXPECT_EQ(std::get<std::string>(*value(vm, EntityProperty::power_state)), "poweredOn");
  auto third = feed->next({});
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->complete && third->changes.empty() && !third->restarted);
  EXPECT_EQ(caller.count("CreateFilter"), 1U);
  EXPECT_THAT(caller.requests("WaitForUpdatesEx")[2], HasSubstr("version>2</"));
}

TEST_F(InventoryFeedTest, TheServerWaitsLessLongThanTheClient) {
  caller.on("WaitForUpdatesEx", {kNothing});
  Call call;
  call.timeout = std::chrono::seconds{10};
  ASSERT_TRUE(feed->next(call));
  EXPECT_THAT(caller.requests("WaitForUpdatesEx")[0], HasSubstr("maxWaitSeconds>10</"));
  EXPECT_EQ(caller.last_call.timeout, std::chrono::seconds{40});
  call.timeout = std::chrono::hours{1};
  ASSERT_TRUE(feed->next(call));
  EXPECT_THAT(caller.requests("WaitForUpdatesEx")[1], HasSubstr("maxWaitSeconds>60</"));
}

TEST_F(InventoryFeedTest, UnsetUnreadableAndUnknownAreThreeThings) {
  caller.on("WaitForUpdatesEx",
            {updates("1", change("modify", "VirtualMachine", "vm-1",
                                 "<changeSet><name>config.changeVersion</name><op>assign</op>"
                                 "</changeSet>" +
                                     missing("config.keyId", "NoPermission") +
                                     missing("runtime.cryptoState", "InvalidProperty")) +
                              change("leave", "VirtualMachine", "vm-2") +
                              "<missingSet><obj type=\"VirtualMachine\">vm-3</obj><fault><fault "
                              "xsi:type=\"ManagedObjectNotFound\"/></fault></missingSet>")});
  auto update = feed->next({});
  ASSERT_TRUE(update);
  ASSERT_EQ(update->changes.size(), 3U);
  const EntityChange& vm = update->changes[0];
  EXPECT_EQ(vm.values.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*value(vm, EntityProperty::change_version)));
  ASSERT_TRUE(std::holds_alternative<Error>(*value(vm, EntityProperty::key_id)));
  EXPECT_EQ(std::get<Error>(*value(vm, EntityProperty::key_id)).code.value(), EACCES);
  EXPECT_EQ(update->changes[1].kind, Kind::leave);
  EXPECT_EQ(update->changes[2].kind, Kind::leave);
  EXPECT_EQ(update->changes[2].id.value, "vm-3");
}

TEST_F(InventoryFeedTest, ARefusedVersionBeginsAnewWithTheSameObjects) {
  caller.on("WaitForUpdatesEx", {updates("7", ""), soap_fault("InvalidCollectorVersion"),
                                 updates("1", change("enter", "Folder", "f"))});
  ASSERT_TRUE(feed->next({}));
  auto again = feed->next({});
  ASSERT_TRUE(again) << again.error().words;
  EXPECT_TRUE(again->restarted);
  EXPECT_EQ(again->changes.size(), 1U);
  EXPECT_EQ(caller.count("CreatePropertyCollector"), 1U);
  EXPECT_THAT(caller.requests("WaitForUpdatesEx")[2], Not(HasSubstr("version>7</")));
}

TEST_F(InventoryFeedTest, LostObjectsAreMadeAnew) {
  caller.on("WaitForUpdatesEx",
            {updates("7", ""),
             soap_fault("ManagedObjectNotFound", "<obj type=\"PropertyCollector\">own-1</obj>"),
             updates("1", "")});
  ASSERT_TRUE(feed->next({}));
  auto again = feed->next({});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->restarted);
  EXPECT_EQ(caller.count("CreatePropertyCollector"), 2U);
  EXPECT_EQ(caller.count("CreateContainerView"), 2U);
  EXPECT_THAT(caller.requests("WaitForUpdatesEx")[2], HasSubstr("own-2"));
}

TEST_F(InventoryFeedTest, ANewSessionMakesThemAnewWithoutAsking) {
  caller.on("WaitForUpdatesEx", {updates("7", "")});
  ASSERT_TRUE(feed->next({}));
  ++caller.generation;
  auto again = feed->next({});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->restarted);
  EXPECT_EQ(caller.count("CreatePropertyCollector"), 2U);
}

TEST_F(InventoryFeedTest, ASessionLostInMissingSetIsRenewed) {
  caller.on("WaitForUpdatesEx", {updates("7", change("modify", "VirtualMachine", "vm-1",
                                                     missing("name", "NotAuthenticated"))),
                                 updates("1", "")});
  auto update = feed->next({});
  ASSERT_TRUE(update) << update.error().words;
  EXPECT_TRUE(update->restarted);
  EXPECT_TRUE(update->changes.empty());
  EXPECT_EQ(caller.renewals, 1);
}

TEST_F(InventoryFeedTest, BeginsAnewWithAnotherCollectorWhereThatIsWanted) {
  caller.on("DestroyPropertyCollector", {response("DestroyPropertyCollector", "")});
  const std::string whole =
      change("enter", "VirtualMachine", "vm-1", assign("name", "xsd:string", "a"));
  caller.on("WaitForUpdatesEx", {updates("1", whole), updates("2", whole)});
  ASSERT_TRUE(feed->next({}));
  feed->begin_anew();
  const auto again = feed->next({});
  ASSERT_TRUE(again) << again.error().words;
  EXPECT_TRUE(again->restarted);
  EXPECT_EQ(again->changes.size(), 1U);
  EXPECT_THAT(caller.requests("WaitForUpdatesEx").back(), HasSubstr("own-2"));
  EXPECT_EQ(caller.requests("DestroyPropertyCollector").size(), 1U);
}

TEST_F(InventoryFeedTest, GivesUpWhereObjectsNeverStay) {
  caller.on("WaitForUpdatesEx", {soap_fault("ManagedObjectNotFound")});
  auto update = feed->next({});
  ASSERT_FALSE(update);
  EXPECT_LT(caller.count("WaitForUpdatesEx"), 10U);
}

TEST_F(InventoryFeedTest, DoesWithoutAPathThatTheServerRefuses) {
  caller.on("CreateFilter", [](const std::string& request) {
    for (const char* path : {"summary.config.tpmPresent", "runtime.cryptoState"}) {
      if (request.find(path) != std::string::npos) {
        return Result<std::string>(
            soap_fault("InvalidProperty", "<name>" + std::string(path) + "</name>"));
      }
    }
    return Result<std::string>(made("CreateFilter", "PropertyFilter", "filter-1"));
  });
  caller.on("WaitForUpdatesEx", {kNothing});
  ASSERT_TRUE(feed->next({}));
  EXPECT_EQ(caller.count("CreateFilter"), 3U);
}

TEST_F(InventoryFeedTest, WithoutNamesThereIsNoTree) {
  caller.on("CreateFilter", {soap_fault("InvalidProperty", "<name>name</name>")});
  EXPECT_FALSE(feed->next({}));
  EXPECT_EQ(caller.count("CreateFilter"), 1U);
}

TEST_F(InventoryFeedTest, AFilterThatMayHaveBeenMadeGoesWithItsCollector) {
  int calls = 0;
  caller.on("CreateFilter", [&](const std::string&) {
    if (++calls == 1) return Result<std::string>(fail(ETIMEDOUT, "no answer"));
    return Result<std::string>(made("CreateFilter", "PropertyFilter", "filter-2"));
  });
  caller.on("DestroyPropertyCollector", {response("DestroyPropertyCollector", "")});
  caller.on("WaitForUpdatesEx", {updates("1", "")});
  EXPECT_FALSE(feed->next({}));
  ASSERT_EQ(caller.count("DestroyPropertyCollector"), 1U);
  EXPECT_THAT(caller.requests("DestroyPropertyCollector")[0], HasSubstr("own-1"));
  ASSERT_TRUE(feed->next({}));
  EXPECT_THAT(caller.requests("CreateFilter")[1], HasSubstr("own-2"));
}

TEST_F(InventoryFeedTest, AServerAwayIsAnErrorAndTheVersionIsKept) {
  int calls = 0;
  caller.on("WaitForUpdatesEx", [&](const std::string&) {
    ++calls;
    if (calls == 2) return Result<std::string>(fail(EHOSTUNREACH, "away"));
    return Result<std::string>(updates("7", ""));
  });
  ASSERT_TRUE(feed->next({}));
  auto away = feed->next({});
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code.value(), EHOSTUNREACH);
  auto back = feed->next({});
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->restarted);
  EXPECT_THAT(caller.requests("WaitForUpdatesEx")[2], HasSubstr("version>7</"));
}

TEST_F(InventoryFeedTest, AWaitThatWasCancelledEndsNoTruncatedUpdate) {
  caller.on(
      "WaitForUpdatesEx",
      {updates("1", change("enter", "Folder", "a"), true), soap_fault("RequestCanceled"),
       updates("2", change("enter", "Folder", "b")), soap_fault("RequestCanceled"), kNothing});
  ASSERT_TRUE(feed->next({}));
  auto cancelled = feed->next({});
  ASSERT_TRUE(cancelled) << cancelled.error().words;
  EXPECT_FALSE(cancelled->complete);
  auto rest = feed->next({});
  ASSERT_TRUE(rest);
  EXPECT_TRUE(rest->complete);
  EXPECT_FALSE(rest->restarted);
  auto later = feed->next({});
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->complete);
}

TEST_F(InventoryFeedTest, AnInventoryThatBeginsWithNothingIsNotBelievedAtOnce) {
  caller.on("WaitForUpdatesEx", {updates("7", ""), soap_fault("InvalidCollectorVersion"), kNothing,
                                 updates("1", change("enter", "Folder", "f"))});
  ASSERT_TRUE(feed->next({}));
  auto nothing = feed->next({});
  ASSERT_TRUE(nothing) << nothing.error().words;
  EXPECT_FALSE(nothing->complete);
  EXPECT_FALSE(nothing->restarted);
  auto all = feed->next({});
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->complete);
  EXPECT_TRUE(all->restarted);
  EXPECT_EQ(all->changes.size(), 1U);
}

TEST_F(InventoryFeedTest, AnEmptyVcenterIsOneInTheEnd) {
  caller.on("WaitForUpdatesEx", {kNothing});
  int calls = 1;
  auto update = feed->next({});
  for (; update && !update->complete && calls < 100; ++calls) update = feed->next({});
  ASSERT_TRUE(update);
  EXPECT_TRUE(update->restarted);
  EXPECT_GT(calls, 1);
}

TEST_F(InventoryFeedTest, Cancelled) {
  Call call;
  caller.on("WaitForUpdatesEx", [&](const std::string&) {
    call.cancel.cancel();
    return Result<std::string>(fail(ECANCELED, "gone"));
  });
  auto update = feed->next(call);
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().code.value(), EINTR);
}

}  // namespace
}  // namespace vtpmfs::vsphere
