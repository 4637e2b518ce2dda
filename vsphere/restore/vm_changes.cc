#include "vsphere/restore/vm_changes.h"

#include <cerrno>

#include "vsphere/property/references.h"
#include "vsphere/restore/config_spec.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/values.h"
#include "vsphere/soap_caller.h"
#include "vsphere/task/task_wait.h"

namespace vtpmfs::vsphere {
namespace {

/// Sends a call that answers with a reference: the task, or what was made.
template <class Response, class Request>
Result<MoRef> send(SoapCaller& caller, const Request& request, const Call& how) {
  const auto answer = call<Response>(caller, request, how);
  if (!answer) return fail(answer.error());
  return from_soap(*(*answer)->returnval);
}

}  // namespace

Result<MoRef> VmChanges::create_folder(const MoRef& parent, const std::string& name,
                                       const Call& how) {
  _vim25__CreateFolder request;
  request._USCOREthis = to_soap(parent);
  request.name = name;
  return send<_vim25__CreateFolderResponse>(caller_, request, how);
}

Result<MoRef> VmChanges::start_create(const MoRef& folder, const MoRef& pool,
                                      const std::optional<MoRef>& host, const NewVm& vm,
                                      const Call& how) {
  Arena arena;
  _vim25__CreateVM_USCORETask request;
  request._USCOREthis = to_soap(folder);
  request.config = config_spec(vm, arena);
  request.pool = to_soap(pool);
  if (host) request.host = to_soap(*host);
  return send<_vim25__CreateVM_USCORETaskResponse>(caller_, request, how);
}

Status VmChanges::reconfigure(const MoRef& vm, const vim25__VirtualMachineConfigSpec& spec,
                              const Call& how) {
  _vim25__ReconfigVM_USCORETask request;
  request._USCOREthis = to_soap(vm);
  request.spec = spec;
  const auto task = send<_vim25__ReconfigVM_USCORETaskResponse>(caller_, request, how);
  if (!task) return fail(task.error());
  const auto done = wait(
      *task, [](int) {}, how);
  if (!done) return fail(done.error());
  return {};
}

Status VmChanges::mark_as_template(const MoRef& vm, const Call& how) {
  _vim25__MarkAsTemplate request;
  request._USCOREthis = to_soap(vm);
  const auto answer = call<_vim25__MarkAsTemplateResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  return {};
}

Status VmChanges::destroy(const MoRef& vm, const Call& how) {
  _vim25__Destroy_USCORETask request;
  request._USCOREthis = to_soap(vm);
  const auto task = send<_vim25__Destroy_USCORETaskResponse>(caller_, request, how);
  if (!task) return fail(task.error());
  const auto done = wait(
      *task, [](int) {}, how);
  if (!done) return fail(done.error());
  return {};
}

Result<std::optional<MoRef>> VmChanges::wait(const MoRef& task, const TaskProgress& progress,
                                             const Call& how) {
  return wait_patiently(task, TaskPatience::without_end, progress, how);
}

Result<std::optional<MoRef>> VmChanges::wait_patiently(const MoRef& task, TaskPatience patience,
                                                       const TaskProgress& progress,
                                                       const Call& how) {
  std::optional<MoRef> result;
  const auto done = wait_for_task(
      caller_, task, how, patience, progress,
      [&](const xsd__anyType* value) -> Status {
        if (const auto* ref = value_as<vim25__ManagedObjectReference>(value)) {
          result = from_soap(*ref);
        }
        return {};
      },
      TaskResult::optional);
  if (!done) return fail(done.error());
  return result;
}

Result<std::optional<MoRef>> VmChanges::wait_briefly(const MoRef& task, const Call& how) {
  return wait_patiently(
      task, TaskPatience::until_timeout, [](int) {}, how);
}

Status VmChanges::cancel(const MoRef& task, const Call& how) {
  _vim25__CancelTask request;
  request._USCOREthis = to_soap(task);
  const auto answer = call<_vim25__CancelTaskResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  return {};
}

}  // namespace vtpmfs::vsphere
