#include "vsphere/soap_client.h"

#include <future>

#include "tests/unit/vsphere_http/session_fixture.h"
#include "vsphere/fault.h"
#include "vsphere/method_rules.h"

namespace vtpmfs::vsphere {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class SoapClientTest : public SessionTest {
 protected:
  /// Answers one method in a way of its own.
  void script(const std::string& method, std::function<void(http::Wire&)> answer) {
    service_.before = [method, answer = std::move(answer)](const auto&, const std::string& called,
                                                           http::Wire& wire) {
      if (called != method) return false;
      answer(wire);
      return true;
    };
  }

  Result<Message<_pbm__PbmQueryProfileResponse>> query_profiles() {
    _pbm__PbmQueryProfile request;
    request._USCOREthis = reference("PbmProfileProfileManager", "ProfileManager");
    request.resourceType.resourceType = "STORAGE";
    return call<_pbm__PbmQueryProfileResponse>(*caller_, request, http::patient());
  }
};

TEST_F(SoapClientTest, EachCallHasItsOwnOperationId) {
  ASSERT_TRUE(open());
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(current_time());
    ids.insert(peek_operation(service_.last("CurrentTime").body)->headers.operation_id);
  }
  EXPECT_EQ(ids.size(), 3U);
  Call named = http::patient();
  named.operation_id = "restore-7";
  ASSERT_TRUE(current_time(named));
  EXPECT_THAT(peek_operation(service_.last("CurrentTime").body)->headers.operation_id,
              StartsWith("restore-7-"));
}

TEST_F(SoapClientTest, AnErrorNamesTheOperationThatWasSent) {
  script("CreateFolder", [](http::Wire& wire) { wire.answer(500, fault("DuplicateName", "x")); });
  ASSERT_TRUE(open());
  const std::string named = create_folder().error().operation_id;
  EXPECT_FALSE(named.empty());
  EXPECT_EQ(named, peek_operation(service_.last("CreateFolder").body)->headers.operation_id);
  // Also where the message was written down before the call began.
  script("CurrentTime", [](http::Wire& wire) { wire.answer(500, fault("SystemError", "x")); });
  _vim25__CurrentTime request;
  request._USCOREthis = reference("ServiceInstance", "ServiceInstance");
  std::promise<std::string> told;
  call_async<_vim25__CurrentTimeResponse>(
      *caller_, request, http::patient(), [&](Result<Message<_vim25__CurrentTimeResponse>> answer) {
        told.set_value(answer ? "" : answer.error().operation_id);
      });
  const std::string told_id = told.get_future().get();
  EXPECT_EQ(told_id, peek_operation(service_.last("CurrentTime").body)->headers.operation_id);
}

TEST_F(SoapClientTest, CallsErrorsAndBytesAreCountedByMethod) {
  script("CreateFolder", [](http::Wire& wire) { wire.answer(500, fault("DuplicateName", "x")); });
  ASSERT_TRUE(open());
  ASSERT_TRUE(current_time());
  const Traffic before = counts_.now();
  EXPECT_EQ(before.methods.at("Login").calls, 1U);
  EXPECT_EQ(before.methods.at("CurrentTime").errors, 0U);
  EXPECT_FALSE(create_folder());
  EXPECT_FALSE(create_folder());
  const Traffic after = counts_.now();
  EXPECT_EQ(after.methods.at("CreateFolder").calls, 2U);
  EXPECT_EQ(after.methods.at("CreateFolder").errors, 2U);
  EXPECT_EQ(after.soap_calls, before.soap_calls + 2);
  EXPECT_GT(after.bytes_sent, before.bytes_sent + 2 * std::string("CreateFolder").size());
  EXPECT_GT(after.bytes_received, before.bytes_received);
}

TEST_F(SoapClientTest, AFaultIsAnErrorWithItsErrno) {
  script("CreateFolder", [](http::Wire& wire) {
    wire.answer(500, fault("DuplicateName", "The name 'new' already exists."));
  });
  ASSERT_TRUE(open());
  const auto folder = create_folder();
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Errno{EEXIST});
  ASSERT_TRUE(folder.error().fault);
  EXPECT_EQ(folder.error().fault->type, "DuplicateName");
  EXPECT_THAT(folder.error().words, HasSubstr("CreateFolder"));
  EXPECT_THAT(folder.error().words, HasSubstr("already exists"));
  EXPECT_FALSE(folder.error().maybe_done);
}

TEST_F(SoapClientTest, ALostReplyToAChangeSaysSoAndIsNotSentAgain) {
  script("CreateFolder", [](http::Wire& wire) { wire.close(); });
  ASSERT_TRUE(open());
  const auto folder = create_folder();
  ASSERT_FALSE(folder);
  EXPECT_TRUE(folder.error().maybe_done);
  EXPECT_EQ(service_.count("CreateFolder"), 1);
}

TEST_F(SoapClientTest, AnAnswerOfNonsenseToAChangeMayHideItsSuccess) {
  for (const auto& [status, code] :
       std::vector<std::pair<int, int>>{{200, EIO}, {500, EIO}, {502, EHOSTUNREACH}}) {
    script("CreateFolder",
           [status = status](http::Wire& wire) { wire.answer(status, "<html>proxy</html>"); });
    ASSERT_TRUE(open());
    const auto folder = create_folder();
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code, Errno{code}) << status;
    EXPECT_TRUE(folder.error().maybe_done) << status;
    close();
    server_.reset();
  }
}

