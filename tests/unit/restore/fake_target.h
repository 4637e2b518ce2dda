// A small vCenter in memory that restores talk to, with a switch for each thing that servers do
// differently, and a log of what was asked.
#pragma once

#include <algorithm>
#include <cerrno>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fs/restore/job/restore_record.h"
#include "tests/unit/restore/mortality.h"
#include "vsphere/fault.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::fs::made {

using vsphere::Call;
using vsphere::MoRef;
using vsphere::VmIdentity;

inline Error fault_error(vsphere::Fault fault) {
  return vsphere::error_of(std::move(fault));
}

/// To a process that is dead nothing happens any more, and it does nothing more.
inline Error dead_process() {
  return Error{Errno{EINTR}, "killed"};
}

inline Error lost_reply() {
  Error error{Errno{ETIMEDOUT}, "no answer"};
  error.maybe_done = true;
  return error;
}

/// Thread-safe. What a test sets is set before the restore begins, or in `at_call`.
class FakeTarget final : public vsphere::RestoreTarget {
 public:
  struct Machine {
    VmIdentity found;
    vsphere::NewVm spec;
  };

  // -- switches
  std::map<vsphere::TpmInSpec, Error> refused_forms;  ///< by the task of the creation
  std::optional<Error> refused_saved_add;             ///< add_tpm with the saved device
  bool leaves_out_key = false;                        ///< creation without keyId, as newer vcsims
  std::optional<std::string> bundle_instead;
  bool drops_bundle = false;
  std::optional<std::vector<std::string>> certificates_instead;
  bool keeps_own_certificates = false;  ///< also when they are edited
  bool garbles_upload = false;
  int index_lag = 0;             ///< so many searches by uuid do not see a new VM yet
  bool keeps_failed_vm = false;  ///< a refused creation leaves the VM
  bool creation_hangs = false;   ///< the task makes its VM only when it is let go
  std::optional<Error> task_fault_after_cancel;  ///< how a task ends that was cancelled
  std::optional<MoRef> named_instead;            ///< by the task of the creation
  std::optional<Error> policy_race;  ///< create_policy: another made it first, and this is said
  std::map<std::string, std::deque<Error>> faults;  ///< instead of the call
  std::map<std::string, int> lost_with_effect;      ///< the call is done, its reply is lost
  std::map<std::string, int> lost_without_effect;
  /// The reply is lost, and the call is done only when so many more calls have come.
  std::map<std::string, int> lost_with_late_effect;
  std::function<void(int, const std::string&)> at_call;  ///< without a lock held
  std::function<void(Machine&)> at_creation;
  Mortality life;  ///< of the process that asks

  // -- the world
  vsphere::PlacementOptions offered;
  std::vector<vsphere::KeyProvider> providers;
  vsphere::KeyCheck key_answer{vsphere::KeyCheck::Answer::yes, ""};
  std::vector<std::string> key_elsewhere;  ///< providers that have the key
  std::optional<bool> knows_encryption = true;
  std::vector<vsphere::StoragePolicy> policies;
  std::set<std::string> plain_policies;  ///< that do not encrypt
  vsphere::HardwareCheck hardware{vsphere::HardwareCheck::Answer::yes,
                                  vsphere::HardwareCheck::Answer::yes,
                                  vsphere::HardwareCheck::Answer::yes,
                                  {},
                                  "",
                                  ""};
  std::vector<vsphere::HardwareQuestion> asked_hardware;
  std::set<std::string> lacking;  ///< privileges that the account has nowhere
  std::vector<vsphere::PrivilegeOn> asked_privileges;
  std::map<std::string, std::string> policy_of;  ///< VM -> id of its policy
  std::map<std::pair<MoRef, std::string>, MoRef> children;
  std::set<std::string> living_uuids;
  std::map<std::string, std::string> living_certificates;  ///< certificate -> VM
  std::vector<std::string> foreign_vm_files;               ///< in every directory
  std::map<std::string, Machine> machines;
  std::map<std::string, std::string> files;
  std::vector<std::string> log;
  std::vector<vsphere::NewVm> sent;
  std::vector<std::optional<MoRef>> sent_hosts;
  std::vector<std::string> templates;

