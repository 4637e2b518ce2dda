// Answers that are lost, and people who do not wait: never two VMs, never one that nobody knows of.
#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;
using vsphere::TpmInSpec;

class LostAndCancelled : public RestoreFixture {};

TEST_F(LostAndCancelled, ALostAnswerToTheCreationFindsTheVm) {
  target_.lost_with_effect["create_vm"] = 1;
  target_.index_lag = 3;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_EQ(target_.count("create_vm"), 1);
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(LostAndCancelled, ALostWaitForTheTaskFindsTheVm) {
  target_.lost_with_effect["wait_task"] = 1;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("create_vm"), 1);
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(LostAndCancelled, ATaskThatIsKnownIsWaitedForAgain) {
  // The VM is not in the index for a long time, and the wait was lost more than once.
  target_.lost_without_effect["wait_task"] = 3;
  target_.index_lag = 1000;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_EQ(target_.count("wait_task"), 4);
  EXPECT_EQ(target_.count("create_vm"), 1);
}

TEST_F(LostAndCancelled, ATaskThatFailsAfterALostWaitIsAFailureWithItsOwnReason) {
  target_.lost_without_effect["wait_task"] = 1;
  vsphere::Fault full;
  full.type = "NoDiskSpace";
  target_.refused_forms.emplace(TpmInSpec::saved, made::fault_error(full));
  EXPECT_EQ(refusal(), ENOSPC);
}

TEST_F(LostAndCancelled, ACancelledTaskIsWaitedForBeforeItsVmIsLookedFor) {
  vsphere::Fault cancelled;
  cancelled.type = "RequestCanceled";
  target_.creation_hangs = true;
  target_.task_fault_after_cancel = made::fault_error(cancelled);
  target_.at_call = [&](int, const std::string& call) {
    if (call == "wait_task") stop_.cancel();
  };
  EXPECT_FALSE(restore());
  // Its end is known: nothing is there, and nothing will be.
  EXPECT_EQ(status_.state, RestoreStatus::State::failed);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(LostAndCancelled, ACreationThatWasRefusedBeforeItBeganLeavesNothingToLookFor) {
  target_.faults["create_vm"] = {Error{Errno{EHOSTUNREACH}, "the vCenter is away"}};
  target_.faults["find_by_uuid"] = {};
  target_.at_call = [&](int, const std::string& call) {
    if (call == "create_vm")
      target_.faults["find_by_uuid"] = {Error{Errno{EHOSTUNREACH}, "the vCenter is away"}};
  };
  EXPECT_EQ(refusal(), EHOSTUNREACH);
}

TEST_F(LostAndCancelled, ACreationOfWhichNothingIsKnownIsNeverSentAgainAndItsRecordStays) {
  target_.lost_without_effect["create_vm"] = 1;
  const Status result = restore();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code.value(), ETIMEDOUT);
  EXPECT_EQ(target_.count("create_vm"), 1);
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
  ASSERT_EQ(journal_.records().size(), 1U);
  const RestoreRecord record = journal_.records().begin()->second;
  EXPECT_FALSE(record.instance_uuid.empty());
  EXPECT_THAT(status_.what_to_do, HasSubstr(record.instance_uuid));
}

TEST_F(LostAndCancelled, AMountThatEndsDuringTheCreationCancelsTheTaskAndKeepsItsRecord) {
  target_.creation_hangs = true;
  target_.at_call = [&](int, const std::string& call) {
    if (call == "wait_task") stop_.cancel();
  };
  const Status result = restore();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code.value(), EINTR);
  EXPECT_EQ(target_.count("cancel_task"), 1);
  EXPECT_EQ(journal_.records().size(), 1U);
}

TEST_F(LostAndCancelled, AVmOfAnotherWithOurUuidIsNotTaken) {
  target_.lost_with_effect["create_vm"] = 1;
  target_.at_creation = [](made::FakeTarget::Machine& machine) { machine.found.marks.clear(); };
  EXPECT_FALSE(restore());
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
}

TEST_F(LostAndCancelled, ALostUploadIsSentAgain) {
  for (auto* lost : {&target_.lost_with_effect, &target_.lost_without_effect}) {
    (*lost)["upload"] = 1;
    ASSERT_TRUE(restore());
    target_.children.clear();
  }
  EXPECT_EQ(target_.count("upload"), 4);
}

TEST_F(LostAndCancelled, ALostAnswerToFinishingIsLookedAfter) {
  target_.lost_with_effect["finish"] = 1;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("finish"), 1);
  target_.children.clear();
  target_.machines.clear();
  target_.lost_without_effect["finish"] = 1;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("finish"), 3);
  EXPECT_TRUE(machine().found.marks.empty());
}

TEST_F(LostAndCancelled, AVerifiedVmIsNeverDestroyed) {
  target_.faults["finish"] = {Error{Errno{EACCES}, "no right"}};
  EXPECT_FALSE(restore());
  EXPECT_EQ(target_.machines.size(), 1U);
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(journal_.records().begin()->second.state, RestoreRecord::State::verified);
}

TEST_F(LostAndCancelled, ALostAnswerToTheRemovalOfAGoneVmIsNoVmLeft) {
  target_.garbles_upload = true;
  target_.lost_with_effect["destroy"] = 1;
  EXPECT_EQ(refusal(), EIO);
  EXPECT_EQ(target_.count("destroy"), 1);
}

