#include "vsphere/restore/living_tpms.h"

#include <algorithm>

#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/soap_caller.h"
#include "vsphere/vm/device_reading.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

/// From the root down to every VM, those of vApps in vApps included.
PropertyQuery all_vms(const MoRef& root) {
  PropertyQuery query;
  query.objects = {root};
  query.skip_objects = true;
  query.properties = {
      {"VirtualMachine", {std::string(vm_property::kName), std::string(vm_property::kDevices)}}};
  query.first = {"children"};
  query.steps = {
      {"children", "Folder", "childEntity", {"children", "vms", "vapp_vms", "vapps"}},
      {"vms", "Datacenter", "vmFolder", {"children"}},
      {"vapp_vms", "VirtualApp", "vm", {}},
      {"vapps", "VirtualApp", "resourcePool", {"vapp_vms", "vapps"}},
  };
  return query;
}

}  // namespace

Status LivingTpms::read(Names& names, const Call& call) {
  PropertyCollector collector(caller_);
  return collector.retrieve(
      all_vms(caller_.refs().root_folder), call, [&] { names.clear(); },
      [&](const vim25__ObjectContent& content) {
        const ObjectProperties object(content);
        const auto devices = read_devices(object.value(vm_property::kDevices), std::nullopt);
        if (!devices || !devices->vtpm) return;
        const auto name = object.text(vm_property::kName);
        const std::string shown = name && *name ? **name : object.id().value;
        for (const std::string& certificate : devices->vtpm->certificates)
          names.emplace(certificate, shown);
      });
}

Result<std::vector<std::string>> LivingTpms::with_any_of(
    const std::vector<std::string>& certificates, const Call& call) {
  std::vector<std::string> found;
  if (certificates.empty()) return found;
  // Whoever comes meanwhile needs the same answer, and waits for it.
  const std::lock_guard hold(lock_);
  const auto now = std::chrono::steady_clock::now();
  if (!read_at_ || now - *read_at_ >= kBelieved) {
    Names names;
    if (auto done = read(names, call); !done) return fail(done.error());
    names_ = std::move(names);
    read_at_ = now;
  }
  for (const std::string& certificate : certificates) {
    const auto [begin, end] = names_.equal_range(certificate);
    for (auto at = begin; at != end; ++at) found.push_back(at->second);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace vtpmfs::vsphere
