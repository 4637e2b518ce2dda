#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "tests/simulator/control/counters.h"
#include "tests/simulator/control/fault_injector.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/https/http_server.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

using Kind = Injection::Kind;

class TroubleTest : public SimulatorFixture {
 protected:
  TroubleTest() {
    simulator.route(
        "/folder", [this](const HttpRequest& request, const std::shared_ptr<Session>& session) {
          ++served;
          if (throws) throw std::runtime_error("broken");
          if (!session) return HttpResponse::text(401, "who are you\n");
          HttpResponse response;
          response.headers.emplace_back("Content-Type", "application/octet-stream");
          response.body = request.method == "PUT" ? request.body : std::string(300000, 'n');
          if (request.method == "HEAD") {
            response.stated_length = static_cast<long long>(response.body.size());
            response.body.clear();
          }
          if (empty) response.body.clear();
          return response;
        });
  }
  void SetUp() override { ASSERT_TRUE(client.login()); }

  Result<vsphere::Message<_vim25__CurrentTimeResponse>> ask() {
    _vim25__CurrentTime request;
    request._USCOREthis = vsphere::reference("ServiceInstance", "ServiceInstance");
    return client.call<_vim25__CurrentTimeResponse>(request);
  }
  int inject(Kind kind, const std::string& match, int first = 1, int count = 1) {
    Injection injection;
    injection.kind = kind;
    injection.match = match;
    injection.first = first;
    injection.count = count;
    injection.fault = fault_of("SystemError", "broken").with("reason", "ordered");
    return simulator.injector().add(std::move(injection));
  }

  std::atomic<int> served{0};
  std::atomic<bool> empty{false};
  std::atomic<bool> throws{false};
};

TEST_F(TroubleTest, RequestsAreCountedByKind) {
  simulator.counters().reset();
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(client.send("GET", "/folder/a/b?dsName=x").status, 200);
  EXPECT_EQ(client.send("HEAD", "/folder/a").status, 200);
  EXPECT_EQ(simulator.counters().of("CurrentTime"), 2U);
  EXPECT_EQ(simulator.counters().of("GET /folder"), 1U);
  EXPECT_EQ(simulator.counters().of("HEAD /folder"), 1U);
  EXPECT_EQ(simulator.counters().all().size(), 3U);
}

TEST_F(TroubleTest, FaultsHitTheRequestsThatWereMeant) {
  const int number = inject(Kind::fault, "CurrentTime", 2, 2);
  EXPECT_EQ(fault_type(ask()), "");
  EXPECT_EQ(fault_type(ask()), "SystemError");
  EXPECT_EQ(fault_type(ask()), "SystemError");
  EXPECT_EQ(fault_type(ask()), "");
  EXPECT_EQ(simulator.injector().hits(number), 2);
}

TEST_F(TroubleTest, StatusInsteadOfAnAnswer) {
  inject(Kind::status, "url:/folder/locked");
  EXPECT_EQ(client.send("GET", "/folder/free").status, 200);
  const auto refused = client.send("GET", "/folder/locked");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(served, 1);
}

TEST_F(TroubleTest, ResetBeforeDoesNothingResetAfterDoesIt) {
  // curl repeats a request that fails on a used connection; each time is hit.
  inject(Kind::reset_before, "GET /folder", 1, 0);
  EXPECT_NE(client.send("GET", "/folder/x").outcome, CURLE_OK);
  EXPECT_EQ(served, 0);
  simulator.injector().clear();
  inject(Kind::reset_after, "GET /folder", 1, 0);
  EXPECT_NE(client.send("GET", "/folder/x").outcome, CURLE_OK);
  EXPECT_GE(served, 1);
}

TEST_F(TroubleTest, TruncatedAnswersEndEarly) {
  inject(Kind::truncate, "GET /folder");
  const auto answer = client.send("GET", "/folder/x");
  EXPECT_EQ(answer.outcome, CURLE_PARTIAL_FILE);
  EXPECT_EQ(answer.body.size(), 150000U);
}

TEST_F(TroubleTest, StalledAnswersGoOnAfterRelease) {
  const int number = inject(Kind::stall, "GET /folder");
  auto waiting = std::async(std::launch::async, [&] { return client.send("GET", "/folder/x"); });
  ASSERT_TRUE(eventually([&] { return simulator.injector().held(number) == 1; }));
  simulator.injector().release(number);
  const auto answer = waiting.get();
  EXPECT_EQ(answer.outcome, CURLE_OK);
  EXPECT_EQ(answer.body.size(), 300000U);
}

