#include "vsphere/http/transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <future>
#include <limits>
#include <set>
#include <vector>

#include "tests/patience.h"
#include "tests/unit/vsphere_http/server_fixture.h"

namespace vtpmfs::vsphere::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class TransportTest : public ServerTest {};

std::string gzip_of(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// A port of this machine on which nobody listens, nor can as long as this lives.
class DeadPort {
 public:
  DeadPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  ~DeadPort() { close(socket_); }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int socket_;
  int number_ = 0;
};

TEST_F(TransportTest, SendsWhatItWasGiven) {
  ServedRequest seen;
  serve([&](const ServedRequest& request, Wire& wire) {
    seen = request;
    wire.answer(200, "<a/>", "Content-Type: text/xml\r\nSet-Cookie: a=\"1\"; Path=/; Secure\r\n");
  });
  auto transport = connect();
  HttpRequest request = changing("/sdk?x=%252f&y=..");
  request.headers = {"SOAPAction: \"urn:vim25/8.0.3.0\"", "Content-Type: text/xml"};
  request.cookie = "vmware_soap_session=\"abc\"";
  request.gzip = true;
  const auto response = transport->send_and_wait(std::move(request), patient());
  ASSERT_TRUE(response) << response.error().words;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "<a/>");
  EXPECT_EQ(response->content_type, "text/xml");
  EXPECT_EQ(response->content_length, 4U);
  ASSERT_EQ(response->set_cookies.size(), 1U);
  EXPECT_EQ(response->set_cookies[0], "a=\"1\"; Path=/; Secure");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/sdk?x=%252f&y=..");
  EXPECT_EQ(seen.body, "do it");
  EXPECT_EQ(seen.header("cookie"), "vmware_soap_session=\"abc\"");
  EXPECT_EQ(seen.header("soapaction"), "\"urn:vim25/8.0.3.0\"");
  EXPECT_EQ(seen.header("accept-encoding"), "gzip");
  EXPECT_EQ(seen.header("user-agent"), "vtpmfs-test");
  EXPECT_EQ(seen.headers.count("expect"), 0U);
}

TEST_F(TransportTest, PutsWithALength) {
  ServedRequest seen;
  serve([&](const ServedRequest& request, Wire& wire) {
    seen = request;
    wire.answer(201, "");
  });
  auto transport = connect();
  HttpRequest request = changing("/folder/a/./..b?dsName=x");
  request.method = HttpRequest::Method::put;
  request.body = std::string(300000, 'n');
  const auto response = transport->send_and_wait(request, patient());
  ASSERT_TRUE(response) << response.error().words;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/folder/a/./..b?dsName=x");  // as it is
  EXPECT_EQ(seen.header("content-length"), "300000");
  EXPECT_EQ(seen.headers.count("transfer-encoding"), 0U);
  EXPECT_EQ(seen.body, request.body);
}

TEST_F(TransportTest, KeepsConnectionsAlive) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, "x"); });
  auto transport = connect();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(transport->send_and_wait(looking(), patient()));
  EXPECT_EQ(server_->connections(), 1);
  EXPECT_EQ(server_->requests(), 20);
}

TEST_F(TransportTest, FollowsNoRedirectAndSendsTheCookieNowhereElse) {
  std::atomic<int> strangers{0};
  ScriptedServer elsewhere(certificate_, [&](const ServedRequest&, Wire& wire) {
    ++strangers;
    wire.answer(200, "stolen");
  });
  serve([&](const ServedRequest&, Wire& wire) {
    wire.answer(302, "",
                "Location: https://127.0.0.1:" + std::to_string(elsewhere.port()) + "/\r\n");
  });
  auto transport = connect();
  HttpRequest request = looking();
  request.cookie = "vmware_soap_session=secret";
  const auto response = transport->send_and_wait(std::move(request), patient());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(strangers, 0);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(TransportTest, KeepsNoCookieOfItsOwn) {
  std::vector<std::string> cookies;
  serve([&](const ServedRequest& request, Wire& wire) {
    cookies.push_back(request.header("cookie"));
    wire.answer(200, "", "Set-Cookie: sneaky=1; Path=/\r\n");
  });
  auto transport = connect();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(transport->send_and_wait(looking(), patient()));
  EXPECT_THAT(cookies, testing::Each(std::string()));
}

TEST_F(TransportTest, AnAnswerOfKnownLengthTakesNoMoreMemoryThanThat) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, std::string(270'840, 'x')); });
  const auto answer = connect()->send_and_wait(looking(), patient());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 270'840U);
  EXPECT_LT(answer->body.capacity(), 280'000U);
}

TEST_F(TransportTest, UnpacksGzip) {
  const std::string text(100000, 'v');
  serve([&](const ServedRequest&, Wire& wire) {
    wire.answer(200, gzip_of(text), "Content-Encoding: gzip\r\n");
  });
  auto transport = connect();
  HttpRequest request = looking();
  request.gzip = true;
  const auto response = transport->send_and_wait(std::move(request), patient());
  ASSERT_TRUE(response) << response.error().words;
  EXPECT_EQ(response->body, text);
}

TEST_F(TransportTest, AGzipBombEndsAtTheLimit) {
  const std::string bomb = gzip_of(std::string(64U << 20, '\0'));
  serve([&](const ServedRequest&, Wire& wire) {
    wire.answer(200, bomb, "Content-Encoding: gzip\r\n");
  });
  auto transport = connect();
  HttpRequest request = looking();
  request.gzip = true;
  const auto response = transport->send_and_wait(std::move(request), patient());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EFBIG});
}

