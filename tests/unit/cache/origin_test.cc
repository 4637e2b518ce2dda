// What others know of a VM's origin: asked for by the page, kept while nobody answers.
#include <gmock/gmock.h>

#include "cache/saved/config_file.h"
#include "tests/unit/cache/sets_fixture.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::ElementsAre;

const MoRef kVm = vm_ref(1);

class OriginTest : public SetsFixture {
 protected:
  void SetUp() override {
    settings.origin_hook = [this](std::vector<OriginOfVm>& page, const vsphere::Call&) {
      pages.push_back(page.size());
      for (OriginOfVm& of : page) {
        of.policy_pending = policy_silent;
        of.provider_pending = provider_silent;
        if (!policy_silent && policy) of.origin.policy_id = *policy;
        if (!policy_silent && policy) of.origin.policy_name = "name of " + *policy;
        if (!provider_silent) of.origin.provider_management = "vCenter";
      }
    };
    SetsFixture::SetUp();
  }
  SavedOrigin origin() {
    const auto config = parse_config(*sets->latest(kVm)->text(FileRole::config));
    EXPECT_TRUE(config && config->origin);
    return *config->origin;
  }

  std::vector<size_t> pages;
  std::optional<std::string> policy = "gold";
  bool policy_silent = false, provider_silent = false;
};

TEST_F(OriginTest, IsAskedForOnceAPage) {
  std::vector<EntityChange> changes;
  std::vector<MoRef> all;
  for (int i = 1; i <= 600; ++i) {
    source.add(tpm_detail(i), "x");
    changes.push_back(enter_vm(vm_ref(i), "vm" + std::to_string(i), kVmFolder));
    all.push_back(vm_ref(i));
  }
  inventory.apply(update_of(changes));
  sets->reader().read(all, {});
  EXPECT_THAT(pages, ElementsAre(250, 250, 100));
}

TEST_F(OriginTest, AnAnswerThatComesLaterIsOneChange) {
  policy_silent = true;
  add(tpm_detail(1));
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_FALSE(origin().policy_id);
  EXPECT_TRUE(sets->latest(kVm)->origin_pending);
  pass_pin();
  const SetFile before = listed(kVm, FileRole::config);
  policy_silent = false;
  reread(kVm);
  EXPECT_EQ(origin().policy_id, "gold");
  EXPECT_EQ(origin().policy_name, "name of gold");
  EXPECT_FALSE(sets->latest(kVm)->origin_pending);
  EXPECT_GT(listed(kVm, FileRole::config).time, before.time);
}

TEST_F(OriginTest, WhatWasKnownStaysWhileNobodyAnswers) {
  add(tpm_detail(1));
  const SetListing before = *sets->listing(kVm);
  policy_silent = provider_silent = true;
  EXPECT_FALSE(reread(kVm));
  EXPECT_TRUE(looks_the_same(*sets->listing(kVm), before));
  EXPECT_EQ(origin().policy_id, "gold");
  EXPECT_EQ(origin().provider_management, "vCenter");
  EXPECT_TRUE(sets->latest(kVm)->origin_pending);
  // ... of the one who does not answer, and of nobody else
  policy_silent = false;
  policy.reset();
  EXPECT_TRUE(reread(kVm));
  EXPECT_FALSE(origin().policy_id);
  EXPECT_EQ(origin().provider_management, "vCenter");
}

TEST_F(OriginTest, ACopyThatIsUnderWayIsNotTornByALateAnswer) {
  policy_silent = true;
  add(tpm_detail(1));
  const auto config = sets->open(kVm, FileRole::config);
  ASSERT_TRUE(config);
  const Bytes before = wait_for(start_read(*config, FileRole::config));
  ASSERT_TRUE(before);
  policy_silent = false;
  reread(kVm);
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(text(kVm, FileRole::config), **before);
  EXPECT_NE(text(kVm, FileRole::sha256sums).find(hex(sha256(**before))), std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::cache::testing