TEST_F(TroubleTest, AnswersWithoutABodyAreSpoiltToo) {
  empty = true;
  inject(Kind::truncate, "PUT /folder", 1, 0);
  EXPECT_NE(client.send("PUT", "/folder/x", "y").outcome, CURLE_OK);
  EXPECT_GE(served, 1);
  simulator.injector().clear();
  const int number = inject(Kind::stall, "PUT /folder");
  auto waiting =
      std::async(std::launch::async, [&] { return client.send("PUT", "/folder/x", "y"); });
  ASSERT_TRUE(eventually([&] { return simulator.injector().held(number) == 1; }));
  simulator.injector().release(number);
  EXPECT_EQ(waiting.get().status, 200);
}

TEST_F(TroubleTest, SilentAnswersComeAfterRelease) {
  const int number = inject(Kind::silence, "GET /folder");
  auto waiting = std::async(std::launch::async, [&] { return client.send("GET", "/folder/x"); });
  ASSERT_TRUE(eventually([&] { return simulator.injector().held(number) == 1; }));
  EXPECT_EQ(served, 1);
  simulator.injector().release(number);
  EXPECT_EQ(waiting.get().body.size(), 300000U);
}

TEST_F(TroubleTest, WhatAHandlerThrowsIsAnAnswer) {
  throws = true;
  EXPECT_EQ(client.send("GET", "/folder/x").status, 500);
  throws = false;
  EXPECT_EQ(client.send("GET", "/folder/x").status, 200);
}

TEST_F(TroubleTest, HeldRequestsAreServedAfterRelease) {
  const int number = inject(Kind::hold, "GET /folder");
  auto waiting = std::async(std::launch::async, [&] { return client.send("GET", "/folder/x"); });
  ASSERT_TRUE(eventually([&] { return simulator.injector().held(number) == 1; }));
  EXPECT_EQ(served, 0);
  simulator.injector().release(number);
  EXPECT_EQ(waiting.get().status, 200);
  EXPECT_EQ(served, 1);
}

TEST_F(TroubleTest, StopLetsHeldRequestsGo) {
  const int number = inject(Kind::hold, "GET /folder");
  auto waiting = std::async(std::launch::async, [&] { return client.send("GET", "/folder/x"); });
  ASSERT_TRUE(eventually([&] { return simulator.injector().held(number) == 1; }));
  simulator.stop();
  waiting.get();
}

TEST_F(TroubleTest, LatencyDelaysEachRequest) {
  simulator.injector().set_latency(std::chrono::milliseconds(50));
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(ask());
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(50));
}

TEST_F(TroubleTest, HeadStatesTheLengthWithoutABody) {
  const auto answer = client.send("HEAD", "/folder/x");
  EXPECT_EQ(answer.header("Content-Length"), "300000");
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(client.send("GET", "/folder/x").body.size(), 300000U);  // on the same connection
}

TEST_F(TroubleTest, RoutesKnowTheSession) {
  client.forget_cookies();
  EXPECT_EQ(client.send("GET", "/folder/x").status, 401);
  EXPECT_EQ(client.send("GET", "/elsewhere").status, 404);
  EXPECT_EQ(client.send("GET", "/folderol").status, 404);
}

TEST_F(TroubleTest, BodiesArriveWholeAlsoInChunks) {
  const std::string body(1000000, 'b');
  EXPECT_EQ(client.send("PUT", "/folder/x", body).body, body);
  EXPECT_EQ(client.send("PUT", "/folder/x", body, {"Transfer-Encoding: chunked"}).body, body);
}

TEST_F(TroubleTest, IdleConnectionsCanBeCut) {
  ASSERT_TRUE(ask());
  ASSERT_TRUE(eventually([&] { return simulator.server().close_idle() == 1; }));
  ASSERT_TRUE(ask());  // curl notices and connects anew
  EXPECT_EQ(simulator.server().accepted(), 2U);
}

TEST_F(TroubleTest, ConnectionsAreKept) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ask());
  EXPECT_EQ(simulator.server().accepted(), 1U);
}

TEST_F(TroubleTest, AnswersAreCompressedForThoseWhoTakeIt) {
  world.add_machines(100);
  const auto request = retrieve_request(world.folder_ref, {"childEntity"});
  client.accept_encoding = "gzip";
  const std::string message = *vsphere::write_message({}, request);
  EXPECT_EQ(client.post(message).header("Content-Encoding"), "gzip");
  EXPECT_TRUE(client.call<_vim25__RetrievePropertiesExResponse>(request));
  ASSERT_TRUE(simulator.switches().set("gzip", "off"));
  EXPECT_EQ(client.post(message).header("Content-Encoding"), "");
  ASSERT_TRUE(simulator.switches().set("framing", "chunked"));
  EXPECT_EQ(client.post(message).header("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(client.call<_vim25__RetrievePropertiesExResponse>(request));
}

}  // namespace
}  // namespace vtpmfs::simulator