TEST_F(LostAndCancelled, ARemovalThatFailsIsReportedWithTheMark) {
  target_.garbles_upload = true;
  target_.faults["destroy"] = {Error{Errno{EACCES}, "no right to remove"}};
  EXPECT_FALSE(restore());
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
  ASSERT_EQ(journal_.records().size(), 1U);
  EXPECT_THAT(status_.what_to_do, HasSubstr(journal_.records().begin()->second.mark));
  EXPECT_THAT(status_.what_to_do, HasSubstr("no right to remove"));
}

/// How many calls an undisturbed restore makes, and where the creation is among them.
struct Course {
  int calls = 0;
  int creation = 0;
};

class Enumerated : public RestoreFixture, public testing::WithParamInterface<bool> {
 protected:
  /// A fresh vCenter for each run.
  struct Run : RestoreFixture {
    void TestBody() override {}
    using RestoreFixture::interrupted_;
    using RestoreFixture::journal_;
    using RestoreFixture::options_;
    using RestoreFixture::restore;
    using RestoreFixture::status_;
    using RestoreFixture::stop_;
    using RestoreFixture::target_;
  };
  static void prepare(Run& run) {
    if (GetParam()) {
      run.target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
      run.target_.leaves_out_key = true;
    }
  }
  static Course course() {
    Run run;
    prepare(run);
    Course out;
    run.target_.at_call = [&](int index, const std::string& call) {
      out.calls = index + 1;
      if (call == "create_vm" && out.creation == 0) out.creation = index;
    };
    EXPECT_TRUE(run.restore());
    return out;
  }
};

TEST_P(Enumerated, AnInterruptBeforeAnyCallMakesNothingOrFinishes) {
  const Course plain = course();
  ASSERT_GT(plain.calls, 12);
  for (int at = 0; at < plain.calls; ++at) {
    Run run;
    prepare(run);
    run.target_.at_call = [&](int index, const std::string&) {
      if (index == at) run.interrupted_.cancel();
    };
    const Status result = run.restore();
    EXPECT_TRUE(run.journal_.records().empty()) << at;
    if (at < plain.creation) {
      ASSERT_FALSE(result) << at;
      EXPECT_EQ(result.error().code.value(), EINTR) << at;
      EXPECT_EQ(run.target_.count("create_vm"), 0) << at;
      EXPECT_EQ(run.target_.count("create_folder"), 0) << at;
    }
    EXPECT_EQ(run.target_.machines.size(), result ? 1U : 0U) << at;
  }
}

TEST_P(Enumerated, AnEndOfTheMountBeforeAnyCallLeavesNothingUnknown) {
  const Course plain = course();
  for (int at = 0; at < plain.calls; ++at) {
    Run run;
    prepare(run);
    run.target_.at_call = [&](int index, const std::string&) {
      if (index == at) run.stop_.cancel();
    };
    const Status result = run.restore();
    const size_t vms = run.target_.machines.size();
    EXPECT_LE(vms, 1U) << at;
    const size_t named = result ? 1 : run.journal_.records().size();
    EXPECT_GE(named, vms) << at << ": a VM that no record names";
    EXPECT_TRUE(!result || vms == 1) << at;
  }
}

TEST_P(Enumerated, AnyCallMayLoseItsAnswerAndThereIsAtMostOneVm) {
  const Course plain = course();
  for (const bool with_effect : {true, false}) {
    for (int at = 0; at < plain.calls; ++at) {
      Run run;
      prepare(run);
      std::string lost;
      run.target_.at_call = [&](int index, const std::string& call) {
        if (index != at) return;
        lost = call;
        (with_effect ? run.target_.lost_with_effect : run.target_.lost_without_effect)[call] = 1;
      };
      const Status result = run.restore();
      EXPECT_LE(run.target_.machines.size(), 1U) << at << " " << lost;
      const size_t records = run.journal_.records().size();
      const size_t named = result ? 1 : records;
      EXPECT_GE(named, run.target_.machines.size()) << at << " " << lost;
      EXPECT_TRUE(!result || records == 0) << at << " " << lost;
    }
  }
}

TEST_P(Enumerated, AnyCallMayFailAndNothingIsLeft) {
  const Course plain = course();
  for (int at = 0; at < plain.calls; ++at) {
    Run run;
    prepare(run);
    std::string failed;
    run.target_.at_call = [&](int index, const std::string& call) {
      if (index != at) return;
      failed = call;
      run.target_.faults[call] = {Error{Errno{EACCES}, "no right"}};
    };
    const Status result = run.restore();
    // The VM that was verified stays, and so does its record.
    const bool verified = failed == "finish";
    EXPECT_EQ(run.target_.machines.size(), result || verified ? 1U : 0U) << at << " " << failed;
    EXPECT_EQ(run.journal_.records().size(), verified ? 1U : 0U) << at << " " << failed;
  }
}

INSTANTIATE_TEST_SUITE_P(Courses, Enumerated, testing::Bool(), [](const auto& course) {
  return course.param ? "WithAFallback" : "Plain";
});

}  // namespace
}  // namespace vtpmfs::fs
