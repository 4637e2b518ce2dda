// Pages by token between the client and the simulated vCenter.
#include <set>

#include "tests/integration/vcenter_under_test.h"
#include "vsphere/http/transport.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/service_discovery.h"
#include "vsphere/session.h"
#include "vsphere/soap_client.h"
#include "vsphere/traffic_counts.h"

namespace vtpmfs::vsphere {
namespace {

simulator::FleetOptions plain_fleet(int vms) {
  simulator::FleetOptions fleet;
  fleet.vms = vms;
  fleet.specials = false;
  return fleet;
}

/// A connection's lower half: the parts that a Connection keeps to itself.
class PagingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ConnectionSettings settings = vcenter_.settings();
    http::TransportSettings transport;
    transport.host = settings.host;
    transport.port = settings.port;
    transport.tls = settings.tls;
    transport.user_agent = settings.user_agent;
    auto made = http::Transport::create(transport);
    ASSERT_TRUE(made) << made.error().words;
    transport_ = std::move(*made);
    call_.timeout = settings.timeout;
    const auto service = discover_service(*transport_, counts_, call_);
    ASSERT_TRUE(service) << service.error().words;
    SessionSettings session;
    session.user = settings.user;
    session.password = settings.password;
    session.timeout = settings.timeout;
    session.session_manager = *service->refs.session_manager;
    session.endpoint = service->vim;
    session.first_cookie = service->cookie;
    session_ = std::make_unique<Session>(*transport_, counts_, std::move(session));
    ASSERT_TRUE(session_->renew_and_wait(0, call_));
    client_ =
        std::make_unique<SoapClient>(*transport_, *session_, service->vim, service->refs, counts_);
    query_.properties = {{"VirtualMachine", {"name"}}};
    for (const auto& machine : vcenter_.tell("list-vms")) {
      query_.objects.push_back(MoRef{"VirtualMachine", machine.at("id")});
      names_.insert(machine.at("name").get<std::string>());
    }
    ASSERT_EQ(query_.objects.size(), 600U);
    vcenter_.reset_counts();
  }
  void TearDown() override {
    if (transport_) transport_->shut_down();
    if (session_) session_->log_out();
    transport_.reset();
  }

  /// All machines' names by one query; `on_object` is called for each with how many came before.
  std::multiset<std::string> read(const std::function<void(size_t)>& on_object = [](size_t) {}) {
    std::multiset<std::string> seen;
    size_t before = 0;
    PropertyCollector collector(*client_);
    const Status read = collector.retrieve(
        query_, call_, [&] { seen.clear(); },
        [&](const vim25__ObjectContent& content) {
          on_object(before++);
          const auto name = ObjectProperties(content).text("name");
          if (name && *name) seen.insert(**name);
        });
    EXPECT_TRUE(read) << read.error().words;
    return seen;
  }

  VCenterUnderTest vcenter_{plain_fleet(600)};
  TrafficCounts counts_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<SoapClient> client_;
  std::unique_ptr<http::Transport> transport_;
  Call call_;
  PropertyQuery query_;
  std::multiset<std::string> names_;
};

TEST_F(PagingTest, EveryObjectComesOnceAndEachPageCostsACall) {
  EXPECT_EQ(read(), names_);
  EXPECT_EQ(vcenter_.count("RetrievePropertiesEx"), 1U);
  EXPECT_EQ(vcenter_.count("ContinueRetrievePropertiesEx"), 2U);
}

TEST_F(PagingTest, ASessionThatEndsBetweenTwoPagesCostsAnotherBeginning) {
  EXPECT_EQ(read([&](size_t before) {
              if (before == 0) vcenter_.tell("expire-sessions");
            }),
            names_);
  EXPECT_EQ(vcenter_.count("Login"), 1U);
  EXPECT_EQ(vcenter_.count("RetrievePropertiesEx"), 2U);
}

TEST_F(PagingTest, AnObjectThatGoesBetweenTwoPagesIsLeftOut) {
  query_.report_missing_objects = true;
  const auto gone = query_.objects.back();
  const auto seen = read([&](size_t before) {
    if (before == 0) vcenter_.tell("destroy-vm", {{"vm", gone.value}});
  });
  EXPECT_EQ(seen.size(), 599U);
}

}  // namespace
}  // namespace vtpmfs::vsphere
