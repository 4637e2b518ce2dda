#include "vsphere/session.h"

#include <future>
#include <thread>

#include "tests/patience.h"
#include "tests/unit/vsphere_http/session_fixture.h"
#include "vsphere/fault.h"

namespace vtpmfs::vsphere {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST_F(SessionTest, LogsInAndOut) {
  ASSERT_TRUE(open());
  EXPECT_EQ(service_.open_sessions(), 1U);
  EXPECT_TRUE(current_time());
  const auto request = service_.last("CurrentTime");
  EXPECT_EQ(request.target, "/sdk");
  EXPECT_EQ(request.header("cookie"), "vmware_soap_session=\"1\"");
  EXPECT_EQ(request.header("soapaction"), "\"urn:vim25/8.0.3.0\"");
  EXPECT_EQ(request.header("content-type"), "text/xml; charset=\"utf-8\"");
  const auto login = read_message<_vim25__Login>(service_.last("Login").body);
  ASSERT_TRUE(login);
  EXPECT_EQ((*login)->userName, "backup@vsphere.local");
  EXPECT_EQ((*login)->locale, "en_US");
  close();
  EXPECT_EQ(service_.open_sessions(), 0U);
  EXPECT_EQ(service_.count("Logout"), 1);
}

TEST_F(SessionTest, FindsOutWhatTheServerIs) {
  ASSERT_TRUE(discover());
  EXPECT_EQ(found_.server.instance_uuid, "dbed6e0c-bd88-4ef6-b594-21283e1c677f");
  EXPECT_TRUE(found_.server.is_vcenter);
  EXPECT_EQ(found_.refs.root_folder, (MoRef{"Folder", "group-d1"}));
  EXPECT_EQ(found_.refs.crypto_manager, (MoRef{"CryptoManagerKmip", "CryptoManager"}));
  EXPECT_FALSE(found_.refs.search_index);
}

TEST_F(SessionTest, AnOlderServerGetsItsOwnVersion) {
  service_.newest_version = "7.0.2.0";
  ASSERT_TRUE(discover());
  EXPECT_EQ(found_.vim.action, "urn:vim25/7.0.2.0");
}

TEST_F(SessionTest, WithoutAVersionsFileTheServersWordsCount) {
  service_.versions_file = "";
  ASSERT_TRUE(discover());
  EXPECT_EQ(found_.vim.action, "urn:vim25/7.0.3.2");
}

TEST_F(SessionTest, AVersionsFileOfNonsenseIsNotBelieved) {
  service_.versions_file = "<namespace><name>urn:vim25</name><version>8.0\r\nX: y</version>";
  ASSERT_TRUE(discover());
  EXPECT_EQ(found_.vim.action, "urn:vim25/7.0.3.2");
}

TEST_F(SessionTest, AWebServerIsNoVsphere) {
  for (const int status : {200, 404, 500, 301}) {
    service_.before = [status](const auto&, const auto&, http::Wire& wire) {
      wire.answer(status, "<html>It works!</html>");
      return true;
    };
    const auto opened = discover();
    ASSERT_FALSE(opened) << status;
    EXPECT_EQ(opened.error().code, Errno{EOPNOTSUPP}) << status << opened.error().words;
    EXPECT_THAT(opened.error().words, HasSubstr("127.0.0.1:"));
    transport_.reset();
    server_.reset();
  }
}

TEST_F(SessionTest, ManyCallersWhoLostTheSessionLogInOnce) {
  ASSERT_TRUE(open());
  std::atomic<int> news{0};
  caller_->on_new_session([&](uint64_t generation) {
    EXPECT_EQ(generation, 2U);
    ++news;
  });
  service_.expire_sessions();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      if (current_time()) ++right;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 16);
  EXPECT_EQ(service_.count("Login"), 2);
  EXPECT_EQ(news, 1);
  EXPECT_EQ(caller_->session_generation(), 2U);
  EXPECT_EQ(counts_.now().logins, 2U);
}

TEST_F(SessionTest, AChangeThatWasRefusedForTheSessionIsRepeated) {
  ASSERT_TRUE(open());
  service_.expire_sessions();
  const auto folder = create_folder();
  ASSERT_TRUE(folder) << folder.error().words;
  EXPECT_EQ(*folder, "group-v9");
  EXPECT_EQ(service_.count("CreateFolder"), 2);
}

TEST_F(SessionTest, ASessionThatIsNeverGoodEnoughEndsAfterOneMoreLogin) {
  service_.before = [](const auto&, const std::string& method, http::Wire& wire) {
    if (method != "CurrentTime") return false;
    wire.answer(500, fault("NotAuthenticated", "no"));
    return true;
  };
  ASSERT_TRUE(open());
  const auto status = current_time();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errno{EACCES});
  EXPECT_EQ(service_.count("Login"), 2);
  EXPECT_EQ(service_.count("CurrentTime"), 2);
}

TEST_F(SessionTest, ARefusedLoginIsNeverTriedAgain) {
  password_ = "wrong";
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errno{EACCES});
  EXPECT_EQ(opened.error().fault->type, "InvalidLogin");
  EXPECT_THAT(opened.error().words, Not(HasSubstr("wrong")));
  password_ = "right";
  for (int i = 0; i < 3; ++i) {
    const auto again = session_->renew_and_wait(0, http::patient());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errno{EACCES});
    EXPECT_TRUE(again.error().login_refused);
  }
  EXPECT_FALSE(current_time());
  EXPECT_EQ(service_.count("Login"), 1);
}

