// One restore, from the checks to the finished VM: the sequence of steps, and the way back.
//
//   check -> place -> plan -> hardware -> privileges -> policy -> folders -> create -> key ->
//   upload -> verify -> finish
//
// Nothing is made before all checks have passed: a dry run, and who only asks whether a set could
// be restored, end there. Each step that leaves a trace in vCenter is
// preceded by a durable record. From `verified` on nothing is ever destroyed; before, a failure
// takes the half-made VM away again by destroy_if_ours(), and what that leaves is reported as
// left-behind. So is a creation of which nobody knows how it ends: its record stays. Runs on one
// thread of the restorer's; blocks on vCenter, never on the kernel.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cache/saved/saved_set.h"
#include "fs/restore/job/key_and_policy.h"
#include "fs/restore/job/lost_reply.h"
#include "fs/restore/job/restore_record.h"
#include "fs/restore/job/vm_place.h"
#include "fs/restore/restorer.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs {

/// What every restore of a mount shares.
struct RestoreSurroundings {
  vsphere::RestoreTarget& target;
  RestoreJournal& journal;
  vsphere::ServerInfo server;
  RestoreOptions options;
  std::chrono::milliseconds timeout;
  /// The inventory path of a VM in this folder, for people.
  std::function<std::string(const vsphere::MoRef& folder, const std::string& name)> path_of;
  /// Between two looks for the effect of a call that got no answer (see lost_reply.h).
  std::chrono::milliseconds between_looks{2000};
  /// This machine's clock, for how long ago a creation was sent.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;

  /// The live model need not know a folder that was made just now: the path is put together from
  /// the datacenter's VM folder. API names.
  [[nodiscard]] std::string path(const vsphere::MoRef& vm_folder,
                                 const std::vector<std::string>& folders,
                                 const std::string& name) const;
};

class RestoreJob {
 public:
  /// `interrupted`: nobody waits any more; ends the job as long as nothing was created. `stop`:
  /// the mount ends, and what was made is taken away. `abandon`: no time is left for that either;
  /// what is there is left to the journal.
  RestoreJob(const RestoreSurroundings& surroundings, RestoreRequest request,
             vsphere::CancelToken interrupted, vsphere::CancelToken stop, StatusListener listener,
             vsphere::CancelToken abandon = {});

  /// The whole restore. The errno is that of the contract's table, the status has the words.
  /// Where only checks were asked for: success, or for a dry run ECANCELED, which no check
  /// answers and no tool takes for success.
  Status run();
  [[nodiscard]] const RestoreStatus& status() const { return status_; }
  /// The finished VM.
  [[nodiscard]] const std::optional<vsphere::MoRef>& vm() const { return record_.vm; }
  /// What is known of it; in the journal where the restore left something to look after.
  [[nodiscard]] const RestoreRecord& record() const { return record_; }
  /// With a number for each call, the name under which vCenter logs what the job asks of it.
  [[nodiscard]] const std::string& operation_id() const { return operation_id_; }
  /// Takes the record of a restore that succeeded out of the journal, once it is known that the
  /// set has become its VM: whoever is killed before finds the VM finished, not a set that waits.
  void forget() { surroundings_.journal.remove(record_); }
  /// The restore failed and left something that may be taken away or finished later: the vCenter
  /// did not answer, or the creation's end is not known.
  [[nodiscard]] bool unsettled() const { return unsettled_; }

 private:
  using Step = Status (RestoreJob::*)();
  Status take(std::span<const Step> steps);
  Status end_after_checks();
  Status parse();
  void warn_of_expired_certificates();
  Status check();
  Status place();
  Status plan();
  Status check_hardware();
  Status check_privileges();
  Status make_policy();
  Status make_folders();
  Status create();
  Status create_once(vsphere::NewVm& vm);
  Result<std::optional<vsphere::MoRef>> wait_for_creation();
  Status take_over(const vsphere::MoRef& vm);
  Status look_for_lost_vm();
  Status add_tpm(const vsphere::VirtualTpm* saved);
  Status make_sure_it_is_gone();
  Status set_missing_key();
  Status set_boot_order();
  Status upload();
  Status verify();
  Status mend_certificates(const vsphere::VmDetail& detail);
  Status finish();
  Status fail_with(const Error& error);
  void roll_back();
  Status write_down(RestoreRecord::State state);
  void report(RestoreStatus::State state, std::string step, int percent);
  vsphere::Call call();
  [[nodiscard]] Looks looks(int number) const { return {number, surroundings_.between_looks}; }
  void tell_silence(bool silent);
  Result<vsphere::VmIdentity> identify();
  Status send_nvram(const std::string& path);
  Result<bool> nvram_is_as_saved(const std::string& path);
  Status directory_is_ours(const vsphere::DatastorePath& vmx);
  Result<std::string> nvram_path(const vsphere::VmDetail& detail) const;

  const RestoreSurroundings& surroundings_;
  const std::string operation_id_;
  RestoreRequest request_;
  const vsphere::CancelToken interrupted_;
  const vsphere::CancelToken stop_;
  const vsphere::CancelToken abandon_;
  const StatusListener listener_;
  RestoreStatus status_;
  RestoreRecord record_;
  cache::SavedSet set_;
  Placement wanted_;
  HostNeeds host_needs_;
  std::optional<VmPlace> place_;
  vsphere::PlacementOptions offered_;
  PolicyChoice policy_;
  std::optional<vsphere::NewVm> planned_;
  vsphere::MoRef folder_;
  std::set<int> cards_;  ///< saved keys of the network cards that the new VM gets
  bool create_sent_ = false;
  /// A creation was sent, and neither a VM nor a definite refusal came back.
  bool outcome_unknown_ = false;
  /// The creation was refused before a task began: there is nothing to look for.
  bool nothing_was_made_ = false;
  bool unsettled_ = false;
  std::string silenced_step_;  ///< what was going on when the vCenter fell silent
  bool living_original_ = false;
  std::vector<std::string> missing_folders_;
};

}  // namespace vtpmfs::fs
