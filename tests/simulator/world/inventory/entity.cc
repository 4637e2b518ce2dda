#include "tests/simulator/world/inventory/entity.h"

#include <algorithm>

#include "tests/simulator/model/value.h"

namespace vtpmfs::simulator {
namespace {

constexpr const char* view = "System.View";

}  // namespace

PropertyTable entity_properties() {
  return Declare<Entity>()
      .property(
          "name", [](const Entity& e, const Reading& r) { return text_value(r, e.name()); }, view)
      .property(
          "parent", [](const Entity& e, const Reading& r) { return ref_value(r, e.parent()); },
          view)
      .property("overallStatus",
                [](const Entity&, const Reading& r) {
                  return enum_value<vim25__ManagedEntityStatus>(r, "green");
                })
      .property("configStatus",
                [](const Entity&, const Reading& r) {
                  return enum_value<vim25__ManagedEntityStatus>(r, "green");
                })
      .unset("configIssue")
      .unset("customValue")
      .unset("declaredAlarmState")
      .unset("disabledMethod")
      .unset("effectiveRole")
      .unset("permission")
      .unset("recentTask")
      .unset("tag")
      .unset("triggeredAlarmState")
      .unset("value")
      .table();
}

bool Folder::takes(std::string_view type) const {
  return std::find(child_types_.begin(), child_types_.end(), type) != child_types_.end();
}

void Folder::remove_child(const Ref& child) {
  children_.erase(std::remove(children_.begin(), children_.end(), child), children_.end());
}

void Folder::append_contents(std::vector<Ref>& contents) const {
  contents.insert(contents.end(), children_.begin(), children_.end());
}

const PropertyTable& Folder::properties() const {
  static const PropertyTable table =
      Declare<Folder>(entity_properties())
          .property(
              "childEntity",
              [](const Folder& f, const Reading& r) { return refs_value(r, f.children_); }, view)
          .property(
              "childType",
              [](const Folder& f, const Reading& r) { return texts_value(r, f.child_types_); },
              view)
          .unset("namespace")
          .table();
  return table;
}

void Datacenter::append_contents(std::vector<Ref>& contents) const {
  for (const Ref* folder : {&vm_folder, &host_folder, &datastore_folder, &network_folder}) {
    contents.push_back(*folder);
  }
}

const PropertyTable& Datacenter::properties() const {
  static const PropertyTable table =
      Declare<Datacenter>(entity_properties())
          .property(
              "vmFolder",
              [](const Datacenter& d, const Reading& r) { return ref_value(r, d.vm_folder); }, view)
          .property(
              "hostFolder",
              [](const Datacenter& d, const Reading& r) { return ref_value(r, d.host_folder); },
              view)
          .property(
              "datastoreFolder",
              [](const Datacenter& d, const Reading& r) {
                return ref_value(r, d.datastore_folder);
              },
              view)
          .property(
              "networkFolder",
              [](const Datacenter& d, const Reading& r) { return ref_value(r, d.network_folder); },
              view)
          .property(
              "datastore",
              [](const Datacenter& d, const Reading& r) { return refs_value(r, d.datastores); },
              view)
          .property(
              "network",
              [](const Datacenter& d, const Reading& r) { return refs_value(r, d.networks); }, view)
          .unset("configuration")
          .table();
  return table;
}

void ComputeResource::append_contents(std::vector<Ref>& contents) const {
  contents.push_back(pool);
  contents.insert(contents.end(), hosts.begin(), hosts.end());
}

const PropertyTable& ComputeResource::properties() const {
  static const PropertyTable table =
      Declare<ComputeResource>(entity_properties())
          .property(
              "resourcePool",
              [](const ComputeResource& c, const Reading& r) { return ref_value(r, c.pool); }, view)
          .property(
              "host",
              [](const ComputeResource& c, const Reading& r) { return refs_value(r, c.hosts); },
              view)
          .property(
              "datastore",
              [](const ComputeResource& c, const Reading& r) {
                return refs_value(r, c.datastores);
              },
              view)
          .property(
              "network",
              [](const ComputeResource& c, const Reading& r) { return refs_value(r, c.networks); },
              view)
          .property("configuration.drsConfig.enabled",
                    [](const ComputeResource& c, const Reading& r) -> Value {
                      return c.is_cluster() ? bool_value(r, c.drs) : nullptr;
                    })
          .property(
              "environmentBrowser",
              [](const ComputeResource& c, const Reading& r) {
                return ref_value(r, c.environment);
              },
              view)
          .unset("summary")
          .table();
  return table;
}

const PropertyTable& HostSystem::properties() const {
  const auto runtime = [](const HostSystem& h) {
    vim25__HostRuntimeInfo info;
    info.connectionState = h.connection;
    info.powerState = h.connection == "connected" ? "poweredOn" : "unknown";
    info.inMaintenanceMode = h.maintenance;
    info.inQuarantineMode = false;
    info.bootTime = "2024-01-02T03:04:05.123456Z";
    info.cryptoState = h.crypto_state;
    return info;
  };
  static const PropertyTable table =
      Declare<HostSystem>(entity_properties())
          .property("runtime", [runtime](const HostSystem& h,
                                         const Reading& r) { return data_value(r, runtime(h)); })
          .property("runtime.connectionState",
                    [](const HostSystem& h, const Reading& r) {
                      return enum_value<vim25__HostSystemConnectionState>(r, h.connection);
                    })
          .property("runtime.powerState",
                    [runtime](const HostSystem& h, const Reading& r) {
                      return enum_value<vim25__HostSystemPowerState>(r, runtime(h).powerState);
                    })
          .property(
              "runtime.inMaintenanceMode",
              [](const HostSystem& h, const Reading& r) { return bool_value(r, h.maintenance); })
          .property(
              "runtime.cryptoState",
              [](const HostSystem& h, const Reading& r) { return text_value(r, h.crypto_state); })
          .property(
              "datastore",
              [](const HostSystem& h, const Reading& r) { return refs_value(r, h.datastores); },
              view)
          .property(
              "network",
              [](const HostSystem& h, const Reading& r) { return refs_value(r, h.networks); }, view)
          .property("capability.tpmSupported",
                    [](const HostSystem& h, const Reading& r) { return bool_value(r, h.has_tpm); })
          .property("capability.tpmVersion",
                    [](const HostSystem& h, const Reading& r) -> Value {
                      return h.has_tpm ? text_value(r, "2.0") : nullptr;
                    })
          .unset("config")
          .unset("datastoreBrowser")
          .unset("summary")
          .unset("vm")
          .table();
  return table;
}

void ResourcePool::remove_vm(const Ref& vm) {
  vms.erase(std::remove(vms.begin(), vms.end(), vm), vms.end());
}

void ResourcePool::append_contents(std::vector<Ref>& contents) const {
  contents.insert(contents.end(), pools.begin(), pools.end());
  contents.insert(contents.end(), vms.begin(), vms.end());
}

const PropertyTable& ResourcePool::properties() const {
  static const PropertyTable table =
      Declare<ResourcePool>(entity_properties())
          .property(
              "owner",
              [](const ResourcePool& p, const Reading& r) { return ref_value(r, p.owner); }, view)
          .property(
              "resourcePool",
              [](const ResourcePool& p, const Reading& r) { return refs_value(r, p.pools); }, view)
          .property(
              "vm", [](const ResourcePool& p, const Reading& r) { return refs_value(r, p.vms); },
              view)
          .property(
              "parentFolder",
              [](const ResourcePool& p, const Reading& r) { return ref_value(r, p.parent_folder); },
              view)
          .unset("parentVApp")
          .unset("config")
          .unset("runtime")
          .unset("summary")
          .unset("vAppConfig")
          .table();
  return table;
}

namespace {

/// As a vCenter gives it: an NSX network's ids are in the derived type.
Value network_summary(const Network& network, const Reading& reading) {
  const auto filled = [&](auto summary) {
    summary.network = wire(network.ref());
    summary.name = network.name();
    summary.accessible = true;
    return summary;
  };
  if (network.opaque_id.empty()) return data_value(reading, filled(vim25__NetworkSummary{}));
  auto summary = filled(vim25__OpaqueNetworkSummary{});
  summary.opaqueNetworkId = network.opaque_id;
  summary.opaqueNetworkType = network.opaque_type;
  return data_value(reading, std::move(summary));
}

}  // namespace

const PropertyTable& Network::properties() const {
  static const PropertyTable table =
      Declare<Network>(entity_properties())
          .property(
              "host", [](const Network& n, const Reading& r) { return refs_value(r, n.hosts); },
              view)
          .property("key",
                    [](const Network& n, const Reading& r) -> Value {
                      return n.switch_uuid.empty() ? nullptr : text_value(r, n.ref().id);
                    })
          .property(
              "config.distributedVirtualSwitch",
              [](const Network& n, const Reading& r) { return ref_value(r, n.distributed_switch); })
          .property("config.key",
                    [](const Network& n, const Reading& r) -> Value {
                      return n.switch_uuid.empty() ? nullptr : text_value(r, n.ref().id);
                    })
          .property("summary.name",
                    [](const Network& n, const Reading& r) { return text_value(r, n.name()); })
          .property("summary.accessible",
                    [](const Network&, const Reading& r) { return bool_value(r, true); })
          .property("summary.opaqueNetworkId",
                    [](const Network& n, const Reading& r) -> Value {
                      return n.opaque_id.empty() ? nullptr : text_value(r, n.opaque_id);
                    })
          .property("summary.opaqueNetworkType",
                    [](const Network& n, const Reading& r) -> Value {
                      return n.opaque_id.empty() ? nullptr : text_value(r, n.opaque_type);
                    })
          .property("summary", network_summary)
          .unset("vm")
          .table();
  return table;
}

const PropertyTable& DistributedSwitch::properties() const {
  static const PropertyTable table =
      Declare<DistributedSwitch>(entity_properties())
          .property("uuid", [](const DistributedSwitch& d,
                               const Reading& r) { return text_value(r, d.uuid); })
          .property("portgroup", [](const DistributedSwitch& d,
                                    const Reading& r) { return refs_value(r, d.portgroups); })
          .table();
  return table;
}

}  // namespace vtpmfs::simulator
