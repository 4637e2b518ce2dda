#include "vsphere/restore/placement.h"

#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/restore/placement_query.h"
#include "vsphere/restore/placement_reading.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

Status read_datacenter(SoapCaller& caller, const MoRef& datacenter, bool ask_for_tpm,
                       bool ask_for_drs, const Call& call, PlacementReading& reading) {
  PropertyCollector collector(caller);
  return collector.retrieve(
      placement_query(datacenter, ask_for_tpm, ask_for_drs), call,
      [&] { reading = PlacementReading(caller.refs().root_folder, datacenter); },
      [&](const vim25__ObjectContent& content) { reading.add(ObjectProperties(content)); });
}

/// A switch that cannot be read has no uuid here: its port groups cannot be used then.
std::map<MoRef, std::string> read_switch_uuids(SoapCaller& caller,
                                               const std::vector<MoRef>& switches,
                                               const Call& call) {
  std::map<MoRef, std::string> uuids;
  if (switches.empty()) return uuids;
  PropertyQuery query;
  query.objects = switches;
  query.properties = {{"DistributedVirtualSwitch", {"uuid"}}};
  query.report_missing_objects = true;
  PropertyCollector collector(caller);
  const auto status = collector.retrieve(
      query, call, [&] { uuids.clear(); },
      [&](const vim25__ObjectContent& content) {
        const ObjectProperties object(content);
        const auto uuid = object.text("uuid");
        if (uuid && *uuid) uuids[object.id()] = **uuid;
      });
  if (!status) uuids.clear();
  return uuids;
}

}  // namespace

Result<PlacementOptions> read_placement_options(SoapCaller& caller, const MoRef& datacenter,
                                                const Call& call) {
  PlacementReading reading(caller.refs().root_folder, datacenter);
  auto read = read_datacenter(caller, datacenter, true, true, call, reading);
  // A server without these properties: then no host tells of its TPM, which only a native key
  // provider of newer servers asks for, ...
  if (!read && is_unknown_path(read.error()))
    read = read_datacenter(caller, datacenter, false, true, call, reading);
  // ... and every cluster of several hosts needs one to be named.
  if (!read && is_unknown_path(read.error()))
    read = read_datacenter(caller, datacenter, false, false, call, reading);
  if (!read) return fail(read.error());
  return reading.choices(read_switch_uuids(caller, reading.switches(), call));
}

}  // namespace vtpmfs::vsphere