  void note(const std::string& line) {
    const std::lock_guard hold(lock_);
    log.push_back(line);
  }
  [[nodiscard]] long count(const std::string& line) const {
    const std::lock_guard hold(lock_);
    return std::count(log.begin(), log.end(), line);
  }

  Result<vsphere::PlacementOptions> placement_options(const MoRef&, const Call& call) override {
    return run<Result<vsphere::PlacementOptions>>("placement", call, [&] { return offered; });
  }
  Result<std::optional<MoRef>> find_child(const MoRef& folder, const std::string& name,
                                          const Call& call) override {
    using Found = Result<std::optional<MoRef>>;
    return run<Found>("find_child", call, [&]() -> Found {
      const auto found = children.find({folder, name});
      if (found == children.end()) return std::optional<MoRef>();
      return std::optional(found->second);
    });
  }
  Result<std::vector<MoRef>> find_by_uuid(const std::string& uuid, bool instance,
                                          const Call& call) override {
    return run<Result<std::vector<MoRef>>>("find_by_uuid", call, [&] {
      std::vector<MoRef> found;
      if (living_uuids.count(uuid) != 0) found.push_back({"VirtualMachine", "vm-living"});
      for (const auto& [id, machine] : machines)
        if (instance && machine.found.detail.instance_uuid == uuid) found.push_back(ref(id));
      if (!found.empty() && index_lag > 0) {
        --index_lag;
        found.clear();
      }
      return found;
    });
  }
  Result<std::vector<std::string>> vms_with_certificates(
      const std::vector<std::string>& certificates, const Call& call) override {
    return run<Result<std::vector<std::string>>>("vms_with_certificates", call, [&] {
      std::vector<std::string> found;
      for (const auto& [certificate, vm] : living_certificates)
        if (std::count(certificates.begin(), certificates.end(), certificate) > 0)
          found.push_back(vm);
      return found;
    });
  }
  Result<std::vector<std::string>> vm_files_in(const vsphere::DatastorePlace& place,
                                               const std::string& directory,
                                               const Call& call) override {
    return run<Result<std::vector<std::string>>>("vm_files_in", call, [&] {
      std::vector<std::string> found = foreign_vm_files;
      for (const auto& [id, machine] : machines) {
        const auto& path = machine.found.detail.vm_path_name;
        if (!path) continue;
        const auto vmx = vsphere::DatastorePath::parse(*path);
        if (vmx && vmx->datastore == place.name && vmx->directory() == directory)
          found.push_back(vmx->name());
      }
      return found;
    });
  }
  Result<VmIdentity> identify(const MoRef& vm, const Call& call) override {
    return run<Result<VmIdentity>>("identify", call, [&]() -> Result<VmIdentity> {
      const auto found = machines.find(vm.value);
      if (found == machines.end()) return fail(ENOENT, "no such VM");
      return found->second.found;
    });
  }
  Result<std::vector<vsphere::KeyProvider>> key_providers(const Call& call) override {
    return run<Result<std::vector<vsphere::KeyProvider>>>("key_providers", call,
                                                          [&] { return providers; });
  }
  vsphere::KeyCheck check_key(const vsphere::CryptoKeyId&, const std::vector<vsphere::KeyProvider>*,
                              const Call& call) override {
    const auto answer =
        run<Result<vsphere::KeyCheck>>("check_key", call, [&] { return key_answer; });
    return answer ? *answer : vsphere::KeyCheck{vsphere::KeyCheck::Answer::unknown, "no answer"};
  }
  std::vector<std::string> providers_with_key(const std::string&,
                                              const std::vector<vsphere::KeyProvider>&,
                                              const Call& call) override {
    using Names = Result<std::vector<std::string>>;
    return run<Names>("providers_with_key", call, [&] { return key_elsewhere; })
        .value_or(std::vector<std::string>{});
  }
  Result<std::optional<bool>> knows_vm_encryption(const Call& call) override {
    return run<Result<std::optional<bool>>>("knows_vm_encryption", call,
                                            [&] { return knows_encryption; });
  }
  Result<std::vector<vsphere::StoragePolicy>> encryption_policies(const Call& call) override {
    return run<Result<std::vector<vsphere::StoragePolicy>>>("policies", call,
                                                            [&] { return policies; });
  }
  Result<bool> has_storage_policy(const std::string& name_or_id, const Call& call) override {
    return run<Result<bool>>("has_policy", call, [&]() -> Result<bool> {
      return plain_policies.count(name_or_id) != 0;
    });
  }
  vsphere::HardwareCheck check_hardware(const vsphere::HardwareQuestion& question,
                                        const Call& call) override {
    const auto answer = run<Result<vsphere::HardwareCheck>>("check_hardware", call, [&] {
      asked_hardware.push_back(question);
      return hardware;
    });
    vsphere::HardwareCheck none;
    none.words = "no answer";
    return answer ? *answer : none;
  }
  Result<std::vector<vsphere::PrivilegeOn>> missing_privileges(
      const std::vector<vsphere::PrivilegeOn>& wanted, const Call& call) override {
    using Missing = Result<std::vector<vsphere::PrivilegeOn>>;
    return run<Missing>("missing_privileges", call, [&]() -> Missing {
      asked_privileges = wanted;
      std::vector<vsphere::PrivilegeOn> missing;
      for (const vsphere::PrivilegeOn& one : wanted)
        if (lacking.count(one.privilege) != 0) missing.push_back(one);
      return missing;
    });
  }
  Result<std::map<MoRef, std::string>> policies_of(const std::vector<MoRef>& vms,
                                                   const Call& call) override {
    using Found = std::map<MoRef, std::string>;
    return run<Result<Found>>("policies_of", call, [&] {
      Found found;
      for (const MoRef& vm : vms) {
        const auto policy = policy_of.find(vm.value);
        if (policy != policy_of.end()) found.emplace(vm, policy->second);
      }
      return found;
    });
  }
  Result<std::map<std::string, std::string>> policy_names(const std::vector<std::string>& ids,
                                                          const Call& call) override {
    using Names = std::map<std::string, std::string>;
    return run<Result<Names>>("policy_names", call, [&] {
      Names names;
      for (const vsphere::StoragePolicy& policy : policies)
        if (std::count(ids.begin(), ids.end(), policy.id) > 0) names[policy.id] = policy.name;
      return names;
    });
  }
  Result<MoRef> create_folder(const MoRef& parent, const std::string& name,
                              const Call& call) override {
    return run<Result<MoRef>>("create_folder", call, [=, this]() -> Result<MoRef> {
      if (children.count({parent, name}) != 0) return fail(EEXIST, "taken");
      const MoRef made{"Folder", "group-" + std::to_string(++last_)};
      children[{parent, name}] = made;
      return made;
    });
  }
  Result<vsphere::StoragePolicy> create_encryption_policy(const std::string& name,
                                                          const Call& call) override {
    using Made = Result<vsphere::StoragePolicy>;
    return run<Made>("create_policy", call, [=, this]() -> Made {
      policies.push_back({"made-policy", name, false});
      if (policy_race) return fail(*policy_race);
      return policies.back();
    });
  }
  Result<MoRef> start_create_vm(const MoRef& folder, const MoRef&, const std::optional<MoRef>& host,
                                const vsphere::NewVm& vm, const Call& call) override {
    return run<Result<MoRef>>("create_vm", call, [&]() -> Result<MoRef> {
      sent.push_back(vm);
      sent_hosts.push_back(host);
      const MoRef task{"Task", "task-" + std::to_string(++last_)};
      if (creation_hangs) {
        tasks_[task.value] = fail(lost_reply());
        return task;
      }
      const auto refused = refused_forms.find(vm.tpm);
      const bool taken = children.count({folder, vm.name}) != 0;
      if (taken)
        tasks_[task.value] = fail(EEXIST, "taken");
      else if (refused != refused_forms.end())
        tasks_[task.value] = fail(refused->second);
      if (taken || (refused != refused_forms.end() && !keeps_failed_vm)) return task;
      const MoRef made = add_machine(folder, vm);
      if (refused == refused_forms.end())
        tasks_[task.value] = named_instead ? named_instead : std::optional(made);
      return task;
    });
  }
  Result<std::optional<MoRef>> wait_task(const MoRef& task, const vsphere::TaskProgress& progress,
                                         const Call& call) override {
    progress(50);
    auto result =
        run<Result<std::optional<MoRef>>>("wait_task", call, [&] { return tasks_.at(task.value); });
    // As the real one: a wait that is interrupted says nothing about the task.
    if (!result && result.error().code == Errno{EINTR}) {
      Error error = result.error();
      error.maybe_done = true;
      return fail(error);
    }
    return result;
  }
  Result<std::optional<MoRef>> wait_task_briefly(const MoRef& task, const Call& call) override {
    return run<Result<std::optional<MoRef>>>("wait_task_briefly", call,
                                             [&] { return tasks_.at(task.value); });
  }
  Status cancel_task(const MoRef& task, const Call& call) override {
    return run<Status>("cancel_task", call, [&] {
      if (task_fault_after_cancel) tasks_[task.value] = fail(*task_fault_after_cancel);
      return Status();
    });
  }
  Status add_tpm(const MoRef& vm, const vsphere::VirtualTpm* saved, const Call& call) override {
    const auto device = saved ? *saved : vsphere::VirtualTpm{11000, {}, {}, {}, {}, {}, {"b3du"}};
    const bool refused = saved && refused_saved_add;
    return run<Status>(saved ? "add_saved_tpm" : "add_bare_tpm", call, [=, this]() -> Status {
      if (refused) return fail(*refused_saved_add);
      if (machines.at(vm.value).found.detail.vtpm) return fail(EINVAL, "a VM has one vTPM");
      machines.at(vm.value).found.detail.vtpm = device;
      return {};
    });
  }
  Status set_key(const MoRef& vm, const vsphere::CryptoKeyId& key,
                 const std::optional<std::string>&, const Call& call) override {
    return run<Status>("set_key", call, [=, this] {
      machines.at(vm.value).found.detail.key_id = key;
      return Status();
    });
  }
  Status set_boot_options(const MoRef& vm, const vsphere::VmConfig& config,
                          const Call& call) override {
    return run<Status>("set_boot_options", call, [&] {
      machines.at(vm.value).found.detail.config.boot_order = config.boot_order;
      return Status();
    });
  }
  Status set_tpm_certificates(const MoRef& vm, const vsphere::VirtualTpm&,
                              const std::vector<std::string>& certificates,
                              const Call& call) override {
    return run<Status>("set_certificates", call, [=, this] {
      if (!keeps_own_certificates)
        machines.at(vm.value).found.detail.vtpm->certificates = certificates;
      return Status();
    });
  }
  Status finish(const MoRef& vm, const std::vector<std::string>& keys,
                const std::string& annotation, const Call& call) override {
    return run<Status>("finish", call, [=, this] {
      VmIdentity& found = machines.at(vm.value).found;
      for (const std::string& key : keys) found.marks.erase(key);
      found.detail.config.annotation = annotation;
      return Status();
    });
  }
  Status mark_as_template(const MoRef& vm, const Call& call) override {
    return run<Status>("mark_as_template", call, [=, this] {
      templates.push_back(vm.value);
      machines.at(vm.value).found.detail.is_template = true;
      return Status();
    });
  }
  Status upload(const vsphere::DatastorePlace& place, const std::string& path,
                const std::string& bytes, const Call& call) override {
    return run<Status>("upload", call, [=, this] {
      files["[" + place.name + "] " + path] = garbles_upload ? bytes + "x" : bytes;
      return Status();
    });
  }
  Result<std::string> download(const vsphere::DatastorePlace& place, const std::string& path,
                               uint64_t, const Call& call) override {
    return run<Result<std::string>>("download", call, [&]() -> Result<std::string> {
      const auto found = files.find("[" + place.name + "] " + path);
      if (found == files.end()) return fail(ENOENT, "no such file");
      return found->second;
    });
  }
  Status destroy_vm(const MoRef& vm, const Call& call) override {
    return run<Status>("destroy", call, [=, this]() -> Status {
      if (machines.erase(vm.value) == 0) return fail(ENOENT, "no such VM");
      for (auto child = children.begin(); child != children.end();)
        child = child->second == vm ? children.erase(child) : std::next(child);
      return {};
    });
  }

