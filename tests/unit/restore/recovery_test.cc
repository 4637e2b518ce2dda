// What the next mount does with a restore that was broken off: and what it must never touch.
#include "fs/restore/job/recovery.h"

#include "tests/unit/restore/broken_off_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;
using testing::Not;
using End = Recovery::End;
using State = RestoreRecord::State;

class RecoveryTest : public BrokenOffFixture {
 protected:
  /// The half-made VM is there, must be left, and its record stays for the next mount.
  void expect_left(const RestoreRecord& record, const std::string& why) {
    EXPECT_EQ(recover_now(record), End::left_behind) << last_.words;
    EXPECT_THAT(last_.words, HasSubstr(why));
    EXPECT_EQ(target_.count("destroy"), 0);
    EXPECT_FALSE(target_.machines.empty());
    ASSERT_EQ(journal_.records().size(), 1U);
    EXPECT_EQ(journal_.records().begin()->second.state, State::left_behind);
    EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
    EXPECT_THAT(status_.reason, HasSubstr(why));
    EXPECT_THAT(status_.what_to_do, HasSubstr(record.mark));
    // So it is at the next mount.
    EXPECT_EQ(recover_later(journal_.records().begin()->second), End::left_behind);
    EXPECT_EQ(target_.count("destroy"), 0);
  }
};

TEST_F(RecoveryTest, AHalfMadeVmIsTakenAway) {
  const RestoreRecord record = killed_in("upload");
  EXPECT_EQ(record.state, State::created);
  EXPECT_EQ(recover_now(record), End::removed);
  EXPECT_TRUE(target_.machines.empty());
  EXPECT_TRUE(journal_.records().empty());
  EXPECT_EQ(status_.state, RestoreStatus::State::failed);
  EXPECT_EQ(status_.error, Errno{EINTR});
  EXPECT_THAT(status_.reason, HasSubstr("removed"));
  EXPECT_THAT(status_.what_to_do, HasSubstr("sync this directory"));
}

TEST_F(RecoveryTest, AVmThatWasCheckedIsFinished) {
  const RestoreRecord record = killed_in("finish");
  ASSERT_EQ(record.state, State::verified);
  the_vm().found.marks[kMarkKey] = record.mark;  // the call had no effect after all
  EXPECT_EQ(recover_now(record), End::finished);
  EXPECT_TRUE(the_vm().found.marks.empty());
  EXPECT_EQ(the_vm().found.detail.config.annotation, "pays wages");
  EXPECT_TRUE(journal_.records().empty());
  EXPECT_EQ(status_.state, RestoreStatus::State::done);
  EXPECT_EQ(status_.vm_path, "/DC0/vm/pay01");
}

TEST_F(RecoveryTest, AVmThatWasCheckedIsNeverDestroyed) {
  const RestoreRecord record = killed_in("finish");
  the_vm().found.marks[kMarkKey] = "of somebody else";
  EXPECT_EQ(recover_now(record), End::left_behind);
  the_vm().found.detail.unreadable = {{"config.extraConfig", Error{Errno{EACCES}, "no right"}}};
  EXPECT_EQ(recover_now(record), End::left_behind);
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(target_.count("finish"), 0);
  // It still says that it was checked, for the next mount.
  EXPECT_EQ(journal_.records().begin()->second.state, State::verified);
  target_.machines.clear();
  EXPECT_EQ(recover_now(record), End::gone);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RecoveryTest, ACheckedVmThatIsOnByNowIsFinishedAndNoTemplateIsMadeOfIt) {
  origin_.is_template = true;
  options_.templates = true;
  const RestoreRecord record = killed_in("finish");
  const vsphere::VmIdentity as_made = the_vm().found;
  const std::function<void(vsphere::VmIdentity&)> uses[] = {
      [](auto& vm) { vm.detail.power = vsphere::PowerState::on; },
      [](auto& vm) { vm.detail.log_with_content = true; },
      [](auto& vm) { vm.detail.has_snapshot = true; },
      [](auto& vm) { vm.has_disk = true; },
  };
  for (const auto& use : uses) {
    the_vm().found = as_made;
    use(the_vm().found);
    EXPECT_EQ(recover_now(record), End::finished);
    EXPECT_EQ(target_.count("mark_as_template"), 0);
  }
  the_vm().found = as_made;
  EXPECT_EQ(recover_now(record), End::finished);
  EXPECT_EQ(target_.count("mark_as_template"), 1);
}

