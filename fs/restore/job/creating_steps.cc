// The steps of a restore that make the VM: create with its fallbacks, and what follows a lost
// reply.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "cache/saved/plain_text.h"
#include "fs/restore/job/destroy_rule.h"
#include "fs/restore/job/explain.h"
#include "fs/restore/job/new_vm.h"
#include "fs/restore/job/restore_job.h"
#include "vsphere/task/pause.h"

namespace vtpmfs::fs {
namespace {

using vsphere::TpmInSpec;

const char* words_of(TpmInSpec form) {
  switch (form) {
    case TpmInSpec::saved:
      return "as it was saved";
    case TpmInSpec::bare:
      return "bare";
    case TpmInSpec::none:
      return "by a reconfigure";
  }
  return "";
}

}  // namespace

Status RestoreJob::create() {
  vsphere::NewVm& vm = *planned_;
  vm.policy_id = policy_.id;
  record_.folder = folder_;

  Status made = fail(EIO, "not tried");
  for (const TpmInSpec form : {TpmInSpec::saved, TpmInSpec::bare, TpmInSpec::none}) {
    if (!set_.vtpm && form != TpmInSpec::none) continue;
    if (surroundings_.options.degraded && form == TpmInSpec::saved) continue;
    vm.tpm = form;
    made = create_once(vm);
    if (made && form == TpmInSpec::none && set_.vtpm) {
      report(RestoreStatus::State::creating, "adding the vTPM", 55);
      made = add_tpm(&*set_.vtpm);
      if (!made && is_about_the_tpm(made.error())) made = add_tpm(nullptr);
    }
    if (made && set_.vtpm)
      spdlog::info("restore of '{}': the vCenter took the vTPM {}", cache::printable(vm.name),
                   words_of(form));
    if (made || form == TpmInSpec::none || !is_about_the_tpm(made.error())) break;
    // Another form of the device may do, but only where nothing of the former try is left.
    if (auto gone = make_sure_it_is_gone(); !gone) return gone;
  }
  return made;
}

/// Never sent again: its task may be at work, and a VM must not get two.
Status RestoreJob::add_tpm(const vsphere::VirtualTpm* saved) {
  return find_effect(surroundings_.target.add_tpm(*record_.vm, saved, call()),
                     looks(kLooksForATask), stop_, [this]() -> Result<bool> {
                       const auto vm = identify();
                       if (!vm) return fail(vm.error());
                       return vm->detail.vtpm.has_value();
                     });
}

Status RestoreJob::create_once(vsphere::NewVm& vm) {
  report(RestoreStatus::State::creating, "creating the VM", 20);
  auto uuid = random_uuid();
  if (!uuid) return fail(uuid.error());
  vm.instance_uuid = record_.instance_uuid = *uuid;
  record_.vm.reset();
  record_.task.reset();
  record_.sent = surroundings_.now();
  // Leaves a VM that carries our mark and our instanceUuid.
  if (auto recorded = write_down(RestoreRecord::State::creating); !recorded) return recorded;
  if (interrupted_.cancelled()) return fail(EINTR, "interrupted before anything was created");
  create_sent_ = true;
  outcome_unknown_ = true;
  nothing_was_made_ = false;
  const auto task =
      surroundings_.target.start_create_vm(folder_, place_->pool.pool, place_->host, vm, call());
  if (!task) {
    outcome_unknown_ = task.error().maybe_done;
    nothing_was_made_ = !outcome_unknown_;
    if (nothing_was_made_) return fail(task.error());
    return look_for_lost_vm();
  }
  record_.task = *task;
  if (auto recorded = write_down(RestoreRecord::State::creating); !recorded) return recorded;
  const auto result = wait_for_creation();
  if (!result) {
    outcome_unknown_ = result.error().maybe_done;
    if (outcome_unknown_) return look_for_lost_vm();
    return fail(result.error());
  }
  if (!*result) return look_for_lost_vm();
  return take_over(**result);
}

Result<std::optional<vsphere::MoRef>> RestoreJob::wait_for_creation() {
  return surroundings_.target.wait_task(
      *record_.task,
      [this](int percent) {
        report(RestoreStatus::State::creating, "creating the VM", 20 + percent * 30 / 100);
      },
      call());
}

/// What the vCenter calls our new VM is believed only where it carries our instanceUuid and mark:
/// from here on it is changed, and nothing but our own VM may be.
Status RestoreJob::take_over(const vsphere::MoRef& vm) {
  record_.vm = vm;
  const auto found = identify();
  if (!found) return fail(found.error());
  if (const auto reason = why_not_the_one(*found, record_, surroundings_.server.instance_uuid)) {
    record_.vm.reset();
    return fail(EIO, "the vCenter names VM " + vm.value + " as the new one, but " + *reason);
  }
  outcome_unknown_ = false;
  status_.vm_moref = vm.value;
  status_.vm_path = surroundings_.path(request_.vm_folder, request_.folders, request_.vm_name);
  return write_down(RestoreRecord::State::created);
}

/// The reply was lost: never sent again blindly. Its task is waited for again where we know it;
/// else the VM is looked for by the instanceUuid that we chose, as long as the task may still be at
/// work.
Status RestoreJob::look_for_lost_vm() {
  report(RestoreStatus::State::creating, "the answer was lost: looking for the VM", 25);
  Error last{Errno{ETIMEDOUT}, "the vCenter's answer was lost, and the VM did not appear"};
  for (int look = 0; look < kLooksForATask; ++look) {
    if (record_.task) {
      const auto ended = wait_for_creation();
      if (ended && *ended) return take_over(**ended);
      if (!ended && !ended.error().maybe_done) {
        outcome_unknown_ = false;
        return fail(ended.error());
      }
      if (!ended) last = ended.error();
    }
    const auto found = surroundings_.target.find_by_uuid(record_.instance_uuid, true, call());
    if (found && found->size() == 1) return take_over(found->front());
    if (found && found->size() > 1)
      return fail(EIO, "several VMs carry this restore's instanceUuid");
    if (!found && found.error().code == Errno{EACCES}) return fail(found.error());
    if (!found) last = found.error();
    if (vsphere::pause(surroundings_.between_looks, stop_)) break;
  }
  return fail(last);
}

/// After a task that failed: the vCenter removes what it began. Anything of ours that stayed is
/// taken away first.
Status RestoreJob::make_sure_it_is_gone() {
  const auto found = surroundings_.target.find_by_uuid(record_.instance_uuid, true, call());
  if (!found) return fail(found.error());
  if (!found->empty()) {
    if (found->size() > 1) return fail(EIO, "several VMs carry this restore's instanceUuid");
    record_.vm = found->front();
    if (auto gone =
            destroy_if_ours(surroundings_.target, record_, surroundings_.server.instance_uuid,
                            looks(kLooksForATask), call());
        !gone)
      return gone;
  }
  record_.vm.reset();
  status_.vm_moref.clear();
  const auto taken = surroundings_.target.find_child(folder_, request_.vm_name, call());
  if (!taken) return fail(taken.error());
  if (*taken) return fail(EEXIST, "the name '" + request_.vm_name + "' is taken now");
  return {};
}

Result<vsphere::VmIdentity> RestoreJob::identify() {
  return surroundings_.target.identify(*record_.vm, call());
}

}  // namespace vtpmfs::fs