 private:
  static MoRef ref(const std::string& id) { return {"VirtualMachine", id}; }

  template <class R, class Effect>
  R run(const std::string& name, const Call& call, Effect effect) {
    if (!life.step()) return fail(dead_process());
    int index = 0;
    {
      const std::lock_guard hold(lock_);
      log.push_back(name);
      index = calls_++;
    }
    if (at_call) at_call(index, name);
    if (call.cancel.cancelled()) return fail(EINTR, "interrupted");
    const std::lock_guard hold(lock_);
    auto& errors = faults[name];
    if (!errors.empty()) {
      const Error error = errors.front();
      errors.pop_front();
      return fail(error);
    }
    if (lost_without_effect[name] > 0) {
      --lost_without_effect[name];
      return fail(lost_reply());
    }
    do_what_is_due();
    if (int& calls = lost_with_late_effect[name]; calls > 0) {
      late_.emplace_back(calls_ + calls, [effect]() mutable { effect(); });
      calls = 0;
      return fail(lost_reply());
    }
    R result = effect();
    if (!life.step()) return fail(dead_process());
    if (lost_with_effect[name] > 0) {
      --lost_with_effect[name];
      return fail(lost_reply());
    }
    return result;
  }

  void do_what_is_due() {
    for (auto call = late_.begin(); call != late_.end();) {
      if (call->first > calls_) {
        ++call;
        continue;
      }
      call->second();
      call = late_.erase(call);
    }
  }

