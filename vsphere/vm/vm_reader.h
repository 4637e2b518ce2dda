// Bulk reads of VM details.
#pragma once

#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/vm/vm_read_plan.h"
#include "vsphere/vm/vm_reading.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// Reads VMs, kObjectsPerPage in a call. Learns for the life of the connection which paths the
/// server lacks (VmReadPlan). Blocking, thread-safe. Errors: those of a call; a VM that has gone is
/// no error but simply not in the answer.
class VmReader {
 public:
  VmReader(SoapCaller& caller, std::vector<std::string> save_extra_config);

  /// `extra_config` whole: marks are wanted as well.
  Result<std::vector<VmRecord>> read(const std::vector<MoRef>& vms,
                                     VmReadPlan::ExtraConfig extra_config, const Call& call);

 private:
  /// One call's worth of VMs; `vms` loses those that turn out to have gone.
  Result<std::vector<VmRecord>> read_page(std::vector<MoRef> vms,
                                          VmReadPlan::ExtraConfig extra_config, const Call& call);

  PropertyCollector collector_;
  const std::vector<std::string> save_extra_config_;
  VmReadPlan plan_;
};

}  // namespace vtpmfs::vsphere
