#include "vsphere/vm/vm_reader.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "vsphere/fault.h"
#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

using ExtraConfig = VmReadPlan::ExtraConfig;

constexpr size_t kPathsToLearn = 16;

bool refuses_keyed_paths(const ObjectProperties& object) {
  const auto error = object.missing(vm_property::kBundle);
  return error && is_unknown_path(*error);
}

}  // namespace

VmReader::VmReader(SoapCaller& caller, std::vector<std::string> save_extra_config)
    : collector_(caller),
      save_extra_config_(std::move(save_extra_config)),
      plan_(!save_extra_config_.empty()) {}

Result<std::vector<VmRecord>> VmReader::read(const std::vector<MoRef>& vms,
                                             ExtraConfig extra_config, const Call& call) {
  std::vector<VmRecord> records;
  records.reserve(vms.size());
  for (size_t start = 0; start < vms.size(); start += kObjectsPerPage) {
    if (call.cancel.cancelled()) return fail(EINTR, "reading VMs was interrupted");
    const size_t end = std::min(vms.size(), start + kObjectsPerPage);
    auto page = read_page({vms.begin() + static_cast<std::ptrdiff_t>(start),
                           vms.begin() + static_cast<std::ptrdiff_t>(end)},
                          extra_config, call);
    if (!page) return page;
    std::move(page->begin(), page->end(), std::back_inserter(records));
  }
  return records;
}

Result<std::vector<VmRecord>> VmReader::read_page(std::vector<MoRef> vms, ExtraConfig extra_config,
                                                  const Call& call) {
  std::vector<VmRecord> records;
  // Each turn but the last finds out about one path or one VM; a server that goes on refusing what
  // it is no longer asked for does not keep us here.
  for (size_t turns = vms.size() + kPathsToLearn; !vms.empty(); --turns) {
    if (turns == 0) return fail(EIO, "the server refuses properties that it was not asked for");
    const bool keyed =
        extra_config == ExtraConfig::keyed && plan_.extra_config() == ExtraConfig::keyed;
    bool keyed_refused = false;
    PropertyQuery query;
    query.properties = {{"VirtualMachine", plan_.paths(extra_config)}};
    query.objects = vms;
    query.report_missing_objects = true;
    const auto read = collector_.retrieve(
        query, call, [&] { records.clear(); },
        [&](const vim25__ObjectContent& content) {
          const ObjectProperties object(content);
          if (object.gone()) return;
          keyed_refused |= keyed && refuses_keyed_paths(object);
          records.push_back(read_vm(object, save_extra_config_));
        });
    if (read && keyed_refused) {
      plan_.leave_out(vm_property::kBundle);
    } else if (read) {
      return records;
    } else if (is_unknown_path(read.error())) {
      // A vCenter refuses the whole call for one path.
      if (!plan_.leave_out(read.error().fault->name)) return fail(read.error());
    } else if (fault_type(read.error()) == "ManagedObjectNotFound") {
      // A server that does not heed reportMissingObjectsInResults.
      const auto gone = std::find_if(vms.begin(), vms.end(), [&](const MoRef& vm) {
        return vm.value == read.error().fault->object;
      });
      if (gone == vms.end()) return fail(read.error());
      vms.erase(gone);
    } else {
      return fail(read.error());
    }
  }
  return std::vector<VmRecord>();
}

}  // namespace vtpmfs::vsphere