TEST_F(SoapClientTest, ABusyServiceIsOutOfReachAfterAWhile) {
  script("CurrentTime", [](http::Wire& wire) { wire.answer(503, "<html>"); });
  ASSERT_TRUE(open());
  const auto status = current_time();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errno{EHOSTUNREACH});
  EXPECT_EQ(service_.count("CurrentTime"), 4);
}

TEST_F(SoapClientTest, AReadOnlyConnectionSendsReadingMethodsOnly) {
  ASSERT_TRUE(open(true));
  EXPECT_TRUE(current_time());
  const auto folder = create_folder();
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Errno{EROFS});
  EXPECT_EQ(service_.count("CreateFolder"), 0);
  close();
  EXPECT_EQ(service_.count("Logout"), 1);
}

TEST(MethodRules, WhatIsNotOnTheListChangesSomething) {
  for (const auto* method : {"CreateVM_Task", "Destroy_Task", "ReconfigVM_Task", "PbmCreate",
                             "CancelTask", "GenerateKey", "SomethingNew", ""}) {
    EXPECT_TRUE(rules_of(method).changes) << method;
    EXPECT_FALSE(rules_of(method).repeatable) << method;
  }
  for (const auto* method : {"SearchDatastore_Task", "SearchDatastoreSubFolders_Task",
                             "WaitForUpdatesEx", "RetrievePropertiesEx", "PbmRetrieveContent"}) {
    EXPECT_FALSE(rules_of(method).changes) << method;
    EXPECT_TRUE(rules_of(method).repeatable) << method;
  }
  for (const auto* method : {"CreateFilter", "CreateContainerView", "CreatePropertyCollector"}) {
    EXPECT_FALSE(rules_of(method).changes) << method;
    EXPECT_FALSE(rules_of(method).repeatable) << method;
  }
  EXPECT_FALSE(rules_of("Login").changes);
  EXPECT_FALSE(rules_of("Login").repeatable);
}

TEST_F(SoapClientTest, PbmGetsTheCookieWithoutQuotesAndItsOwnVersion) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(query_profiles());
  ASSERT_TRUE(query_profiles());
  const auto request = service_.last("PbmQueryProfile");
  EXPECT_EQ(request.target, "/pbm");
  EXPECT_EQ(request.header("soapaction"), "\"urn:pbm/8.0.0.0\"");
  EXPECT_EQ(request.header("cookie"), "vmware_soap_session=\"1\"");
  EXPECT_EQ(peek_operation(request.body)->headers.session_cookie, "1");
  EXPECT_EQ(service_.count("GET /pbm/pbmServiceVersions.xml"), 1);
}

TEST_F(SoapClientTest, PbmHearsOfTheNewSession) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(query_profiles());
  service_.expire_sessions();
  ASSERT_TRUE(query_profiles());
  EXPECT_EQ(peek_operation(service_.last("PbmQueryProfile").body)->headers.session_cookie, "2");
  EXPECT_EQ(service_.count("Login"), 2);
}

TEST_F(SoapClientTest, PbmThatRefusesAGoodSessionCostsOneLoginAndLeavesNoSession) {
  ASSERT_TRUE(open());
  for (const char* type : {"InvalidLogin", "SecurityError"}) {
    script("PbmQueryProfile",
           [type](http::Wire& wire) { wire.answer(500, fault(type, "sps is in trouble")); });
    for (int i = 0; i < 3; ++i) {
      const auto profiles = query_profiles();
      ASSERT_FALSE(profiles);
      EXPECT_FALSE(profiles.error().login_refused);
    }
  }
  EXPECT_EQ(service_.count("Login"), 2);
  EXPECT_TRUE(http::eventually([&] { return service_.open_sessions() == 1; }));
  EXPECT_TRUE(current_time());
}

TEST_F(SoapClientTest, ACallWithoutWaitingAnswersOnceAndMayOutliveItsRequest) {
  ASSERT_TRUE(open());
  service_.expire_sessions();
  std::promise<Result<std::string>> answered;
  {
    _vim25__CurrentTime request;
    request._USCOREthis = reference("ServiceInstance", "ServiceInstance");
    call_async<_vim25__CurrentTimeResponse>(
        *caller_, request, http::patient(),
        [&](Result<Message<_vim25__CurrentTimeResponse>> answer) {
          if (!answer) return answered.set_value(fail(std::move(answer.error())));
          answered.set_value(*(*answer)->returnval);
        });
  }
  const auto time = answered.get_future().get();
  ASSERT_TRUE(time) << time.error().words;
  EXPECT_EQ(*time, "2024-06-25T12:30:01Z");
}

TEST_F(SoapClientTest, ACallUnderWayEndsWithTheShutDown) {
  script("CurrentTime", [](http::Wire& wire) { wire.stall(); });
  ASSERT_TRUE(open());
  auto answer = std::async(std::launch::async, [&] { return current_time(); });
  EXPECT_TRUE(http::eventually([&] { return service_.count("CurrentTime") > 0; }));
  transport_->shut_down();
  const auto status = answer.get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errno{ECANCELED});
}

}  // namespace
}  // namespace vtpmfs::vsphere
