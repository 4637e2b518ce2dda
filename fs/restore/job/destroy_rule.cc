#include "fs/restore/job/destroy_rule.h"

#include <cerrno>

namespace vtpmfs::fs {

std::optional<std::string> why_not_the_one(const vsphere::VmIdentity& vm,
                                           const RestoreRecord& record,
                                           const std::string& vcenter) {
  if (record.vcenter.empty() || record.vcenter != vcenter) return "it is another vCenter";
  if (!record.vm || vm.detail.vm != *record.vm) return "it is not the VM that this restore made";
  if (record.instance_uuid.empty() || vm.detail.instance_uuid != record.instance_uuid)
    return "its instanceUuid is not the one that this restore chose";
  const auto mark = vm.marks.find(kMarkKey);
  if (record.mark.empty() || mark == vm.marks.end() || mark->second != record.mark)
    return "it does not carry this restore's mark";
  return std::nullopt;
}

std::optional<std::string> why_not_ours(const vsphere::VmIdentity& vm, const RestoreRecord& record,
                                        const std::string& vcenter) {
  const vsphere::VmDetail& detail = vm.detail;
  if (record.state == RestoreRecord::State::verified || record.state == RestoreRecord::State::done)
    return "it was verified already";
  if (auto reason = why_not_the_one(vm, record, vcenter)) return reason;
  if (detail.power != vsphere::PowerState::off) return "it is not powered off";
  if (!vm.files_listed) return "whether it has run cannot be seen: its files are not listed";
  if (detail.log_with_content) return "it has run: there is a log";
  if (detail.has_snapshot) return "it has a snapshot";
  if (vm.has_disk || !detail.config.disks.empty()) return "it has a disk";
  if (detail.is_template) return "it is a template";
  if (detail.name != record.name) return "it was renamed";
  if (vm.parent != record.folder) return "it was moved to another folder";
  return std::nullopt;
}

Status destroy_if_ours(vsphere::RestoreTarget& target, const RestoreRecord& record,
                       const std::string& vcenter, const Looks& looks, const vsphere::Call& call) {
  if (!record.vm) return fail(ENOENT, "no VM was made");
  const auto vm = target.identify(*record.vm, call);
  if (!vm) {
    if (vm.error().code == Errno{ENOENT}) return {};
    return fail(vm.error());
  }
  if (!vm->detail.unreadable.empty())
    return fail(EPERM, "the half-made VM was left: " + vm->detail.unreadable.front().property +
                           " cannot be read, so nobody knows what it is now");
  if (const auto reason = why_not_ours(*vm, record, vcenter))
    return fail(EPERM, "the half-made VM was left: " + *reason);
  return find_effect(target.destroy_vm(*record.vm, call), looks, call.cancel,
                     [&]() -> Result<bool> {
                       const auto again = target.identify(*record.vm, call);
                       return !again && again.error().code == Errno{ENOENT};
                     });
}

}  // namespace vtpmfs::fs
