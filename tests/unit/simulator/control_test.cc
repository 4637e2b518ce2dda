#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/control/verbs.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;

class ControlTest : public SimulatorFixture {
 protected:
  /// What the control port answers, line by line.
  std::vector<json> control(const std::string& lines) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    std::string body;
    const std::string url = simulator.control_url();
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, lines.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(
        curl.get(), CURLOPT_WRITEFUNCTION,
        +[](char* data, size_t size, size_t count, void* to) -> size_t {
          static_cast<std::string*>(to)->append(data, size * count);
          return size * count;
        });
    EXPECT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
    std::vector<json> answers;
    for (size_t at = 0; at < body.size();) {
      const size_t end = body.find('\n', at);
      answers.push_back(json::parse(body.substr(at, end - at)));
      at = end == std::string::npos ? body.size() : end + 1;
    }
    return answers;
  }
};

TEST_F(ControlTest, EachLineIsAnsweredByALine) {
  const auto answers = control("{\"verb\": \"sessions\"}\n\n{\"verb\": \"counts\"}\n");
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0], json::parse(R"({"ok": true, "result": 0})"));
  EXPECT_EQ(answers[1], json::parse(R"({"ok": true, "result": {}})"));
}

TEST_F(ControlTest, MistakesAreAnsweredWithWords) {
  for (const char* line :
       {"not json", "[]", "{}", "{\"verb\": 1}", "{\"verb\": \"fly\"}", "{\"verb\": \"latency\"}",
        "{\"verb\": \"latency\", \"ms\": \"x\"}", "{\"verb\": \"inject\", \"kind\": \"x\"}",
        R"({"verb": "inject", "kind": "fault", "fault": {"type": "X", "fields": {"nope": "1"}}})",
        R"({"verb": "inject", "kind": "fault", "fault": {"type": "X", "fields": {"limit": "1x"}}})",
        R"({"verb": "inject", "kind": "fault", "fault": {"type": "X", "fields": {"entity": "a"}}})",
        "{\"verb\": \"switch\", \"name\": \"gzip\", \"value\": \"maybe\"}",
        "{\"verb\": \"grant\", \"user\": \"x\", \"role\": \"y\"}"}) {
    const auto answers = control(line);
    ASSERT_EQ(answers.size(), 1U) << line;
    EXPECT_EQ(answers[0]["ok"], false) << line;
    EXPECT_FALSE(answers[0]["error"].get<std::string>().empty()) << line;
  }
}

TEST_F(ControlTest, InjectsFaultsByName) {
  const auto answers = control(
      R"({"verb": "inject", "kind": "fault", "match": "Login", "fault": {"type": "NoPermission", )"
      R"("text": "go away", "key": "msg.away", "fields": {"object": {"type": "Folder", )"
      R"("id": "group-d1"}, "privilegeId": "System.View"}}})");
  ASSERT_EQ(answers.at(0)["ok"], true) << answers[0];
  const auto refused = client.login();
  ASSERT_EQ(fault_type(refused), "NoPermission");
  EXPECT_EQ(refused.error().fault->message, "go away");
  EXPECT_EQ(refused.error().fault->object, "group-d1");
  EXPECT_EQ(refused.error().fault->privilege_id, "System.View");
  EXPECT_TRUE(refused.error().fault->has_message_key("msg.away"));
  EXPECT_TRUE(client.login());
  const json asked = {{"verb", "hits"}, {"number", answers[0]["result"]}};
  EXPECT_EQ(control(asked.dump()).at(0)["result"]["hits"], 1);
}

TEST_F(ControlTest, UsersRolesAndSessions) {
  const auto answers = control(
      "{\"verb\": \"add-user\", \"user\": \"backup\", \"password\": \"b\"}\n"
      "{\"verb\": \"grant\", \"user\": \"backup\", \"role\": \"backup\"}\n");
  for (const auto& answer : answers) EXPECT_EQ(answer["ok"], true) << answer;
  ASSERT_TRUE(client.login("backup", "b"));
  EXPECT_EQ(control("{\"verb\": \"sessions\"}").at(0)["result"], 1);
  EXPECT_EQ(control("{\"verb\": \"expire-sessions\"}").at(0)["result"], 1);
  EXPECT_EQ(control("{\"verb\": \"sessions\"}").at(0)["result"], 0);
}

TEST_F(ControlTest, SwitchesAreListedSetAndReset) {
  const auto set = control("{\"verb\": \"switch\", \"name\": \"gzip\", \"value\": \"off\"}");
  EXPECT_EQ(set.at(0)["ok"], true);
  EXPECT_EQ(control("{\"verb\": \"switches\"}").at(0)["result"]["gzip"]["now"], "off");
  EXPECT_TRUE(simulator.switches().is("gzip", "off"));
  control("{\"verb\": \"reset-switches\"}");
  EXPECT_TRUE(simulator.switches().is("gzip", "on"));
}

TEST_F(ControlTest, OperationsCanBeDisabled) {
  control("{\"verb\": \"disable-operation\", \"name\": \"Login\"}");
  EXPECT_EQ(fault_type(client.login()), "MethodNotFound");
  control("{\"verb\": \"enable-operations\"}");
  EXPECT_TRUE(client.login());
}

TEST_F(ControlTest, HelpNamesTheVerbs) {
  const auto help = control("{\"verb\": \"help\"}").at(0)["result"];
  for (const char* verb : {"counts", "inject", "latency", "capture", "task-delay", "switch"}) {
    EXPECT_TRUE(help.contains(verb)) << verb;
  }
}

TEST(Verbs, OthersCanBeAdded) {
  Verbs verbs;
  verbs.add("double", "{n}", [](const json& request) -> tl::expected<json, std::string> {
    return json(request.at("n").get<int>() * 2);
  });
  EXPECT_EQ(verbs.run(json{{"verb", "double"}, {"n", 21}}), json(42));
  EXPECT_FALSE(verbs.run(json{{"verb", "double"}}));
}

}  // namespace
}  // namespace vtpmfs::simulator