TEST_F(RecoveryTest, WhatAPersonWroteAtACheckedVmStays) {
  const RestoreRecord record = killed_in("finish");
  the_vm().found.marks[kMarkKey] = record.mark;
  the_vm().found.detail.config.annotation = "kept for Ann";
  EXPECT_EQ(recover_now(record), End::finished);
  EXPECT_TRUE(the_vm().found.marks.empty());
  EXPECT_EQ(the_vm().found.detail.config.annotation, "kept for Ann");
}

TEST_F(RecoveryTest, ACreationThatWasSentMayMakeItsVmLater) {
  target_.creation_hangs = true;
  const RestoreRecord record = killed_in("create_vm");
  EXPECT_FALSE(record.task);
  EXPECT_EQ(recover_now(record), End::undecided);
  EXPECT_THAT(status_.step, HasSubstr("may still make"));
  EXPECT_EQ(journal_.records().size(), 1U);
  // It comes.
  target_.creation_hangs = false;
  const vsphere::NewVm late = target_.sent.at(0);
  ASSERT_TRUE(target_.start_create_vm(record.folder, {}, {}, late, {}));
  EXPECT_EQ(recover_now(record), End::removed);
  EXPECT_TRUE(target_.machines.empty());
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RecoveryTest, ACreationOfLongAgoMakesNothingAnyMore) {
  target_.creation_hangs = true;
  const RestoreRecord record = killed_in("create_vm");
  EXPECT_EQ(recover_later(record), End::nothing_there);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RecoveryTest, ATaskThatIsKnownIsCancelledAndItsEndIsBelieved) {
  target_.creation_hangs = true;
  vsphere::Fault cancelled;
  cancelled.type = "RequestCanceled";
  target_.task_fault_after_cancel = made::fault_error(cancelled);
  const RestoreRecord record = killed_in("wait_task");
  ASSERT_TRUE(record.task);
  EXPECT_EQ(recover_now(record), End::nothing_there);
  EXPECT_EQ(target_.count("cancel_task"), 1);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RecoveryTest, ATaskWhoseEndCannotBeSeenIsWaitedFor) {
  target_.creation_hangs = true;
  const RestoreRecord record = killed_in("wait_task");
  EXPECT_EQ(recover_now(record), End::undecided);
  EXPECT_EQ(journal_.records().size(), 1U);
}

TEST_F(RecoveryTest, AVmThatATaskNamesWithoutOurMarkIsNotOurs) {
  const RestoreRecord record = killed_in("wait_task");
  EXPECT_EQ(record.state, State::creating);
  the_vm().found.detail.instance_uuid = "someone else's";
  expect_left(record, "instanceUuid");
}

TEST_F(RecoveryTest, WhatWasAdoptedIsLeft) {
  const std::pair<std::string, std::function<void(vsphere::VmIdentity&)>> adoptions[] = {
      {"powered off", [](auto& vm) { vm.detail.power = vsphere::PowerState::on; }},
      {"there is a log", [](auto& vm) { vm.detail.log_with_content = true; }},
      {"snapshot", [](auto& vm) { vm.detail.has_snapshot = true; }},
      {"disk", [](auto& vm) { vm.has_disk = true; }},
      {"template", [](auto& vm) { vm.detail.is_template = true; }},
      {"renamed", [](auto& vm) { vm.detail.name = "kept"; }},
      {"moved",
       [](auto& vm) {
         vm.parent = vsphere::MoRef{"Folder", "group-v9"};
       }},
      {"cannot be read",
       [](auto& vm) {
         vm.detail.unreadable = {{"config.hardware.device", Error{Errno{EACCES}, "no right"}}};
       }},
      {"not listed", [](auto& vm) { vm.files_listed = false; }},
  };
  const RestoreRecord record = killed_in("upload");
  const vsphere::VmIdentity as_made = the_vm().found;
  for (const auto& [why, adopt] : adoptions) {
    SCOPED_TRACE(why);
    the_vm().found = as_made;
    adopt(the_vm().found);
    expect_left(record, why);
  }
  // When it is as it was made again, it goes.
  the_vm().found = as_made;
  EXPECT_EQ(recover_now(journal_.records().begin()->second), End::removed);
}

TEST_F(RecoveryTest, WhoTakesTheMarkOffKeepsTheVm) {
  const RestoreRecord record = killed_in("upload");
  the_vm().found.marks.clear();
  EXPECT_EQ(recover_now(record), End::adopted);
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(target_.machines.size(), 1U);
  EXPECT_TRUE(journal_.records().empty());
  EXPECT_THAT(status_.what_to_do, HasSubstr("never checked"));
}

