#include "fs/daemon/saved_origins.h"

#include <gmock/gmock.h>

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using cache::OriginOfVm;
using testing::ElementsAre;

/// Passes only when told to.
class StandingClock final : public cache::Clock {
 public:
  [[nodiscard]] cache::WallTime now() const override { return {}; }
  [[nodiscard]] cache::MonotonicTime monotonic() const override { return now_; }
  void advance(std::chrono::seconds by) { now_ += by; }

 private:
  cache::MonotonicTime now_{std::chrono::hours(1)};
};

class SavedOriginsTest : public testing::Test {
 protected:
  SavedOriginsTest() {
    target.providers = {{"KMS", "vCenter", {}, {}, {}}};
    target.policies = {{"p-gold", "Gold", false}};
    target.policy_of = {{"vm-1", "p-gold"}, {"vm-2", "p-gold"}, {"vm-3", "p-unnamed"}};
    for (int i = 1; i <= 4; ++i) {
      vsphere::VmDetail& detail = details.emplace_back();
      detail.vm = {"VirtualMachine", "vm-" + std::to_string(i)};
      detail.key_id = vsphere::CryptoKeyId{"key", "KMS"};
    }
    details.emplace_back().vm = {"VirtualMachine", "vm-plain"};
  }

  /// A page of all the VMs, filled in.
  std::vector<OriginOfVm> page() {
    std::vector<OriginOfVm> filled;
    for (const vsphere::VmDetail& detail : details) filled.push_back({detail, {}});
    hook(filled, {});
    return filled;
  }
  static long pending(const std::vector<OriginOfVm>& page) {
    return std::count_if(page.begin(), page.end(),
                         [](const OriginOfVm& of) { return of.policy_pending; });
  }
  static vsphere::Fault fault(const std::string& type) {
    vsphere::Fault made;
    made.type = type;
    return made;
  }

  made::FakeTarget target;
  StandingClock clock;
  std::vector<vsphere::VmDetail> details;
  cache::OriginHook hook = saved_origins(target, clock, true);
};

TEST_F(SavedOriginsTest, PoliciesOfAPageAreOneCallAndEachNameIsAskedForOnce) {
  for (int i = 0; i < 3; ++i) {
    const auto filled = page();
    EXPECT_EQ(filled[0].origin.policy_id, "p-gold");
    EXPECT_EQ(filled[1].origin.policy_name, "Gold");
    EXPECT_EQ(filled[2].origin.policy_id, "p-unnamed");
    EXPECT_FALSE(filled[2].origin.policy_name);
    EXPECT_FALSE(filled[3].origin.policy_id);
    EXPECT_EQ(pending(filled), 0);
    EXPECT_EQ(filled[3].origin.provider_management, "vCenter");
    EXPECT_FALSE(filled[4].origin.provider_management);
  }
  EXPECT_EQ(target.count("policies_of"), 3);
  EXPECT_EQ(target.count("policy_names"), 1);
  EXPECT_EQ(target.count("key_providers"), 1);
}

TEST_F(SavedOriginsTest, OnlyEncryptedVmsAreAskedFor) {
  details = {details.back()};
  page();
  EXPECT_EQ(target.count("policies_of"), 0);
}

TEST_F(SavedOriginsTest, ALockedVmIsKnownByTheInventorysKey) {
  details.front().key_id.reset();
  std::vector<OriginOfVm> filled{{details.front(), {}}};
  filled.front().origin.key = vsphere::CryptoKeyId{"key", "KMS"};
  hook(filled, {});
  EXPECT_EQ(filled.front().origin.policy_id, "p-gold");
}

TEST_F(SavedOriginsTest, AnEsxiHostHasNoPolicies) {
  hook = saved_origins(target, clock, false);
  EXPECT_EQ(pending(page()), 0);
  EXPECT_EQ(target.count("policies_of"), 0);
  EXPECT_EQ(target.count("key_providers"), 1);
}

TEST_F(SavedOriginsTest, ARefusalIsNotAskedForAgain) {
  for (const char* type : {"NoPermission", "MethodNotFound", "NotSupported"}) {
    made::FakeTarget refusing;
    refusing.faults["policies_of"].push_back(made::fault_error(fault(type)));
    hook = saved_origins(refusing, clock, true);
    for (int i = 0; i < 3; ++i) {
      const auto filled = page();
      EXPECT_EQ(pending(filled), 0) << type;
      EXPECT_FALSE(filled[0].origin.policy_id);
      clock.advance(std::chrono::hours(1));
    }
    EXPECT_EQ(refusing.count("policies_of"), 1) << type;
  }
}

TEST_F(SavedOriginsTest, SilenceIsNoRefusalAndIsAskedForAgainAfterAPauseThatGrows) {
  auto& errors = target.faults["policies_of"];
  errors.push_back(Error{Errno{EHOSTUNREACH}, "HTTP status 503"});
  errors.push_back(made::fault_error(fault("PbmFault")));
  errors.push_back(made::fault_error(fault("NotAuthenticated")));
  EXPECT_EQ(pending(page()), 4);
  EXPECT_EQ(pending(page()), 4);
  EXPECT_EQ(target.count("policies_of"), 1);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(pending(page()), 4);
  EXPECT_EQ(target.count("policies_of"), 2);
  clock.advance(std::chrono::seconds(1));
  page();
  EXPECT_EQ(target.count("policies_of"), 2);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(pending(page()), 4);
  EXPECT_EQ(target.count("policies_of"), 3);
  clock.advance(std::chrono::seconds(4));
  const auto filled = page();
  EXPECT_EQ(pending(filled), 0);
  EXPECT_EQ(filled[0].origin.policy_name, "Gold");
}

TEST_F(SavedOriginsTest, NoIdWithoutTheNameThatIsStillToCome) {
  target.faults["policy_names"].push_back(Error{Errno{ETIMEDOUT}, "no answer"});
  const auto filled = page();
  EXPECT_EQ(pending(filled), 4);
  EXPECT_FALSE(filled[0].origin.policy_id);
}

TEST_F(SavedOriginsTest, ProvidersThatNobodyDescribesNowAreAskedForAgain) {
  target.faults["key_providers"].push_back(Error{Errno{EHOSTUNREACH}, "no answer"});
  for (const OriginOfVm& of : page()) EXPECT_EQ(of.provider_pending, of.detail.key_id.has_value());
  EXPECT_EQ(target.count("key_providers"), 1);
  clock.advance(std::chrono::seconds(1));
  const auto filled = page();
  EXPECT_FALSE(filled[0].provider_pending);
  EXPECT_EQ(filled[0].origin.provider_management, "vCenter");
}

TEST_F(SavedOriginsTest, AProviderThatMayNotBeReadIsAnAnswer) {
  target.faults["key_providers"].push_back(made::fault_error(fault("NoPermission")));
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(page()[0].provider_pending);
  EXPECT_EQ(target.count("key_providers"), 1);
}

}  // namespace
}  // namespace vtpmfs::fs
