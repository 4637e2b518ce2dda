#include "vsphere/restore/living_tpms.h"

#include <utility>

#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/soap_caller.h"
#include "vsphere/vm/device_reading.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

PropertyPaths tpm_properties() {
  return {"VirtualMachine", {std::string(vm_property::kName), std::string(vm_property::kDevices)}};
}

/// From the root down to every VM, those of vApps in vApps included.
PropertyQuery all_vms(const MoRef& root) {
  PropertyQuery query;
  query.objects = {root};
  query.skip_objects = true;
  query.properties = {tpm_properties()};
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

Result<LivingTpms::Vms> LivingTpms::read(const PropertyQuery& query, const Call& call) {
  Vms vms;
  PropertyCollector collector(caller_);
  const auto done = collector.retrieve(
      query, call, [&] { vms.clear(); },
      [&](const vim25__ObjectContent& content) {
        const ObjectProperties object(content);
        if (object.gone()) return;
        const auto devices = read_devices(object.value(vm_property::kDevices), std::nullopt);
        if (!devices || !devices->vtpm) return;
        const auto name = object.text(vm_property::kName);
        const std::string shown = name && *name ? **name : object.id().value;
        for (const std::string& certificate : devices->vtpm->certificates)
          vms.emplace(certificate, Vm{object.id(), shown});
      });
  if (!done) return fail(done.error());
  return vms;
}

std::vector<LivingTpms::Vm> LivingTpms::among(const Vms& vms,
                                              const std::vector<std::string>& certificates) {
  std::map<MoRef, Vm> found;
  for (const std::string& certificate : certificates) {
    const auto [begin, end] = vms.equal_range(certificate);
    for (auto at = begin; at != end; ++at) found.emplace(at->second.id, at->second);
  }
  std::vector<Vm> out;
  out.reserve(found.size());
  for (auto& [id, vm] : found) out.push_back(std::move(vm));
  return out;
}

Result<std::vector<std::string>> LivingTpms::with_any_of(
    const std::vector<std::string>& certificates, const Call& call) {
  std::vector<std::string> names;
  if (certificates.empty()) return names;
  std::vector<Vm> found;
  {
    // Whoever comes meanwhile needs the same answer, and waits for it.
    const std::lock_guard hold(lock_);
    const auto now = std::chrono::steady_clock::now();
    if (!read_at_ || now - *read_at_ >= kBelieved) {
      auto all = read(all_vms(caller_.refs().root_folder), call);
      if (!all) return fail(all.error());
      vms_ = std::move(*all);
      read_at_ = now;
    }
    found = among(vms_, certificates);
  }
  if (found.empty()) return names;
  PropertyQuery again;
  again.properties = {tpm_properties()};
  for (const Vm& vm : found) again.objects.push_back(vm.id);
  again.report_missing_objects = true;
  const auto now = read(again, call);
  // A server that does not heed reportMissingObjectsInResults: one of them is gone, and which of
  // the others is not is not known. What was read counts.
  if (!now && fault_type(now.error()) != "ManagedObjectNotFound") return fail(now.error());
  if (now) found = among(*now, certificates);
  if (!now && found.size() == 1) found.clear();
  for (const Vm& vm : found) names.push_back(vm.name);
  return names;
}

}  // namespace vtpmfs::vsphere