  MoRef add_machine(const MoRef& folder, const vsphere::NewVm& vm) {
    const MoRef made = ref("vm-" + std::to_string(++last_));
    Machine machine;
    machine.spec = vm;
    VmIdentity& found = machine.found;
    vsphere::VmDetail& detail = found.detail;
    detail.vm = made;
    detail.name = vm.name;
    detail.config = vm.config;
    detail.config.disks.clear();
    detail.config.annotation = vm.annotation;
    if (!leaves_out_key) detail.key_id = vm.key;
    if (!drops_bundle) detail.encryption_bundle = bundle_instead ? bundle_instead : vm.bundle;
    detail.firmware = vm.firmware;
    if (vm.tpm == vsphere::TpmInSpec::saved) detail.vtpm = vm.saved_tpm;
    if (vm.tpm == vsphere::TpmInSpec::bare)
      detail.vtpm = vsphere::VirtualTpm{11000, {}, {}, {}, {}, {}, {"b3du"}};
    if (detail.vtpm && certificates_instead) detail.vtpm->certificates = *certificates_instead;
    detail.vm_path_name = "[" + vm.datastore + "] " + made.value + "/" + vm.name + ".vmx";
    detail.power = vsphere::PowerState::off;
    detail.instance_uuid = vm.instance_uuid;
    found.parent = folder;
    found.files_listed = true;
    for (const auto& [key, value] : vm.marks) found.marks[key] = value;
    if (at_creation) at_creation(machine);
    machines[made.value] = machine;
    children[{folder, vm.name}] = made;
    return made;
  }

