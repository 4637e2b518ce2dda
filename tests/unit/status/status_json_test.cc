// .vtpmfs/status.json.
#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "fs/status/mount_facts.h"

namespace vtpmfs::fs {
namespace {

using nlohmann::json;
using std::chrono::system_clock;

MountFacts some_facts() {
  MountFacts facts;
  facts.now = system_clock::time_point(std::chrono::milliseconds(1'700'000'060'250));
  facts.mounted = system_clock::time_point(std::chrono::seconds(1'700'000'000));
  facts.vms_shown = "vtpm";
  facts.server = {"vc.example.com", 443, "backup@vsphere.local", {}, false};
  facts.feed.last_answer = cache::WallTime(std::chrono::seconds(1'700'000'050));
  return facts;
}

TEST(StatusJson, IsOneObjectThatEndsWithANewline) {
  const std::string text = status_json(some_facts());
  EXPECT_EQ(text.back(), '\n');
  const json parsed = json::parse(text);
  EXPECT_EQ(parsed["time"], "2023-11-14T22:14:20.250Z");
  EXPECT_EQ(parsed["mounted"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(parsed["server"]["host"], "vc.example.com");
  EXPECT_DOUBLE_EQ(parsed["feed"]["age_seconds"], 10.25);
  for (const char* list : {"running", "waiting", "failed", "ended"})
    EXPECT_EQ(parsed["restores"][list], json::array()) << list;
}

TEST(StatusJson, AClockThatWasSetBackMakesNoNegativeAge) {
  MountFacts facts = some_facts();
  facts.now -= std::chrono::hours(1);
  EXPECT_EQ(json::parse(status_json(facts))["feed"]["age_seconds"], 0.0);
}

TEST(StatusJson, NamesTroublesWithTheirReasonAndOperation) {
  MountFacts facts = some_facts();
  Error why{Errno{EACCES}, "no privilege"};
  why.operation_id = "vtpmfs-1-2";
  facts.incomplete.push_back({{"VirtualMachine", "vm-1"}, "/DC0/vm/pay01", why});
  facts.session.refused = Error{Errno{EACCES}, "wrong password"};
  facts.feed.last_error = Error{Errno{ETIMEDOUT}, "no answer"};
  const json parsed = json::parse(status_json(facts));
  EXPECT_EQ(parsed["incomplete"], json::parse(R"([{"path": "/DC0/vm/pay01", "moref": "vm-1",
      "errno": "EACCES", "reason": "no privilege", "operation_id": "vtpmfs-1-2"}])"));
  EXPECT_EQ(parsed["vms"]["incomplete"], 1);
  EXPECT_EQ(parsed["session"]["refused"]["reason"], "wrong password");
  EXPECT_EQ(parsed["feed"]["error"]["errno"], "ETIMEDOUT");
}

TEST(StatusJson, SortsRestoresByWhatBecameOfThem) {
  MountFacts facts = some_facts();
  const auto add = [&](const char* directory, RestoreStatus::State state, bool running) {
    RestoreStatus status;
    status.state = state;
    facts.restores.staged.push_back({directory, status, running});
  };
  add("/DC0/restore/a", RestoreStatus::State::waiting, true);  // in the queue
  add("/DC0/restore/b", RestoreStatus::State::failed, false);
  add("/DC0/restore/c", RestoreStatus::State::left_behind, false);
  add("/DC0/restore/d", RestoreStatus::State::done, false);
  add("/DC0/restore/e", RestoreStatus::State::checked, false);
  facts.restores.waiting.push_back({"pay01", "/DC0/vm/pay01", "created", "vm-9", ""});
  facts.restores.damaged = {"x.json"};
  const json parsed = json::parse(status_json(facts))["restores"];
  EXPECT_EQ(parsed["running"].size(), 1U);
  EXPECT_EQ(parsed["failed"].size(), 2U);
  EXPECT_EQ(parsed["ended"].size(), 2U);
  EXPECT_EQ(parsed["failed"][1]["state"], "left-behind");
  EXPECT_EQ(parsed["waiting"][0]["moref"], "vm-9");
  EXPECT_EQ(parsed["damaged_records"], json::array({"x.json"}));
}

TEST(StatusJson, IsValidWhateverAServerCallsItsMachines) {
  MountFacts facts = some_facts();
  facts.incomplete.push_back(
      {{"VirtualMachine", "vm-\x01"}, "/DC0/vm/\xff\xfe\"\n", Error{Errno{EIO}, "\xc3("}});
  facts.server.info.full_name = "\x80";
  EXPECT_TRUE(json::accept(status_json(facts)));
}

}  // namespace
}  // namespace vtpmfs::fs
