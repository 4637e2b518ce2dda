// The calls that make, change and remove a VM.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"
#include "vsphere/task/task_wait.h"

class vim25__VirtualMachineConfigSpec;

namespace vtpmfs::vsphere {

class SoapCaller;

/// Each sends one call; those that end in a Status also wait for its task, without end unless
/// cancelled. An Error with maybe_done: the call was sent and its effect is not known. Nothing is
/// ever sent twice by itself. Blocking, thread-safe, without state.
class VmChanges {
 public:
  explicit VmChanges(SoapCaller& caller) : caller_(caller) {}

  Result<MoRef> create_folder(const MoRef& parent, const std::string& name, const Call& call);
  Result<MoRef> start_create(const MoRef& folder, const MoRef& pool,
                             const std::optional<MoRef>& host, const NewVm& vm, const Call& call);
  Status reconfigure(const MoRef& vm, const vim25__VirtualMachineConfigSpec& spec,
                     const Call& call);
  Status mark_as_template(const MoRef& vm, const Call& call);
  Status destroy(const MoRef& vm, const Call& call);

  Result<std::optional<MoRef>> wait(const MoRef& task, const TaskProgress& progress,
                                    const Call& call);
  /// The same for at most call.timeout: ETIMEDOUT with maybe_done.
  Result<std::optional<MoRef>> wait_briefly(const MoRef& task, const Call& call);
  Status cancel(const MoRef& task, const Call& call);

 private:
  Result<std::optional<MoRef>> wait_patiently(const MoRef& task, TaskPatience patience,
                                              const TaskProgress& progress, const Call& call);
  SoapCaller& caller_;
};

}  // namespace vtpmfs::vsphere
