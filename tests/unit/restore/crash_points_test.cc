// A process that is killed at every point of a restore, and again at every point of the recovery:
// in the end there is one whole VM or none, nothing is made twice, and the journal is empty.
#include <map>
#include <string>

#include "fs/restore/job/recovery.h"
#include "fs/restore/job/vm_ending.h"
#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using vsphere::TpmInSpec;

/// What makes a restore go another way.
struct Course {
  std::string name;
  std::function<void(made::FakeTarget&)> vcenter;
  std::function<void(RestoreRequest&, RestoreOptions&)> asked;
};

std::ostream& operator<<(std::ostream& out, const Course& course) {
  return out << course.name;
}

class CrashPoints : public RestoreFixture, public testing::WithParamInterface<Course> {
 protected:
  /// A vCenter and a journal of their own for each run: crash points are counted from the start.
  struct Run {
    made::FakeTarget target;
    made::FakeJournal journal{target};
  };

  void SetUp() override { origin_.is_template = true; }

  std::unique_ptr<Run> prepared() {
    auto run = std::make_unique<Run>();
    run->target.offered = target_.offered;
    run->target.providers = target_.providers;
    run->target.policies = target_.policies;
    if (GetParam().vcenter) GetParam().vcenter(run->target);
    return run;
  }
  RestoreSurroundings around(Run& run) {
    RestoreSurroundings out = surroundings();
    return {run.target,
            run.journal,
            out.server,
            options_,
            out.timeout,
            out.path_of,
            std::chrono::milliseconds(0)};
  }

  /// Restores in a process that dies after so many points; false where it came to the end.
  bool killed_after(Run& run, long points) {
    RestoreRequest asked = request();
    if (GetParam().asked) GetParam().asked(asked, options_);
    const vsphere::CancelToken stop;
    run.target.life.at_death = [&] { stop.cancel(); };
    run.target.life.dies_after(points);
    const RestoreSurroundings surroundings = around(run);
    RestoreJob job(surroundings, asked, {}, stop, [](const RestoreStatus&) {});
    const Status result = job.run();
    if (result) job.forget();
    const bool killed = run.target.life.dead();
    run.target.life.at_death = nullptr;
    run.target.life.lives();
    EXPECT_TRUE(killed || result) << result.error().words;
    return killed;
  }

  /// Recovers as a new mount would; false where that died, too.
  bool recovers(Run& run, long points) {
    RestoreSurroundings surroundings = around(run);
    // No task of before is at work any more.
    surroundings.now = [] { return std::chrono::system_clock::now() + 2 * kCreationMayTake; };
    run.target.life.dies_after(points);
    for (auto [id, record] : run.journal.records())
      if (is_over(recover(surroundings, record, {}))) run.journal.remove(record);
    const bool alive = !run.target.life.dead();
    run.target.life.lives();
    return alive;
  }

  void expect_one_whole_vm_or_none(Run& run, long was_finished, const std::string& where) {
    SCOPED_TRACE(where);
    EXPECT_TRUE(run.journal.records().empty());
    ASSERT_LE(run.target.machines.size(), 1U);
    EXPECT_EQ(static_cast<long>(run.target.machines.size()), was_finished);
    for (const auto& [id, machine] : run.target.machines) {
      EXPECT_TRUE(machine.found.marks.empty());
      EXPECT_EQ(machine.found.detail.config.annotation, "pays wages");
      EXPECT_EQ(machine.found.detail.key_id, kKey);
      EXPECT_EQ(machine.found.detail.encryption_bundle, kBundle);
      ASSERT_TRUE(machine.found.detail.vtpm);
      EXPECT_EQ(run.target.files.size(), 1U);
      EXPECT_EQ(run.target.templates.size(), options_.templates ? 1U : 0U);
    }
  }

  /// Whether the record says that the VM was checked: then it is kept, else taken away.
  static bool was_verified(const Run& run) {
    for (const auto& [id, record] : run.journal.records())
      if (record.state == RestoreRecord::State::verified ||
          record.state == RestoreRecord::State::done)
        return true;
    return false;
  }
};

constexpr long kForEver = 1'000'000;

TEST_P(CrashPoints, EndInOneWholeVmOrNone) {
  long points = 0;
  long kept = 0;
  for (;; ++points) {
    const auto run = prepared();
    if (!killed_after(*run, points)) {
      // Alive to the end: the VM is there, and no record.
      expect_one_whole_vm_or_none(*run, 1, "not killed");
      break;
    }
    ASSERT_LT(points, 1000) << "a restore has no end";
    // Killed right after the last record went: over as well.
    const bool whole =
        was_verified(*run) || (run->journal.records().empty() && !run->target.machines.empty());
    kept += whole ? 1 : 0;
    ASSERT_TRUE(recovers(*run, kForEver));
    expect_one_whole_vm_or_none(*run, whole ? 1 : 0, "killed after " + std::to_string(points));
  }
  RecordProperty("points", static_cast<int>(points));
  std::cout << points << " points, the VM was kept after " << kept << "\n";
  EXPECT_GT(points, 30);
  EXPECT_GT(kept, 2);
  EXPECT_LT(kept, 12);
}

TEST_P(CrashPoints, OfTheRecoveryEndTheSameWay) {
  long both = 0;
  for (long points = 0;; ++points) {
    bool killed = true;
    for (long second = 0;; ++second) {
      const auto run = prepared();
      killed = killed_after(*run, points);
      if (!killed) break;
      const bool whole =
          was_verified(*run) || (run->journal.records().empty() && !run->target.machines.empty());
      const bool alive = recovers(*run, second);
      if (!alive) {
        ASSERT_TRUE(recovers(*run, kForEver));
      }
      expect_one_whole_vm_or_none(
          *run, whole ? 1 : 0,
          "killed after " + std::to_string(points) + ", and again after " + std::to_string(second));
      if (alive) break;
      ++both;
    }
    if (!killed) break;
  }
  std::cout << both << " pairs of points\n";
  EXPECT_GT(both, 60);
}

INSTANTIATE_TEST_SUITE_P(
    Courses, CrashPoints,
    testing::Values(Course{"plain", nullptr, nullptr},
                    Course{"bare_device",
                           [](made::FakeTarget& target) {
                             target.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
                           },
                           nullptr},
                    Course{"added_device",
                           [](made::FakeTarget& target) {
                             target.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
                             target.refused_forms.emplace(TpmInSpec::bare, tpm_fault());
                           },
                           nullptr},
                    Course{"failed_vm_stays",
                           [](made::FakeTarget& target) {
                             target.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
                             target.keeps_failed_vm = true;
                           },
                           nullptr},
                    Course{"missing_key",
                           [](made::FakeTarget& target) { target.leaves_out_key = true; }, nullptr},
                    Course{"certificates",
                           [](made::FakeTarget& target) { target.certificates_instead.emplace(); },
                           nullptr},
                    Course{"folders_policy_template",
                           [](made::FakeTarget& target) { target.policies.clear(); },
                           [](RestoreRequest& asked, RestoreOptions& options) {
                             asked.folders = {"Finance", "Wages"};
                             options.templates = true;
                           }}),
    [](const auto& course) { return course.param.name; });

}  // namespace
}  // namespace vtpmfs::fs