TEST_F(TransportTest, TheLimitIsExact) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, std::string(1000, 'x')); });
  auto transport = connect();
  HttpRequest request = looking();
  request.max_body = 1000;
  EXPECT_TRUE(transport->send_and_wait(request, patient()));
  request.max_body = 999;
  const auto response = transport->send_and_wait(request, patient());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EFBIG});
}

TEST_F(TransportTest, AHeaderWithoutEndIsRefused) {
  serve([](const ServedRequest&, Wire& wire) {
    wire.write("HTTP/1.1 200 OK\r\n");
    while (wire.open()) wire.write("X-More: " + std::string(1000, 'x') + "\r\n");
  });
  auto transport = connect();
  const auto response = transport->send_and_wait(looking(), patient());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EIO});
}

TEST_F(TransportTest, HalfABodyIsAnErrorAndNotSentAgain) {
  serve([](const ServedRequest&, Wire& wire) {
    wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    wire.close();
  });
  auto transport = connect();
  const auto looked = transport->send_and_wait(looking(), patient());
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, Errno{EIO});
  EXPECT_FALSE(looked.error().maybe_done);
  EXPECT_EQ(server_->requests(), 1);
  const auto changed = transport->send_and_wait(changing(), patient());
  ASSERT_FALSE(changed);
  EXPECT_TRUE(changed.error().maybe_done);
  EXPECT_EQ(server_->requests(), 2);
}

TEST_F(TransportTest, AResetIsTriedOnceMoreOnlyForWhatMayBeRepeated) {
  serve([](const ServedRequest&, Wire& wire) { wire.reset(); });
  auto transport = connect();
  const auto looked = transport->send_and_wait(looking(), patient());
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, Errno{EHOSTUNREACH}) << looked.error().words;
  EXPECT_FALSE(looked.error().maybe_done);
  EXPECT_EQ(server_->requests(), 2);

  const auto changed = transport->send_and_wait(changing(), patient());
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Errno{EHOSTUNREACH});
  EXPECT_TRUE(changed.error().maybe_done);
  EXPECT_EQ(server_->requests(), 3);
}

TEST_F(TransportTest, ADroppedReplyIsTriedOnceMoreOnlyForWhatMayBeRepeated) {
  std::atomic<int> count{0};
  serve([&](const ServedRequest& request, Wire& wire) {
    if (count++ == 0 || request.method == "POST") return wire.close();
    wire.answer(200, "second");
  });
  auto transport = connect();
  const auto looked = transport->send_and_wait(looking(), patient());
  ASSERT_TRUE(looked) << looked.error().words;
  EXPECT_EQ(looked->body, "second");
  const auto changed = transport->send_and_wait(changing(), patient());
  ASSERT_FALSE(changed);
  EXPECT_TRUE(changed.error().maybe_done);
  EXPECT_EQ(server_->requests(), 3);
}

TEST_F(TransportTest, ADeadKeptAliveConnectionIsNoticedByNobody) {
  serve([](const ServedRequest& request, Wire& wire) {
    wire.answer(200, "x");
    if (request.target == "/last") wire.close();
  });
  auto transport = connect();
  ASSERT_TRUE(transport->send_and_wait(looking("/last"), patient()));
  EXPECT_TRUE(transport->send_and_wait(looking(), patient()));
  ASSERT_TRUE(transport->send_and_wait(looking("/last"), patient()));
  EXPECT_TRUE(transport->send_and_wait(changing(), patient()));
  EXPECT_EQ(server_->requests(), 4);
}

