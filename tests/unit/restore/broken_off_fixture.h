// A restore that was killed, and what it left to the next mount.
#pragma once

#include "fs/restore/job/recovery.h"
#include "fs/restore/job/vm_ending.h"
#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {

class BrokenOffFixture : public RestoreFixture {
 protected:
  /// Restores in a process that is killed when this call has had its effect.
  RestoreRecord killed_in(const std::string& call, const RestoreRequest& asked) {
    const vsphere::CancelToken stop;
    target_.life.at_death = [stop] { stop.cancel(); };
    target_.at_call = [this, call](int, const std::string& name) {
      if (name == call) target_.life.dies_after(0);
    };
    const RestoreSurroundings around = surroundings();
    RestoreJob job(around, asked, {}, stop, [](const RestoreStatus&) {});
    EXPECT_FALSE(job.run()) << "nothing was killed";
    EXPECT_TRUE(target_.life.dead());
    target_.life.at_death = nullptr;
    target_.at_call = nullptr;
    target_.life.lives();
    target_.log.clear();
    EXPECT_EQ(journal_.records().size(), 1U);
    return journal_.records().begin()->second;
  }
  RestoreRecord killed_in(const std::string& call) { return killed_in(call, request()); }

  Recovery::End recover_now(RestoreRecord record) {
    const RestoreSurroundings around = surroundings();
    last_ = recover(around, record, {});
    if (is_over(last_)) journal_.remove(record);
    status_ = status_of(last_, around, record);
    return last_.end;
  }
  Recovery::End recover_later(RestoreRecord record) {
    RestoreSurroundings around = surroundings();
    around.now = [] { return std::chrono::system_clock::now() + 2 * kCreationMayTake; };
    last_ = recover(around, record, {});
    if (is_over(last_)) journal_.remove(record);
    return last_.end;
  }
  made::FakeTarget::Machine& the_vm() { return target_.machines.begin()->second; }
  /// The same VM under another MoRef.
  void register_anew() {
    made::FakeTarget::Machine again = the_vm();
    target_.machines.clear();
    again.found.detail.vm = {"VirtualMachine", "vm-again"};
    target_.machines["vm-again"] = again;
  }

  Recovery last_;
};

}  // namespace vtpmfs::fs
