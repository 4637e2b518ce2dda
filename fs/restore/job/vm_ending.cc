#include "fs/restore/job/vm_ending.h"

#include <cerrno>

#include "fs/restore/job/destroy_rule.h"

namespace vtpmfs::fs {
namespace {

/// Whoever waits no more does not let the task make a VM that nobody expects. What it is doing
/// until it heeds that is waited for, else the VM would be looked for too early.
Creation end_task(vsphere::RestoreTarget& target, const vsphere::MoRef& task,
                  std::optional<vsphere::MoRef>& made, const vsphere::Call& call) {
  static_cast<void>(target.cancel_task(task, call));
  const auto ended = target.wait_task_briefly(task, call);
  if (ended) made = *ended;
  // A task that has vanished may have ended in any way: its Error has maybe_done.
  return ended || !ended.error().maybe_done ? Creation::ended : Creation::open;
}

}  // namespace

Status take_mark_off(vsphere::RestoreTarget& target, const RestoreRecord& record,
                     const Looks& looks, const vsphere::Call& call) {
  const vsphere::MoRef& vm = *record.vm;
  return send_until_seen([&] { return target.finish(vm, {kMarkKey}, record.annotation, call); },
                         looks, call.cancel,
                         [&]() -> Result<bool> {
                           const auto now = target.identify(vm, call);
                           if (!now) return fail(now.error());
                           return now->marks.count(kMarkKey) == 0;
                         });
}

void make_template(vsphere::RestoreTarget& target, const RestoreRecord& record,
                   std::vector<std::string>& warnings, const Looks& looks,
                   const vsphere::Call& call) {
  if (!record.as_template) return;
  const auto is_one = [&]() -> Result<bool> {
    const auto now = target.identify(*record.vm, call);
    if (!now) return fail(now.error());
    return now->detail.is_template;
  };
  if (auto marked =
          find_effect(target.mark_as_template(*record.vm, call), looks, call.cancel, is_one);
      !marked)
    warnings.push_back("the VM could not be made a template again: " + marked.error().words);
}

Status take_away(vsphere::RestoreTarget& target, RestoreRecord& record, const std::string& vcenter,
                 Creation creation, const Looks& looks, const vsphere::Call& call) {
  if (record.instance_uuid.empty()) return {};  // nothing was ever sent
  if (!record.vm) {
    std::optional<vsphere::MoRef> made;
    if (creation == Creation::open && record.task)
      creation = end_task(target, *record.task, made, call);
    // A task that failed: the vCenter removes what it began. If our VM is there all the same, it is
    // found by our uuid.
    auto found = find_by_its_uuid(target, record, call);
    if (!found) return fail(found.error());
    if (*found) made = std::move(*found);
    if (!made) {
      auto there = find_at_its_place(target, record, call);
      if (!there) return fail(there.error());
      made = std::move(*there);
    }
    record.vm = made;
  }
  if (record.vm) return destroy_if_ours(target, record, vcenter, looks, call);
  if (creation == Creation::open)
    return fail(EAGAIN,
                "the creation of the VM was sent and its end is not known: the vCenter may still "
                "make the VM, with instanceUuid " +
                    record.instance_uuid);
  return {};
}

Result<std::optional<vsphere::MoRef>> find_by_its_uuid(vsphere::RestoreTarget& target,
                                                       const RestoreRecord& record,
                                                       const vsphere::Call& call) {
  using Found = std::optional<vsphere::MoRef>;
  const auto found = target.find_by_uuid(record.instance_uuid, true, call);
  if (!found) return fail(found.error());
  if (found->size() > 1) return fail(EPERM, "several VMs carry this restore's instanceUuid");
  return found->empty() ? Found() : Found(found->front());
}

Result<std::optional<vsphere::MoRef>> find_at_its_place(vsphere::RestoreTarget& target,
                                                        const RestoreRecord& record,
                                                        const vsphere::Call& call) {
  using Found = std::optional<vsphere::MoRef>;
  const auto there = target.find_child(record.folder, record.name, call);
  if (!there && there.error().code == Errno{ENOENT}) return Found();  // the folder is gone
  if (!there) return fail(there.error());
  if (!*there || (*there)->type != "VirtualMachine") return Found();
  const auto vm = target.identify(**there, call);
  // Whoever makes a VM may read it: one that is hidden from us is somebody else's.
  if (!vm && (vm.error().code == Errno{ENOENT} || vm.error().code == Errno{EACCES})) return Found();
  if (!vm) return fail(vm.error());
  const auto mark = vm->marks.find(kMarkKey);
  if (mark == vm->marks.end() || mark->second != record.mark) return Found();
  if (vm->detail.instance_uuid == record.instance_uuid) return *there;
  return fail(EPERM, "VM " + (*there)->value +
                         " has its name and carries its mark, and another instanceUuid than this "
                         "restore chose");
}

bool is_for_a_person(const Error& error) {
  return error.code == Errno{EPERM} || error.code == Errno{EACCES};
}

}  // namespace vtpmfs::fs
