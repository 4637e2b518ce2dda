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

TEST_F(LostAndCancelled, ALostUploadIsReadBackBeforeItIsSentAgain) {
  target_.lost_with_effect["upload"] = 1;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("upload"), 1);
  target_.children.clear();
  target_.files.clear();
  target_.lost_without_effect["upload"] = 1;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("upload"), 3);
}

TEST_F(LostAndCancelled, AFolderOfWhichTheAnswerIsLostIsLookedForAndMadeOnce) {
  RestoreRequest asked = request();
  const auto made_after = [&](const char* name, std::map<std::string, int>& lost, int number) {
    asked.folders = {name};
    lost["create_folder"] = number;
    const Status result = restore(asked);
    EXPECT_TRUE(result) << result.error().words;
    target_.log.clear();
    return target_.children.count({kVmFolder, name});
  };
  EXPECT_EQ(made_after("with effect", target_.lost_with_effect, 1), 1U);
  EXPECT_EQ(made_after("late", target_.lost_with_late_effect, 3), 1U);
  EXPECT_EQ(made_after("too late", target_.lost_with_late_effect, kLooksForACall + 1), 1U);
  EXPECT_EQ(made_after("without", target_.lost_without_effect, 1), 1U);
  asked.folders = {"never"};
  target_.lost_without_effect["create_folder"] = 1000;
  EXPECT_FALSE(restore(asked));
  EXPECT_EQ(target_.count("create_folder"), 2);
  EXPECT_EQ(target_.count("create_vm"), 0);
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(LostAndCancelled, AFolderThatAppearsIsNotSentAgain) {
  RestoreRequest asked = request();
  asked.folders = {"Finance"};
  target_.lost_with_late_effect["create_folder"] = 3;
  ASSERT_TRUE(restore(asked));
  EXPECT_EQ(target_.count("create_folder"), 1);
}

TEST_F(LostAndCancelled, APolicyOfWhichTheAnswerIsLostIsLookedForAndMadeOnce) {
  for (const auto& [lost, number, sent] : {std::tuple{&target_.lost_with_effect, 1, 1},
                                           {&target_.lost_with_late_effect, 3, 1},
                                           {&target_.lost_without_effect, 1, 2}}) {
    target_.policies.clear();
    target_.children.clear();
    target_.log.clear();
    (*lost)["create_policy"] = number;
    ASSERT_TRUE(restore());
    EXPECT_EQ(target_.count("create_policy"), sent);
    EXPECT_EQ(target_.policies.size(), 1U);
  }
}

/// A reconfigure of which the answer is lost, and the VM needs it.
class LostReconfigure : public RestoreFixture, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string call = GetParam();
    if (call == "set_key") target_.leaves_out_key = true;
    if (call == "set_certificates") target_.certificates_instead.emplace();
    if (call == "add_saved_tpm") {
      target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
      target_.refused_forms.emplace(TpmInSpec::bare, tpm_fault());
    }
  }
};

TEST_P(LostReconfigure, IsLookedForAndNotSentAgain) {
  target_.lost_with_effect[GetParam()] = 1;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_EQ(target_.count(GetParam()), 1);
}

TEST_P(LostReconfigure, MayTakeItsTime) {
  target_.lost_with_late_effect[GetParam()] = 6;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_EQ(target_.count(GetParam()), 1);
}

TEST_P(LostReconfigure, ThatNeverCameFailsTheRestoreAndLeavesNothing) {
  target_.lost_without_effect[GetParam()] = 1;
  EXPECT_EQ(refusal(), ETIMEDOUT);
  EXPECT_EQ(target_.count(GetParam()), 1);
}

INSTANTIATE_TEST_SUITE_P(Calls, LostReconfigure,
                         testing::Values("set_key", "set_certificates", "add_saved_tpm"),
                         [](const auto& call) { return std::string(call.param); });

TEST_F(LostAndCancelled, AFinishThatTakesItsTimeIsNotSentOnTopOfItself) {
  target_.lost_with_late_effect["finish"] = 6;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("finish"), 1);
  EXPECT_TRUE(machine().found.marks.empty());
}

TEST_F(LostAndCancelled, ATemplateOfWhichTheAnswerIsLostIsOneWithoutAWarning) {
  origin_.is_template = true;
  options_.templates = true;
  target_.lost_with_effect["mark_as_template"] = 1;
  ASSERT_TRUE(restore());
  EXPECT_TRUE(machine().found.detail.is_template);
  EXPECT_TRUE(status_.warnings.empty());
}

TEST_F(LostAndCancelled, ARemovalThatTakesItsTimeIsWaitedForAndSentOnce) {
  target_.garbles_upload = true;
  target_.lost_with_late_effect["destroy"] = 6;
  EXPECT_EQ(refusal(), EIO);
  EXPECT_EQ(target_.count("destroy"), 1);
}

TEST_F(LostAndCancelled, ARemovalThatNeverCameIsLeftToTheJournal) {
  target_.garbles_upload = true;
  target_.lost_without_effect["destroy"] = 1;
  EXPECT_FALSE(restore());
  EXPECT_EQ(target_.count("destroy"), 1);
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
  EXPECT_EQ(journal_.records().size(), 1U);
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