TEST_F(TransportTest, AChangeOnAKeptAliveConnectionThatDiesIsSentOnce) {
  // curl by itself sends a request again when a connection that it used before dies without an
  // answer.
  std::atomic<int> changes{0};
  serve([&](const ServedRequest& request, Wire& wire) {
    if (request.method == "GET") return wire.answer(200, "x");
    ++changes;
    wire.reset();
  });
  auto transport = connect();
  ASSERT_TRUE(transport->send_and_wait(looking(), patient()));
  const auto changed = transport->send_and_wait(changing(), patient());
  ASSERT_FALSE(changed);
  EXPECT_TRUE(changed.error().maybe_done);
  EXPECT_EQ(changes, 1);
}

TEST_F(TransportTest, ABusyServerIsAskedAgain) {
  std::atomic<int> count{0};
  serve([&](const ServedRequest&, Wire& wire) {
    if (++count < 3) return wire.answer(503, "<html>Service Unavailable</html>");
    wire.answer(200, "up");
  });
  auto transport = connect();
  const auto response = transport->send_and_wait(looking(), patient());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(count, 3);
}

TEST_F(TransportTest, ABusyServerIsNotAskedForEver) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(502, "<html>Bad Gateway</html>"); });
  auto transport = connect();
  const auto looked = transport->send_and_wait(looking(), patient());
  ASSERT_TRUE(looked);
  EXPECT_EQ(looked->status, 502);
  EXPECT_EQ(server_->requests(), 4);
  const auto changed = transport->send_and_wait(changing(), patient());
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->status, 502);
  EXPECT_EQ(server_->requests(), 5);
}

TEST_F(TransportTest, WaitsForABusyServerEndWithTheDeadline) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(503, ""); });
  auto transport = connect();
  const auto took = time_of([&] {
    const auto response = transport->send_and_wait(looking(), within(150ms));
    if (response) {
      EXPECT_EQ(response->status, 503);
    } else {
      EXPECT_EQ(response.error().code, Errno{ETIMEDOUT});
    }
  });
  EXPECT_LT(took, patience(10s));
}

TEST_F(TransportTest, AStalledServerTimesOut) {
  serve([](const ServedRequest& request, Wire& wire) {
    if (request.target == "/body") wire.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
    wire.stall();
  });
  auto transport = connect();
  for (const auto* target : {"/header", "/body"}) {
    const auto took = time_of([&] {
      const auto looked = transport->send_and_wait(looking(target), within(200ms));
      ASSERT_FALSE(looked);
      EXPECT_EQ(looked.error().code, Errno{ETIMEDOUT});
      EXPECT_FALSE(looked.error().maybe_done);
    });
    EXPECT_GE(took, 190ms);
    EXPECT_LT(took, patience(10s));
  }
}

TEST_F(TransportTest, AChangeThatTimesOutMayHaveBeenDone) {
  serve([](const ServedRequest& request, Wire& wire) {
    if (request.target == "/first") return wire.answer(200, "");
    wire.stall();
  });
  auto transport = connect();
  // The connection is there when the time begins to count: the change is sent for certain.
  ASSERT_TRUE(transport->send_and_wait(looking("/first"), patient()));
  const auto changed = transport->send_and_wait(changing(), within(patience(500ms)));
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Errno{ETIMEDOUT});
  EXPECT_TRUE(changed.error().maybe_done);
  EXPECT_EQ(server_->requests(), 2);
}

TEST_F(TransportTest, NobodyListens) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, ""); });
  auto wanted = settings();
  const DeadPort dead;
  wanted.port = dead.number();
  auto transport = connect(wanted);
  const auto response = transport->send_and_wait(changing(), patient());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EHOSTUNREACH});
  EXPECT_FALSE(response.error().maybe_done);
  EXPECT_THAT(response.error().words, HasSubstr("127.0.0.1:" + std::to_string(wanted.port)));
}

TEST_F(TransportTest, NoSuchHost) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, ""); });
  auto wanted = settings();
  wanted.host = "no-such-host.invalid";
  auto transport = connect(wanted);
  const auto response = transport->send_and_wait(changing(), patient());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EHOSTUNREACH});
  EXPECT_FALSE(response.error().maybe_done);
  EXPECT_THAT(response.error().words, HasSubstr("no-such-host.invalid"));
}

TEST_F(TransportTest, SettingsThatCannotBeMeantAreRefused) {
  for (const std::string host : {"", "a/b", "user@host", "host?x", "a b", "a#b", "a\r\nb"}) {
    TransportSettings wrong;
    wrong.host = host;
    const auto transport = Transport::create(wrong);
    ASSERT_FALSE(transport) << host;
    EXPECT_EQ(transport.error().code, Errno{EINVAL});
  }
  TransportSettings wrong;
  wrong.host = "vc";
  wrong.port = 70000;
  EXPECT_FALSE(Transport::create(wrong));
}

