#include "vsphere/property/property_collector.h"

#include <gmock/gmock.h>

#include "tests/unit/vsphere/fake_soap_caller.h"
#include "vsphere/property/object_properties.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Reading {
  std::vector<std::string> ids;
  int starts = 0;

  bool named = true;

  Status run(FakeSoapCaller& caller, const Call& call = {}) {
    PropertyQuery query;
    query.properties = {{"VirtualMachine", {"name"}}};
    query.objects = {{"VirtualMachine", "vm-1"}};
    query.report_missing_objects = named;
    PropertyCollector collector(caller);
    return collector.retrieve(
        query, call,
        [&] {
          ids.clear();
          ++starts;
        },
        [&](const vim25__ObjectContent& content) {
          ids.push_back(ObjectProperties(content).id().value);
        });
  }
};

std::string vm(const std::string& id) {
  return object("VirtualMachine", id, property("name", "xsd:string", id));
}

std::string next_page(const std::string& objects, const std::string& token = "") {
  const std::string token_element = token.empty() ? "" : "<token>" + token + "</token>";
  return response("ContinueRetrievePropertiesEx",
                  "<returnval>" + token_element + objects + "</returnval>");
}

TEST(PropertyCollector, GoesOnWhileThereIsAToken) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {retrieved(vm("vm-1"), "0")});
  caller.on("ContinueRetrievePropertiesEx", {next_page(vm("vm-2"), "1"), next_page(vm("vm-3"))});
  Reading reading;
  ASSERT_TRUE(reading.run(caller));
  EXPECT_THAT(reading.ids, ElementsAre("vm-1", "vm-2", "vm-3"));
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 1U);
  ASSERT_EQ(caller.count("ContinueRetrievePropertiesEx"), 2U);
  EXPECT_THAT(caller.requests("ContinueRetrievePropertiesEx")[0], HasSubstr("token>0</"));
  EXPECT_THAT(caller.requests("ContinueRetrievePropertiesEx")[1], HasSubstr("token>1</"));
  const std::string& request = caller.requests("RetrievePropertiesEx")[0];
  EXPECT_THAT(request, HasSubstr("maxObjects>250</"));
  EXPECT_THAT(request, HasSubstr("reportMissingObjectsInResults>true</"));
}

TEST(PropertyCollector, NoObjectsIsNoError) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {response("RetrievePropertiesEx", "")});
  Reading reading;
  reading.named = false;
  ASSERT_TRUE(reading.run(caller));
  EXPECT_TRUE(reading.ids.empty());
  EXPECT_EQ(caller.renewals, 0);
}

TEST(PropertyCollector, NamedObjectsWithoutAnAnswerMayBeALostSession) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {response("RetrievePropertiesEx", ""), retrieved(vm("vm-1"))});
  Reading reading;
  ASSERT_TRUE(reading.run(caller));
  EXPECT_THAT(reading.ids, ElementsAre("vm-1"));
  EXPECT_EQ(caller.renewals, 1);
  // The new session says the same: then it is so.
  caller.on("RetrievePropertiesEx", {response("RetrievePropertiesEx", "")});
  ASSERT_TRUE(reading.run(caller));
  EXPECT_TRUE(reading.ids.empty());
  EXPECT_EQ(caller.renewals, 2);
}

TEST(PropertyCollector, FindsALostSessionInMissingSetAndBeginsAnew) {
  FakeSoapCaller caller;
  const std::string lost = object("VirtualMachine", "vm-2", missing("name", "NotAuthenticated"));
  caller.on("RetrievePropertiesEx", {retrieved(vm("vm-1"), "0"), retrieved(vm("vm-9"))});
  caller.on("ContinueRetrievePropertiesEx", {next_page(lost)});
  Reading reading;
  ASSERT_TRUE(reading.run(caller));
  EXPECT_THAT(reading.ids, ElementsAre("vm-9"));
  EXPECT_EQ(reading.starts, 2);
  EXPECT_EQ(caller.renewals, 1);
}

TEST(PropertyCollector, RenewsASessionOnceOnly) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx",
            {retrieved(object("VirtualMachine", "vm-1", missing("name", "NotAuthenticated")))});
  Reading reading;
  const auto status = reading.run(caller);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code.value(), EACCES);
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 2U);

  caller.renewal_works = false;
  EXPECT_FALSE(reading.run(caller));
  EXPECT_EQ(caller.count("RetrievePropertiesEx"), 3U);
}

TEST(PropertyCollector, ATokenOfAnOldSessionMeansNothing) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {retrieved(vm("vm-1"), "0"), retrieved(vm("vm-9"))});
  caller.on("ContinueRetrievePropertiesEx", [&](const std::string&) {
    ++caller.generation;  // somebody logged in anew meanwhile
    return Result<std::string>(soap_fault("InvalidProperty", "<name>token</name>"));
  });
  Reading reading;
  ASSERT_TRUE(reading.run(caller));
  EXPECT_THAT(reading.ids, ElementsAre("vm-9"));
}

TEST(PropertyCollector, PagesWithoutEndEnd) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {retrieved(vm("vm-1"), "0")});
  caller.on("ContinueRetrievePropertiesEx", {next_page(vm("vm-2"), "0")});
  Reading reading;
  const auto status = reading.run(caller);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code.value(), EIO);
}

TEST(PropertyCollector, AFaultIsAnError) {
  FakeSoapCaller caller;
  caller.on("RetrievePropertiesEx", {soap_fault("InvalidProperty", "<name>config.nope</name>")});
  Reading reading;
  const auto status = reading.run(caller);
  ASSERT_FALSE(status);
  EXPECT_TRUE(is_unknown_path(status.error()));
  EXPECT_EQ(status.error().fault->name, "config.nope");
}

}  // namespace
}  // namespace vtpmfs::vsphere