TEST_F(RecoveryTest, AnOldRecordOfAVmThatWasFinishedSinceSaysNothingFalse) {
  // A state directory that was put back from a backup.
  const RestoreRecord record = killed_in("upload");
  the_vm().found.marks.clear();
  the_vm().found.detail.power = vsphere::PowerState::on;
  const auto as_it_is = the_vm().found.detail.config.annotation;
  EXPECT_EQ(recover_now(record), End::adopted);
  EXPECT_THAT(status_.reason + status_.what_to_do, Not(HasSubstr("somebody")));
  EXPECT_THAT(status_.what_to_do, HasSubstr("as far as this restore's record goes"));
  EXPECT_EQ(target_.count("destroy") + target_.count("finish"), 0);
  EXPECT_EQ(the_vm().found.detail.config.annotation, as_it_is);
}

TEST_F(RecoveryTest, ACloneThatCarriesTheMarkIsNotTouched) {
  const RestoreRecord record = killed_in("upload");
  made::FakeTarget::Machine clone = the_vm();
  clone.found.detail.vm = {"VirtualMachine", "vm-clone"};
  clone.found.detail.instance_uuid = "the clone's own";
  target_.machines["vm-clone"] = clone;
  EXPECT_EQ(recover_now(record), End::removed);
  ASSERT_EQ(target_.machines.size(), 1U);
  EXPECT_EQ(target_.machines.begin()->first, "vm-clone");
  // Also where the clone is all that is left.
  RestoreRecord without_vm = record;
  without_vm.vm.reset();
  EXPECT_EQ(recover_later(without_vm), End::nothing_there);
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(RecoveryTest, TwoVmsWithOurUuidAreBothLeft) {
  RestoreRecord record = killed_in("create_vm");
  made::FakeTarget::Machine twin = the_vm();
  twin.found.detail.vm = {"VirtualMachine", "vm-twin"};
  target_.machines["vm-twin"] = twin;
  expect_left(record, "several VMs");
  EXPECT_EQ(target_.machines.size(), 2U);
}

TEST_F(RecoveryTest, AVmThatTheIndexDoesNotKnowYetIsFoundAtItsPlace) {
  const RestoreRecord record = killed_in("create_vm");
  target_.index_lag = 1000;
  EXPECT_EQ(recover_later(record), End::removed);
  EXPECT_TRUE(target_.machines.empty());
}

TEST_F(RecoveryTest, AVmThatWasGivenAnotherUuidIsNotForgotten) {
  const RestoreRecord record = killed_in("create_vm");
  the_vm().found.detail.instance_uuid = "given by the vCenter";
  EXPECT_EQ(recover_later(record), End::left_behind);
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(journal_.records().size(), 1U);
  // Who takes the mark off keeps it, as the status says.
  the_vm().found.marks.clear();
  EXPECT_EQ(recover_later(journal_.records().begin()->second), End::nothing_there);
  EXPECT_EQ(target_.machines.size(), 1U);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RecoveryTest, AVmOfAnotherAtItsPlaceIsNoneOfOurs) {
  const RestoreRecord record = killed_in("create_vm");
  the_vm().found.detail.instance_uuid = "another's";
  the_vm().found.marks[kMarkKey] = "another restore's";
  EXPECT_EQ(recover_later(record), End::nothing_there);
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(RecoveryTest, ACheckedVmOfWhichThereAreTwoIsNotSaidToBeGone) {
  const RestoreRecord record = killed_in("finish");
  made::FakeTarget::Machine again = the_vm();
  target_.machines.clear();
  for (const char* id : {"vm-again", "vm-twin"}) {
    again.found.detail.vm = {"VirtualMachine", id};
    target_.machines[id] = again;
  }
  EXPECT_EQ(recover_now(record), End::left_behind);
  EXPECT_EQ(journal_.records().size(), 1U);
}

TEST_F(RecoveryTest, ACheckedVmThatTheIndexDoesNotKnowYetIsFinished) {
  const RestoreRecord record = killed_in("finish");
  register_anew();
  the_vm().found.marks[kMarkKey] = record.mark;
  target_.children[{record.folder, record.name}] = the_vm().found.detail.vm;
  target_.index_lag = 1000;
  EXPECT_EQ(recover_now(record), End::finished);
  EXPECT_TRUE(the_vm().found.marks.empty());
}

TEST_F(RecoveryTest, AVmThatWasRegisteredAnewIsFoundByOurUuid) {
  const RestoreRecord record = killed_in("upload");
  register_anew();
  EXPECT_EQ(recover_now(record), End::removed);
  EXPECT_TRUE(target_.machines.empty());
}

TEST_F(RecoveryTest, ACheckedVmThatWasRegisteredAnewIsFinished) {
  const RestoreRecord record = killed_in("finish");
  register_anew();
  the_vm().found.marks[kMarkKey] = record.mark;
  EXPECT_EQ(recover_now(record), End::finished);
  EXPECT_TRUE(the_vm().found.marks.empty());
}

TEST_F(RecoveryTest, AnotherVCentersRecordIsNotTouched) {
  RestoreRecord record = killed_in("upload");
  record.vcenter = "another";
  ASSERT_TRUE(journal_.write(record));
  target_.log.clear();
  EXPECT_EQ(recover_now(record), End::foreign);
  EXPECT_TRUE(target_.log.empty()) << target_.log.front();
  EXPECT_EQ(journal_.records().size(), 1U);
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
}

TEST_F(RecoveryTest, WithoutTheRightToDestroyItIsLeftUntilSomebodyGivesIt) {
  const RestoreRecord record = killed_in("upload");
  target_.faults["destroy"] = {Error{Errno{EACCES}, "no right: VirtualMachine.Inventory.Delete"}};
  EXPECT_EQ(recover_now(record), End::left_behind);
  EXPECT_THAT(status_.reason, HasSubstr("VirtualMachine.Inventory.Delete"));
  EXPECT_EQ(recover_now(journal_.records().begin()->second), End::removed);
}

TEST_F(RecoveryTest, NoAnswerDecidesNothing) {
  const RestoreRecord record = killed_in("upload");
  for (const char* call : {"identify", "destroy"}) {
    target_.faults[call] = {Error{Errno{EHOSTUNREACH}, "no route"}};
    EXPECT_EQ(recover_now(record), End::undecided) << call;
    EXPECT_EQ(journal_.records().begin()->second.state, State::created);
  }
  EXPECT_TRUE(status_.unanswered);
  EXPECT_EQ(recover_now(record), End::removed);
}

TEST_F(RecoveryTest, AVmThatWasLeftBehindIsSaidToBeUntilItHasGone) {
  RestoreRecord record = killed_in("upload");
  record.state = State::left_behind;
  target_.faults["destroy"] = {Error{Errno{EBUSY}, "another task is at work"}};
  EXPECT_EQ(recover_now(record), End::undecided);
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
  EXPECT_THAT(status_.reason, HasSubstr("another task"));
  EXPECT_THAT(status_.what_to_do, HasSubstr(record.mark));
  EXPECT_EQ(status_.vm_moref, record.vm->value);
  EXPECT_EQ(recover_now(record), End::removed);
  EXPECT_EQ(status_.state, RestoreStatus::State::failed);
}

TEST_F(RecoveryTest, ALostAnswerToTheRemovalIsLookedAtNotSentAgain) {
  const RestoreRecord record = killed_in("upload");
  target_.lost_with_effect["destroy"] = 1;
  EXPECT_EQ(recover_now(record), End::removed);
  EXPECT_EQ(target_.count("destroy"), 1);
}

TEST_F(RecoveryTest, FoldersThatWereMadeStay) {
  RestoreRequest asked = request();
  asked.folders = {"Finance", "Wages"};
  const RestoreRecord record = killed_in("create_folder", asked);
  EXPECT_EQ(record.state, State::begun);
  const auto before = target_.children;
  EXPECT_EQ(recover_now(record), End::nothing_there);
  EXPECT_EQ(target_.children, before);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RecoveryTest, ARestoreThatWasOverIsForgotten) {
  RestoreRecord record = killed_in("upload");
  record.state = State::rolled_back;
  EXPECT_EQ(recover_now(record), End::nothing_there);
  EXPECT_TRUE(target_.log.empty());
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(RecoveryTest, ARestoreThatWasDoneSaysWhetherItsVmIsThereStill) {
  RestoreRecord record = killed_in("upload");
  record.state = State::done;
  const auto machines = target_.machines;
  EXPECT_EQ(recover_now(record), End::finished);
  target_.faults["identify"] = {Error{Errno{EACCES}, "no right"}};
  EXPECT_EQ(recover_now(record), End::finished);
  target_.faults["identify"] = {Error{Errno{EHOSTUNREACH}, "no route"}};
  EXPECT_EQ(recover_now(record), End::undecided);
  EXPECT_EQ(target_.count("finish") + target_.count("destroy"), 0);
  target_.machines.clear();
  EXPECT_EQ(recover_now(record), End::gone);
  EXPECT_THAT(status_.reason, HasSubstr("removed by somebody"));
}

}  // namespace
}  // namespace vtpmfs::fs
