#include "tests/simulator/world/inventory/datastore.h"

#include <algorithm>

#include "tests/simulator/model/value.h"

namespace vtpmfs::simulator {
namespace {

constexpr const char* view = "System.View";
constexpr std::int64_t largest_file = std::int64_t{62} << 40;

const char* type_of(DatastoreKind kind) {
  switch (kind) {
    case DatastoreKind::vmfs:
      return "VMFS";
    case DatastoreKind::nfs:
      return "NFS";
    case DatastoreKind::vsan:
      return "vsan";
    case DatastoreKind::vvol:
      return "VVOL";
  }
  return "";
}

const char* maintenance_of(const Datastore& d) {
  return d.maintenance ? "inMaintenance" : "normal";
}

vim25__DatastoreSummary summary_of(const Datastore& d) {
  vim25__DatastoreSummary summary;
  summary.datastore = wire(d.ref());
  summary.name = d.name();
  summary.url = d.url();
  summary.capacity = d.accessible() ? d.capacity : 0;
  summary.freeSpace = d.free_space();
  summary.uncommitted = 0;
  summary.accessible = d.accessible();
  summary.multipleHostAccess = d.mounts.size() > 1;
  summary.type = type_of(d.kind);
  summary.maintenanceMode = maintenance_of(d);
  return summary;
}

template <class Info>
Info info_of(const Datastore& d) {
  Info info;
  info.name = d.name();
  info.url = d.url();
  info.freeSpace = d.free_space();
  info.maxFileSize = largest_file;
  info.maxVirtualDiskCapacity = largest_file;
  info.maxMemoryFileSize = largest_file;
  info.timestamp = "2024-06-25T10:00:00.000001Z";
  return info;
}

Value info_value(const Datastore& d, const Reading& r) {
  if (d.kind == DatastoreKind::vsan) return data_value(r, info_of<vim25__VsanDatastoreInfo>(d));
  if (d.kind == DatastoreKind::vvol) return data_value(r, info_of<vim25__VvolDatastoreInfo>(d));
  if (d.kind == DatastoreKind::nfs) return data_value(r, info_of<vim25__NasDatastoreInfo>(d));
  auto info = info_of<vim25__VmfsDatastoreInfo>(d);
  info.maxPhysicalRDMFileSize = largest_file;
  info.maxVirtualRDMFileSize = largest_file;
  return data_value(r, std::move(info));
}

vim25__DatastoreCapability capability_of(const Datastore& d) {
  vim25__DatastoreCapability capability;
  capability.directoryHierarchySupported = true;
  capability.rawDiskMappingsSupported = d.kind == DatastoreKind::vmfs;
  capability.perFileThinProvisioningSupported = true;
  capability.storageIORMSupported = false;
  capability.nativeSnapshotSupported = false;
  capability.topLevelDirectoryCreateSupported = !d.has_namespaces();
  capability.seSparseSupported = true;
  return capability;
}

vim25__ArrayOfDatastoreHostMount mounts_of(const Datastore& d) {
  vim25__ArrayOfDatastoreHostMount mounts;
  for (const HostMount& mount : d.mounts) {
    vim25__DatastoreHostMount made;
    made.key = wire(mount.host);
    made.mountInfo.path = d.url();
    made.mountInfo.accessMode = mount.writable ? "readWrite" : "readOnly";
    made.mountInfo.mounted = true;
    made.mountInfo.accessible = d.accessible() && mount.accessible;
    mounts.DatastoreHostMount.push_back(std::move(made));
  }
  return mounts;
}

}  // namespace

void Datastore::set_accessible(bool accessible) {
  accessible_ = accessible;
}

std::int64_t Datastore::free_space() const {
  if (!accessible_) return 0;
  return std::max<std::int64_t>(0, capacity - occupied - files.used());
}

const HostMount* Datastore::mount_on(const Ref& host) const {
  const auto found = std::find_if(mounts.begin(), mounts.end(),
                                  [&](const HostMount& mount) { return mount.host == host; });
  return found == mounts.end() ? nullptr : &*found;
}

std::string Datastore::url() const {
  const std::string id = ref().id;
  const char* prefix = kind == DatastoreKind::vsan   ? "vsan:52"
                       : kind == DatastoreKind::vvol ? "vvol:53"
                                                     : "65";
  return "ds:///vmfs/volumes/" + std::string(prefix) + id + "/";
}

const PropertyTable& Datastore::properties() const {
  static const PropertyTable table =
      Declare<Datastore>(entity_properties())
          .property("summary", [](const Datastore& d,
                                  const Reading& r) { return data_value(r, summary_of(d)); })
          .property("summary.name",
                    [](const Datastore& d, const Reading& r) { return text_value(r, d.name()); })
          .property("summary.url",
                    [](const Datastore& d, const Reading& r) { return text_value(r, d.url()); })
          .property("summary.capacity",
                    [](const Datastore& d, const Reading& r) { return long_value(r, d.capacity); })
          .property(
              "summary.freeSpace",
              [](const Datastore& d, const Reading& r) { return long_value(r, d.free_space()); })
          .property(
              "summary.accessible",
              [](const Datastore& d, const Reading& r) { return bool_value(r, d.accessible()); })
          .property("summary.type", [](const Datastore& d,
                                       const Reading& r) { return text_value(r, type_of(d.kind)); })
          .property(
              "summary.maintenanceMode",
              [](const Datastore& d, const Reading& r) { return text_value(r, maintenance_of(d)); })
          .property("summary.multipleHostAccess",
                    [](const Datastore& d, const Reading& r) {
                      return bool_value(r, d.mounts.size() > 1);
                    })
          .property("info", info_value)
          .property("capability", [](const Datastore& d,
                                     const Reading& r) { return data_value(r, capability_of(d)); })
          .property("capability.topLevelDirectoryCreateSupported",
                    [](const Datastore& d, const Reading& r) {
                      return bool_value(r, !d.has_namespaces());
                    })
          .property("host", [](const Datastore& d,
                               const Reading& r) { return data_value(r, mounts_of(d)); })
          .property(
              "browser",
              [](const Datastore& d, const Reading& r) { return ref_value(r, d.browser); }, view)
          .unset("vm")
          .unset("iormConfiguration")
          .table();
  return table;
}

const PropertyTable& DatastoreBrowser::properties() const {
  static const PropertyTable table =
      Declare<DatastoreBrowser>()
          .property("datastore", [](const DatastoreBrowser& b,
                                    const Reading& r) { return refs_value(r, {b.datastore_}); })
          .unset("supportedType")
          .table();
  return table;
}

}  // namespace vtpmfs::simulator