TEST_F(TransportTest, ACancelTakesEffectAtOnce) {
  serve([](const ServedRequest&, Wire& wire) { wire.stall(); });
  auto transport = connect();
  Call call = patient();
  std::promise<Result<HttpResponse>> answered;
  transport->send(changing(), call,
                  [&](Result<HttpResponse> r) { answered.set_value(std::move(r)); });
  ASSERT_TRUE(server_->wait_for_requests(1));
  auto future = answered.get_future();
  call.cancel.cancel();
  ASSERT_EQ(future.wait_for(call.timeout / 2), std::future_status::ready);
  const auto response = future.get();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EINTR});
  EXPECT_TRUE(response.error().maybe_done);
}

TEST_F(TransportTest, WhatWasCancelledBeforeIsNotSent) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, ""); });
  auto transport = connect();
  Call call = patient();
  call.cancel.cancel();
  const auto response = transport->send_and_wait(changing(), call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errno{EINTR});
  EXPECT_FALSE(response.error().maybe_done);
  EXPECT_EQ(server_->requests(), 0);
}

TEST_F(TransportTest, ATokenMayOutliveTheTransport) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, ""); });
  const Call call = patient();
  {
    auto transport = connect();
    EXPECT_TRUE(transport->send_and_wait(looking(), call));
  }
  call.cancel.cancel();
}

TEST_F(TransportTest, TheDeadlineCountsTheTimeInLine) {
  serve([](const ServedRequest&, Wire& wire) { wire.stall(); });
  auto wanted = settings();
  wanted.max_connections = 1;
  auto transport = connect(wanted);
  Call first = patient();
  std::promise<void> first_ended;
  transport->send(looking(), first, [&](const Result<HttpResponse>&) { first_ended.set_value(); });
  ASSERT_TRUE(server_->wait_for_requests(1));
  const auto second = transport->send_and_wait(changing(), within(200ms));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errno{ETIMEDOUT});
  EXPECT_FALSE(second.error().maybe_done);  // it never left
  EXPECT_EQ(server_->requests(), 1);
  first.cancel.cancel();
  first_ended.get_future().wait();
}

TEST_F(TransportTest, WhoWaitsInLineCanBeCancelledAndTheNextGoesOn) {
  std::atomic<bool> release{false};
  serve([&](const ServedRequest& request, Wire& wire) {
    if (request.target == "/slow") wire.stall_until([&] { return release.load(); });
    wire.answer(200, request.target);
  });
  auto wanted = settings();
  wanted.max_connections = 1;
  auto transport = connect(wanted);
  std::promise<Result<HttpResponse>> slow;
  std::promise<Result<HttpResponse>> cancelled;
  std::promise<Result<HttpResponse>> last;
  Call impatient = patient();
  transport->send(looking("/slow"), patient(), [&](auto r) { slow.set_value(std::move(r)); });
  ASSERT_TRUE(server_->wait_for_requests(1));
  transport->send(looking("/cancelled"), impatient,
                  [&](auto r) { cancelled.set_value(std::move(r)); });
  transport->send(looking("/last"), patient(), [&](auto r) { last.set_value(std::move(r)); });
  impatient.cancel.cancel();
  const auto interrupted = cancelled.get_future().get();
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().code, Errno{EINTR});
  release = true;
  EXPECT_TRUE(slow.get_future().get());
  const auto answered = last.get_future().get();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->body, "/last");
  EXPECT_EQ(server_->requests(), 2);
}

TEST_F(TransportTest, NoMoreRequestsAtOnceThanConnections) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, std::string(10000, 'x')); });
  auto wanted = settings();
  wanted.max_connections = 3;
  auto transport = connect(wanted);
  std::vector<std::promise<bool>> done(60);
  for (auto& one : done) {
    transport->send(looking(), patient(),
                    [&one](const Result<HttpResponse>& r) { one.set_value(r.has_value()); });
  }
  for (auto& one : done) EXPECT_TRUE(one.get_future().get());
  EXPECT_LE(server_->most_at_once(), 3);
  EXPECT_LE(server_->connections(), 3);
}