  mutable std::mutex lock_;
  int calls_ = 0;
  int last_ = 100;
  std::vector<std::pair<int, std::function<void()>>> late_;
  std::map<std::string, Result<std::optional<MoRef>>> tasks_;
};

/// Keeps records in memory, and notes them in the target's log, so that the order can be seen.
class FakeJournal final : public RestoreJournal {
 public:
  explicit FakeJournal(FakeTarget& target) : target_(target) {}
  std::optional<RestoreRecord::State> broken_at;

  Status write(const RestoreRecord& record) override {
    if (!target_.life.step()) return fail(dead_process());
    target_.note("journal:" + record_state_name(record.state));
    const std::lock_guard hold(lock_);
    if (broken_at == record.state) return fail(ENOSPC, "the disk is full");
    records_[record.id] = record;
    if (!target_.life.step()) return fail(dead_process());
    return {};
  }
  void remove(const RestoreRecord& record) override {
    if (!target_.life.step()) return;
    const std::lock_guard hold(lock_);
    records_.erase(record.id);
  }
  [[nodiscard]] std::map<std::string, RestoreRecord> records() const {
    const std::lock_guard hold(lock_);
    return records_;
  }

 private:
  FakeTarget& target_;
  mutable std::mutex lock_;
  std::map<std::string, RestoreRecord> records_;
};

}  // namespace vtpmfs::fs::made
