// Restores that end after their checks: a dry run, and who only asks.
#include "tests/unit/restore/answers.h"
#include "tests/unit/restore/restore_fixture.h"

#include "fs/restore/job/job_restorer.h"

namespace vtpmfs::fs {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class PreflightTest : public RestoreFixture {
 protected:
  /// Nothing that changes the vCenter was sent, and nothing was written down.
  void expect_nothing_made() const {
    for (const std::string& call : target_.log)
      for (const char* change : {"create_policy", "create_folder", "create_vm", "upload", "finish",
                                 "destroy", "journal:"})
        EXPECT_EQ(call.find(change), std::string::npos) << call;
    EXPECT_TRUE(target_.machines.empty());
  }
  RestoreRequest question() {
    RestoreRequest asked = request();
    asked.check_only = true;
    return asked;
  }
};

TEST_F(PreflightTest, WhoOnlyAsksIsAnsweredAndNothingIsMade) {
  target_.policies.clear();  // one would have to be made
  RestoreRequest asked = question();
  asked.folders = {"Finance", "New"};
  const Status answer = restore(asked);
  ASSERT_TRUE(answer) << answer.error().words;
  EXPECT_EQ(status_.state, RestoreStatus::State::checked);
  EXPECT_FALSE(status_.error);
  EXPECT_EQ(status_.vm_path, "/DC0/vm/Finance/New/pay01");
  expect_nothing_made();
}

TEST_F(PreflightTest, WhatARestoreWouldLackIsToldByTheCheck) {
  config_.devices[0].network_name = "elsewhere";
  config_.version = "vmx-10";
  ASSERT_TRUE(restore(question()));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("elsewhere")));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("vmx-14")));
  expect_nothing_made();
}

TEST_F(PreflightTest, ACheckAnswersTheErrnoOfTheRestore) {
  target_.providers.clear();
  const Status answer = restore(question());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code.value(), ENOKEY);
  EXPECT_EQ(status_.state, RestoreStatus::State::failed);
  EXPECT_EQ(status_.error, Errno{ENOKEY});
  expect_nothing_made();
}

TEST_F(PreflightTest, ADryRunThatFindsNothingWrongIsNoSuccess) {
  options_.dry_run = true;
  target_.policies.clear();
  const Status answer = restore();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code.value(), ECANCELED);
  EXPECT_EQ(status_.state, RestoreStatus::State::checked);
  EXPECT_EQ(status_.error, Errno{ECANCELED});
  EXPECT_THAT(status_.reason, HasSubstr("dry run"));
  EXPECT_THAT(status_.what_to_do, HasSubstr("--restore-dry-run"));
  expect_nothing_made();
}

TEST_F(PreflightTest, ADryRunThatFindsSomethingSaysWhat) {
  options_.dry_run = true;
  target_.offered.datastores[0].free_bytes = 0;
  EXPECT_EQ(refusal(), ENOSPC);
  expect_nothing_made();
}

TEST_F(PreflightTest, InADryRunWhoOnlyAsksIsAnsweredAsElsewhere) {
  options_.dry_run = true;
  EXPECT_TRUE(restore(question()));
  EXPECT_EQ(status_.state, RestoreStatus::State::checked);
}

TEST_F(PreflightTest, EveryPrivilegeIsAskedForWhereItIsNeeded) {
  RestoreRequest asked = request();
  ASSERT_TRUE(restore(asked));
  const auto on = [&](const char* privilege) {
    std::vector<std::string> objects;
    for (const vsphere::PrivilegeOn& one : target_.asked_privileges)
      if (one.privilege == privilege) objects.push_back(one.object.value);
    return objects;
  };
  using Objects = std::vector<std::string>;
  for (const char* privilege :
       {"VirtualMachine.Inventory.Create", "VirtualMachine.Config.AddRemoveDevice",
        "VirtualMachine.Config.AdvancedConfig", "Cryptographer.EncryptNew"})
    EXPECT_EQ(on(privilege), Objects{"group-v1"}) << privilege;
  EXPECT_EQ(on("Resource.AssignVMToPool"), Objects{"resgroup-1"});
  EXPECT_EQ(on("Datastore.AllocateSpace"), Objects{"datastore-1"});
  EXPECT_EQ(on("Datastore.FileManagement"), (Objects{"datastore-1", "dc-1"}));
  EXPECT_EQ(on("Network.Assign"), Objects{"network-1"});
  for (const char* privilege :
       {"Folder.Create", "Cryptographer.RegisterHost", "StorageProfile.Update",
        "VirtualMachine.Provisioning.MarkAsTemplate"})
    EXPECT_EQ(on(privilege), Objects{}) << privilege;
  EXPECT_EQ(target_.count("missing_privileges"), 1);
}

TEST_F(PreflightTest, WhatHasToBeMadeOrPutInOrderNeedsItsOwn) {
  target_.policies.clear();
  target_.offered.hosts[0].crypto_state = "incapable";
  origin_.is_template = true;
  options_.templates = true;
  target_.lacking = {"Folder.Create", "Cryptographer.RegisterHost", "StorageProfile.Update",
                     "VirtualMachine.Provisioning.MarkAsTemplate"};
  RestoreRequest asked = request();
  asked.folders = {"New"};
  const Status refused = restore(asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errno{EACCES});
  for (const char* words :
       {"Folder.Create", "VirtualMachine.Provisioning.MarkAsTemplate on the folder /DC0/vm",
        "Cryptographer.RegisterHost on the host", "StorageProfile.Update on the root folder"})
    EXPECT_THAT(status_.reason, HasSubstr(words));
  EXPECT_THAT(status_.what_to_do, HasSubstr("role"));
  expect_nothing_made();
}