TEST_F(TransportTest, RequestsThatBlockAtTheServerStarveNobody) {
  serve([](const ServedRequest& request, Wire& wire) {
    if (request.target == "/wait") return wire.stall();
    wire.answer(200, "");
  });
  auto wanted = settings();
  wanted.max_connections = 1;
  auto transport = connect(wanted);
  Call waiting = patient();
  std::vector<std::promise<void>> ended(4);
  for (auto& one : ended) {
    HttpRequest request = looking("/wait");
    request.blocks_at_server = true;
    transport->send(std::move(request), waiting,
                    [&one](const Result<HttpResponse>&) { one.set_value(); });
  }
  ASSERT_TRUE(server_->wait_for_requests(4));
  EXPECT_TRUE(transport->send_and_wait(looking(), patient()));
  EXPECT_TRUE(transport->send_and_wait(changing(), patient()));
  waiting.cancel.cancel();
  for (auto& one : ended) one.get_future().wait();
}

TEST_F(TransportTest, AReadOnlyTransportSendsNoChange) {
  serve([](const ServedRequest&, Wire& wire) { wire.answer(200, ""); });
  auto wanted = settings();
  wanted.read_only = true;
  auto transport = connect(wanted);
  HttpRequest put = looking();  // whatever it claims
  put.method = HttpRequest::Method::put;
  HttpRequest careless;  // who says nothing changes something
  careless.target = "/x";
  for (const auto& request : {changing(), put, careless}) {
    const auto response = transport->send_and_wait(request, patient());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errno{EROFS});
    EXPECT_FALSE(response.error().maybe_done);
  }
  EXPECT_EQ(server_->connections(), 0);
  EXPECT_TRUE(transport->send_and_wait(looking(), patient()));
}

TEST_F(TransportTest, ShuttingDownEndsEverythingButTheLogout) {
  serve([](const ServedRequest& request, Wire& wire) {
    if (request.target == "/wait") return wire.stall();
    wire.answer(200, "");
  });
  auto transport = connect();
  std::promise<Result<HttpResponse>> waiting;
  transport->send(looking("/wait"), patient(), [&](auto r) { waiting.set_value(std::move(r)); });
  ASSERT_TRUE(server_->wait_for_requests(1));
  transport->shut_down();
  const auto ended = waiting.get_future().get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errno{ECANCELED});
  const auto later = transport->send_and_wait(looking(), patient());
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errno{ECANCELED});
  HttpRequest logout = looking();
  logout.after_shut_down = true;
  EXPECT_TRUE(transport->send_and_wait(logout, patient()));
}

TEST_F(TransportTest, TheDestructorAnswersEverybodyOnce) {
  serve([](const ServedRequest&, Wire& wire) { wire.stall(); });
  auto wanted = settings();
  wanted.max_connections = 2;
  std::atomic<int> answers{0};
  std::atomic<int> again{0};
  {
    auto transport = connect(wanted);
    Transport* raw = transport.get();
    for (int i = 0; i < 10; ++i) {
      transport->send(looking(), patient(), [&, raw](const Result<HttpResponse>& response) {
        ++answers;
        EXPECT_EQ(response.error().code, Errno{ECANCELED});
        raw->send(looking(), patient(), [&](const Result<HttpResponse>& second) {
          ++again;
          EXPECT_EQ(second.error().code, Errno{ECANCELED});
        });
      });
    }
    ASSERT_TRUE(server_->wait_for_requests(2));
  }
  EXPECT_EQ(answers, 10);
  EXPECT_EQ(again, 10);
}

TEST_F(TransportTest, ManyThreadsSendAndCancel) {
  serve([](const ServedRequest& request, Wire& wire) {
    if (request.target == "/stall") return wire.stall();
    wire.answer(200, request.target);
  });
  auto transport = connect();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const bool stall = (t + i) % 5 == 0;
        Call call = patient();
        std::promise<Result<HttpResponse>> promise;
        transport->send(looking(stall ? "/stall" : "/" + std::to_string(t)), call,
                        [&](auto r) { promise.set_value(std::move(r)); });
        if (stall) call.cancel.cancel();
        const auto response = promise.get_future().get();
        if (stall ? !response && response.error().code == Errno{EINTR}
                  : response && response->body == "/" + std::to_string(t)) {
          ++right;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 160);
}

TEST_F(TransportTest, ErrorsHoldNoSecrets) {
  serve([](const ServedRequest&, Wire& wire) { wire.reset(); });
  auto transport = connect();
  HttpRequest request = changing();
  request.cookie = "vmware_soap_session=topsecret";
  request.body = "<password>hunter2</password>";
  const auto response = transport->send_and_wait(std::move(request), patient());
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().words, Not(HasSubstr("topsecret")));
  EXPECT_THAT(response.error().words, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace vtpmfs::vsphere::http