TEST_F(SessionTest, ARefusedLoginIsTriedAgainWhenAPersonSaysSo) {
  ASSERT_TRUE(open());
  EXPECT_FALSE(session_->forget_refusal());
  service_.expire_sessions();
  password_ = "old one";
  EXPECT_TRUE(current_time().error().login_refused);
  password_ = "right";
  EXPECT_TRUE(current_time().error().login_refused);
  EXPECT_TRUE(session_->forget_refusal());
  EXPECT_TRUE(current_time());
  EXPECT_EQ(service_.count("Login"), 3);
}

TEST_F(SessionTest, OnlyARefusalOfTheServersIsARefusedLogin) {
  ASSERT_TRUE(open());
  service_.before = [](const auto&, const std::string& method, http::Wire& wire) {
    if (method == "CurrentTime") wire.answer(500, fault("NoPermission", "no"));
    if (method == "CreateFolder") wire.answer(403, "<html>proxy</html>");
    return method == "CurrentTime" || method == "CreateFolder";
  };
  const auto forbidden = current_time();
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code, Errno{EACCES});
  EXPECT_FALSE(forbidden.error().login_refused);
  EXPECT_FALSE(create_folder().error().login_refused);
}

TEST_F(SessionTest, ALaterLoginThatIsRefusedEndsItForEverybody) {
  ASSERT_TRUE(open());
  service_.expire_sessions();
  password_ = "old one";
  for (int i = 0; i < 4; ++i) {
    const auto status = current_time();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errno{EACCES});
  }
  EXPECT_EQ(service_.count("Login"), 2);
}

TEST_F(SessionTest, ALoginThatWasLostIsNotSentTwiceButTriedAgainLater) {
  std::atomic<bool> broken{true};
  service_.before = [&](const auto&, const std::string& method, http::Wire& wire) {
    if (method != "Login" || !broken) return false;
    wire.reset();
    return true;
  };
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errno{EHOSTUNREACH});
  EXPECT_EQ(service_.count("Login"), 1);
  broken = false;
  EXPECT_TRUE(session_->renew_and_wait(0, http::patient()));
}

TEST_F(SessionTest, WhoWaitsForALoginCanBeCancelledAndHasADeadline) {
  std::atomic<bool> release{false};
  service_.before = [&](const auto&, const std::string& method, http::Wire& wire) {
    if (method == "Login") wire.stall_until([&] { return release.load(); });
    return false;
  };
  ASSERT_TRUE(discover());
  Call impatient = http::patient();
  auto first =
      std::async(std::launch::async, [&] { return session_->renew_and_wait(0, http::patient()); });
  auto cancelled =
      std::async(std::launch::async, [&] { return session_->renew_and_wait(0, impatient); });
  const auto late = session_->renew_and_wait(0, http::within(100ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errno{ETIMEDOUT});
  impatient.cancel.cancel();
  const auto interrupted = cancelled.get();
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().code, Errno{EINTR});
  release = true;
  EXPECT_TRUE(first.get());
  EXPECT_EQ(service_.count("Login"), 1);
}

TEST_F(SessionTest, WithoutAPasswordThereIsNoLogin) {
  ASSERT_TRUE(discover());
  SessionSettings settings;
  settings.password = []() -> Result<std::string> { return fail(ENOENT, "no password file"); };
  settings.session_manager = *found_.refs.session_manager;
  settings.endpoint = found_.vim;
  session_ = std::make_unique<Session>(*transport_, counts_, settings);
  const auto status = session_->renew_and_wait(0, http::patient());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().words, "no password file");
  EXPECT_EQ(service_.count("Login"), 0);
}

TEST_F(SessionTest, ASessionThatALoginWithoutAnAnswerMayHaveMadeIsEnded) {
  service_.before = [](const auto&, const std::string& method, http::Wire& wire) {
    if (method == "Login") wire.reset();
    return method == "Login";
  };
  ASSERT_TRUE(discover());
  SessionSettings settings;
  settings.password = []() -> Result<std::string> { return "right"; };
  settings.session_manager = *found_.refs.session_manager;
  settings.endpoint = found_.vim;
  settings.first_cookie = "vmware_soap_session=\"first\"";
  session_ = std::make_unique<Session>(*transport_, counts_, settings);
  EXPECT_FALSE(session_->renew_and_wait(0, http::patient()));
  close();
  EXPECT_EQ(service_.count("Logout"), 1);
  EXPECT_EQ(service_.last("Logout").header("cookie"), "vmware_soap_session=\"first\"");
}

TEST_F(SessionTest, ALogoutThatIsNotAnsweredIsGivenUp) {
  service_.before = [](const auto&, const std::string& method, http::Wire& wire) {
    if (method == "Logout") wire.stall();
    return false;
  };
  ASSERT_TRUE(open());
  EXPECT_LT(http::time_of([&] { close(); }), patience(15s));
  EXPECT_EQ(service_.count("Logout"), 1);
}

}  // namespace
}  // namespace vtpmfs::vsphere
