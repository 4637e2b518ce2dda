#include "fs/restore/job/recovery.h"

#include <cerrno>

#include "fs/restore/job/destroy_rule.h"
#include "fs/restore/job/vm_ending.h"

namespace vtpmfs::fs {
namespace {

using End = Recovery::End;

constexpr const char* kGone = "its VM had been checked, and was removed by somebody since";

bool was_checked(const RestoreRecord& record) {
  return record.state == RestoreRecord::State::verified ||
         record.state == RestoreRecord::State::done;
}

/// A creation whose end was seen has its VM in the record; a clock that was set back makes it
/// young.
Creation creation_of(const RestoreRecord& record, std::chrono::system_clock::time_point now) {
  const auto age = now - record.sent;
  return !record.vm && age < kCreationMayTake ? Creation::open : Creation::ended;
}

Recovery not_now(const Error& error) {
  return {is_for_a_person(error) ? End::left_behind : End::undecided, error.words, {}};
}

/// Whether somebody made the VM of an earlier left-behind record his own, as its status told him
/// to.
bool is_adopted(const vsphere::VmIdentity& vm, const RestoreRecord& record) {
  return vm.detail.unreadable.empty() && vm.detail.instance_uuid == record.instance_uuid &&
         vm.marks.count(kMarkKey) == 0;
}

/// Others wait meanwhile, and whoever looks after the record comes back to it.
Looks few_looks(const RestoreSurroundings& around) {
  return {kLooksForACall, around.between_looks};
}

Recovery take_back(const RestoreSurroundings& around, RestoreRecord& record,
                   const vsphere::Call& call) {
  const std::string& vcenter = around.server.instance_uuid;
  const bool knew_it = record.vm.has_value();
  const Looks looks = few_looks(around);
  Status gone =
      take_away(around.target, record, vcenter, creation_of(record, around.now()), looks, call);
  if (gone && knew_it) {
    // A VM that was registered anew has another name at the vCenter, and still our uuid.
    const auto known = record.vm;
    record.vm.reset();
    gone = take_away(around.target, record, vcenter, Creation::ended, looks, call);
    if (!record.vm) record.vm = known;
  }
  if (gone) {
    return record.vm ? Recovery{End::removed, "its half-made VM was removed", {}}
                     : Recovery{End::nothing_there, "no VM had been made", {}};
  }
  if (gone.error().code == Errno{EPERM} && record.vm)
    if (const auto vm = around.target.identify(*record.vm, call); vm && is_adopted(*vm, record))
      return {End::adopted, "its VM carries the mark no more, and is kept", {}};
  Recovery out = not_now(gone.error());
  if (out.end == End::left_behind) {
    RestoreRecord left = record;
    left.state = RestoreRecord::State::left_behind;
    if (auto written = around.journal.write(left)) record = left;
  }
  return out;
}

/// The VM that was checked, under the name that the vCenter has for it now; empty where it is gone.
Result<std::optional<vsphere::VmIdentity>> find_checked(const RestoreSurroundings& around,
                                                        RestoreRecord& record,
                                                        const vsphere::Call& call) {
  using Found = std::optional<vsphere::VmIdentity>;
  auto vm = around.target.identify(*record.vm, call);
  if (!vm && vm.error().code == Errno{ENOENT}) {
    auto again = find_by_its_uuid(around.target, record, call);
    if (again && !*again) again = find_at_its_place(around.target, record, call);
    if (!again) return fail(again.error());
    if (!*again) return Found();
    record.vm = std::move(*again);
    vm = around.target.identify(*record.vm, call);
    if (!vm && vm.error().code == Errno{ENOENT}) return Found();
  }
  if (!vm) return fail(vm.error());
  return Found(std::move(*vm));
}

/// What a person has written at the VM meanwhile stays.
std::string final_annotation(const vsphere::VmDetail& vm, const RestoreRecord& record) {
  const std::string now = vm.config.annotation.value_or("");
  return now.empty() || now == kInProgressAnnotation ? record.annotation : now;
}

/// Somebody has switched it on or given it a disk since: it is no VM to make a template of.
bool is_in_use(const vsphere::VmIdentity& vm) {
  return vm.detail.power != vsphere::PowerState::off || vm.detail.log_with_content ||
         vm.detail.has_snapshot || vm.has_disk || !vm.detail.config.disks.empty();
}

Recovery go_on_to_the_end(const RestoreSurroundings& around, RestoreRecord& record,
                          const vsphere::Call& call) {
  const auto vm = find_checked(around, record, call);
  if (!vm) return not_now(vm.error());
  if (!*vm) return {End::gone, kGone, {}};
  if (!(*vm)->detail.unreadable.empty())
    return {End::left_behind,
            "its VM was checked, and cannot be read whole now: " +
                (*vm)->detail.unreadable.front().property,
            {}};
  Recovery out{End::finished, "its VM had been checked, and is finished now", {}};
  const Looks looks = few_looks(around);
  if (!is_adopted(**vm, record)) {
    if (const auto reason = why_not_the_one(**vm, record, around.server.instance_uuid))
      return {End::left_behind, "its VM was checked, and then changed by somebody: " + *reason, {}};
    RestoreRecord as_found = record;
    as_found.annotation = final_annotation((*vm)->detail, record);
    if (auto finished = take_mark_off(around.target, as_found, looks, call); !finished)
      return not_now(finished.error());
  }
  if (!(*vm)->detail.is_template && !is_in_use(**vm))
    make_template(around.target, record, out.warnings, looks, call);
  return out;
}

/// Nothing is left to do; but the record may be old (a power cut brings back what was removed
/// last), and its VM somebody's who has removed it since.
Recovery look_at_the_done(const RestoreSurroundings& around, RestoreRecord& record,
                          const vsphere::Call& call) {
  const auto vm = find_checked(around, record, call);
  if (!vm && !is_for_a_person(vm.error())) return not_now(vm.error());
  if (vm && !*vm) return {End::gone, kGone, {}};
  return {End::finished, "its VM is there and was checked", {}};
}

}  // namespace

Recovery recover(const RestoreSurroundings& surroundings, RestoreRecord& record,
                 const vsphere::Call& call) {
  if (record.vcenter != surroundings.server.instance_uuid)
    return {End::foreign,
            "it was begun in another vCenter (" + record.vcenter + "), which this one is not",
            {}};
  switch (record.state) {
    case RestoreRecord::State::begun:
    case RestoreRecord::State::rolled_back:
      return {End::nothing_there, "no VM had been made", {}};
    case RestoreRecord::State::done:
      return look_at_the_done(surroundings, record, call);
    case RestoreRecord::State::verified:
      return go_on_to_the_end(surroundings, record, call);
    case RestoreRecord::State::creating:
    case RestoreRecord::State::created:
    case RestoreRecord::State::left_behind:
      return take_back(surroundings, record, call);
  }
  return {End::undecided, "its record has no known state", {}};
}

bool is_over(const Recovery& recovery) {
  switch (recovery.end) {
    case End::nothing_there:
    case End::removed:
    case End::finished:
    case End::adopted:
    case End::gone:
      return true;
    case End::left_behind:
    case End::foreign:
    case End::undecided:
      return false;
  }
  return false;
}

RestoreStatus status_of(const Recovery& recovery, const RestoreSurroundings& surroundings,
                        const RestoreRecord& record) {
  RestoreStatus status;
  status.vm_name = record.name;
  status.warnings = recovery.warnings;
  const auto name_vm = [&] {
    status.vm_path = surroundings.path(record.vm_folder, record.folders, record.name);
    if (record.vm) status.vm_moref = record.vm->value;
  };
  const std::string began = "this restore was broken off: ";
  switch (recovery.end) {
    case End::finished:
      status.state = RestoreStatus::State::done;
      status.percent = 100;
      status.step = recovery.words;
      name_vm();
      return status;
    case End::undecided:
      // Whoever was told that a VM is left behind is not told otherwise before it has gone.
      if (record.state == RestoreRecord::State::left_behind && record.vm) {
        status.state = RestoreStatus::State::left_behind;
        status.what_to_do =
            "this mount goes on trying to remove it; or look at it in the vCenter: "
            "its extraConfig " +
            std::string(kMarkKey) + " is " + record.mark;
        name_vm();
        break;
      }
      status.state =
          was_checked(record) ? RestoreStatus::State::finishing : RestoreStatus::State::creating;
      status.step = began + recovery.words;
      status.unanswered = true;
      name_vm();
      return status;
    case End::left_behind:
      status.state = RestoreStatus::State::left_behind;
      status.what_to_do = "look at it in the vCenter: its extraConfig " + std::string(kMarkKey) +
                          " is " + record.mark +
                          "; remove the VM, or take that setting off to keep it, and mount again";
      name_vm();
      break;
    case End::foreign:
      status.state = RestoreStatus::State::left_behind;
      status.what_to_do = "mount that vCenter with this state directory";
      break;
    case End::nothing_there:
    case End::removed:
    case End::gone:
      status.state = RestoreStatus::State::failed;
      status.error = Errno{EINTR};
      status.what_to_do = "sync this directory to restore it again";
      break;
    case End::adopted:
      status.state = RestoreStatus::State::failed;
      status.what_to_do =
          "look at the VM in the vCenter: as far as this restore's record goes, it was never "
          "checked";
      name_vm();
      break;
  }
  if (!status.error) status.error = Errno{EIO};
  status.reason = began + recovery.words;
  return status;
}

}  // namespace vtpmfs::fs