TEST_F(PreflightTest, AnUnencryptedVmNeedsNoneForEncryption) {
  target_.offered.hosts[0].crypto_state = "incapable";
  target_.lacking = {"Cryptographer.EncryptNew", "Cryptographer.RegisterHost"};
  RestoreRequest asked = request();
  for (const char* name : {"keyId", "encryption.bundle", "vtpm.json"}) asked.files.erase(name);
  restore(asked);
  for (const vsphere::PrivilegeOn& one : target_.asked_privileges)
    EXPECT_EQ(one.privilege.find("Cryptographer"), std::string::npos) << one.privilege;
}

TEST_F(PreflightTest, AMissingPrivilegeIsNamedWithItsObjectAndNothingIsMade) {
  target_.lacking = {"Resource.AssignVMToPool"};
  EXPECT_EQ(refusal(), EACCES);
  EXPECT_THAT(status_.reason,
              HasSubstr("Resource.AssignVMToPool on the resource pool /DC0/host/C0/Resources"));
  expect_nothing_made();
}

TEST_F(PreflightTest, WhatIsNotNeededByEveryVcenterIsAWarning) {
  target_.lacking = {"VirtualMachine.Inventory.Delete", "VirtualMachine.Config.Annotation"};
  ASSERT_TRUE(restore());
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("cannot be taken away")));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("VirtualMachine.Config.Annotation")));
}

TEST_F(PreflightTest, ABootOrderThatNamesACardNeedsTheReconfigureThatSetsIt) {
  const auto asked_for = [&](const std::string& privilege) {
    return std::any_of(target_.asked_privileges.begin(), target_.asked_privileges.end(),
                       [&](const auto& one) { return one.privilege == privilege; });
  };
  ASSERT_TRUE(restore(question()));
  EXPECT_FALSE(asked_for("VirtualMachine.Config.Settings"));
  config_.boot_order = {{vsphere::BootDevice::Kind::ethernet, 4000}};
  target_.lacking = {"VirtualMachine.Config.Settings"};
  ASSERT_TRUE(restore(question()));
  EXPECT_TRUE(asked_for("VirtualMachine.Config.Settings"));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("the boot order, which names a network card")));
  target_.offered.networks.clear();  // the card is left out, and with it the order
  ASSERT_TRUE(restore(question()));
  EXPECT_FALSE(asked_for("VirtualMachine.Config.Settings"));
}

TEST_F(PreflightTest, CertificatesThatMayHaveToBePutBackNeedTheRightToEditADevice) {
  target_.lacking = {"VirtualMachine.Config.EditDevice"};
  ASSERT_TRUE(restore(question()));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("the saved ones cannot be put back")));
  tpm_.certificates.clear();
  ASSERT_TRUE(restore(question()));
  EXPECT_THAT(status_.warnings, Not(Contains(HasSubstr("the saved ones cannot be put back"))));
}

TEST_F(PreflightTest, WhoMayNotAskGoesOnAndSaysSo) {
  target_.faults["missing_privileges"] = {Error{Errno{EACCES}, "no right to ask"}};
  ASSERT_TRUE(restore());
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("no right to ask")));
}

TEST_F(PreflightTest, AnExpiredCertificateIsAWarning) {
  RestoreSurroundings around = surroundings();
  const auto warnings = [&] {
    RestoreJob job(around, question(), interrupted_, stop_, [](const RestoreStatus&) {});
    EXPECT_TRUE(job.run());
    return job.status().warnings;
  };
  EXPECT_THAT(warnings(), testing::Not(Contains(HasSubstr("expired"))));
  around.now = [] { return std::chrono::system_clock::now() + std::chrono::hours(48); };
  EXPECT_THAT(warnings(), Contains(HasSubstr("certificate 1 of the vTPM expired on 20")));
}

TEST_F(PreflightTest, ACheckAndARestoreOfOneNameAreNotInEachOthersWay) {
  Gate gate;
  Answers answers;
  target_.at_call = [&](int, const std::string& call) {
    if (call == "placement") gate.pass();
  };
  bool told = false;
  JobRestorer restorer(surroundings(), [&](const vsphere::MoRef&) { told = true; });
  restorer.start(
      question(), interrupted_, [](const RestoreStatus&) {}, answers.taker());
  ASSERT_TRUE(gate.wait_inside(1));
  restorer.start(
      request(), interrupted_, [](const RestoreStatus&) {}, answers.taker());
  ASSERT_TRUE(gate.wait_inside(2)) << "the restore was refused or waited";
  gate.open();
  EXPECT_EQ(answers.wait_for(2), (std::vector<int>{0, 0}));
  restorer.shut_down();
  EXPECT_EQ(target_.machines.size(), 1U);
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace vtpmfs::fs
