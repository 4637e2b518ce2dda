#include <algorithm>

#include "tests/simulator/model/value.h"
#include "tests/simulator/world/machine/config_values.h"
#include "tests/simulator/world/machine/machine_properties.h"

namespace vtpmfs::simulator {
namespace {

std::string power_state(const VirtualMachine& vm) {
  switch (vm.power) {
    case Power::on:
      return "poweredOn";
    case Power::suspended:
      return "suspended";
    case Power::off:
      break;
  }
  return "poweredOff";
}

std::string crypto_state(const VirtualMachine& vm) {
  if (!vm.config.encryption) return {};
  return vm.locked ? "locked" : "unlocked";
}

vim25__VirtualMachineRuntimeInfo runtime_of(const VirtualMachine& vm) {
  vim25__VirtualMachineRuntimeInfo info;
  if (!vm.host.empty()) info.host = wire(vm.host);
  info.connectionState = vm.connection_state();
  info.powerState = power_state(vm);
  info.faultToleranceState = "notConfigured";
  info.toolsInstallerMounted = false;
  if (vm.power == Power::on) info.bootTime = vm.boot_time;
  info.numMksConnections = 0;
  info.recordReplayState = "inactive";
  if (vm.power == Power::off) info.cleanPowerOff = vm.has_run;
  info.onlineStandby = false;
  info.consolidationNeeded = false;
  info.paused = false;
  info.instantCloneFrozen = false;
  if (vm.config.encryption) info.cryptoState = crypto_state(vm);
  return info;
}

template <class Device>
int count(const VirtualMachine& vm) {
  const auto& devices = vm.config.devices;
  return static_cast<int>(std::count_if(devices.begin(), devices.end(), [](const auto* device) {
    return dynamic_cast<const Device*>(device) != nullptr;
  }));
}

vim25__VirtualMachineConfigSummary summary_of(const VirtualMachine& vm) {
  vim25__VirtualMachineConfigSummary summary;
  summary.name = vm.name();
  summary.template_ = vm.config.is_template;
  summary.vmPathName = vm.path_name();
  if (vm.locked) return summary;
  summary.memorySizeMB = static_cast<int>(vm.config.memory_mb);
  summary.numCpu = vm.config.cpus;
  summary.numEthernetCards = count<vim25__VirtualEthernetCard>(vm);
  summary.numVirtualDisks = count<vim25__VirtualDisk>(vm);
  summary.uuid = vm.config.uuid;
  summary.instanceUuid = vm.config.instance_uuid;
  summary.guestId = vm.config.guest_id;
  summary.guestFullName = guest_full_name(vm.config.guest_id);
  summary.annotation = vm.config.annotation;
  summary.installBootRequired = false;
  summary.tpmPresent = vm.config.tpm.has_value();
  summary.numVmiopBackings = 0;
  summary.hwVersion = vm.config.version;
  return summary;
}

void declare_runtime(Declare<VirtualMachine>& declare) {
  declare
      .property("runtime", [](const VirtualMachine& vm,
                              const Reading& r) { return data_value(r, runtime_of(vm)); })
      .property("runtime.host",
                [](const VirtualMachine& vm, const Reading& r) { return ref_value(r, vm.host); })
      .property("runtime.connectionState",
                [](const VirtualMachine& vm, const Reading& r) {
                  return enum_value<vim25__VirtualMachineConnectionState>(r, vm.connection_state());
                })
      .property("runtime.powerState",
                [](const VirtualMachine& vm, const Reading& r) {
                  return enum_value<vim25__VirtualMachinePowerState>(r, power_state(vm));
                })
      .property("runtime.bootTime",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.power == Power::on ? time_value(r, vm.boot_time) : nullptr;
                })
      .property("runtime.cleanPowerOff",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.power == Power::off ? bool_value(r, vm.has_run) : nullptr;
                })
      .property("runtime.consolidationNeeded",
                [](const VirtualMachine&, const Reading& r) { return bool_value(r, false); })
      .property("runtime.cryptoState",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.config.encryption ? text_value(r, crypto_state(vm)) : nullptr;
                })
      .unset("runtime.question")
      .unset("runtime.suspendTime");
}

}  // namespace

void declare_state(Declare<VirtualMachine>& declare) {
  declare_runtime(declare);
  declare.unset("summary")
      .property("summary.config", [](const VirtualMachine& vm,
                                     const Reading& r) { return data_value(r, summary_of(vm)); })
      .property("summary.config.name",
                [](const VirtualMachine& vm, const Reading& r) { return text_value(r, vm.name()); })
      .property("summary.config.template",
                [](const VirtualMachine& vm, const Reading& r) {
                  return bool_value(r, vm.config.is_template);
                })
      .property(
          "summary.config.vmPathName",
          [](const VirtualMachine& vm, const Reading& r) { return text_value(r, vm.path_name()); })
      .property("summary.config.tpmPresent",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : bool_value(r, vm.config.tpm.has_value());
                })
      .property("summary.config.uuid",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : text_value(r, vm.config.uuid);
                })
      .property("summary.config.instanceUuid",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : text_value(r, vm.config.instance_uuid);
                })
      .property("summary.config.guestId",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : text_value(r, vm.config.guest_id);
                })
      .property("summary.config.numVirtualDisks",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : int_value(r, count<vim25__VirtualDisk>(vm));
                })
      .property("summary.config.annotation",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : text_value(r, vm.config.annotation);
                })
      .property("summary.config.hwVersion",
                [](const VirtualMachine& vm, const Reading& r) -> Value {
                  return vm.locked ? nullptr : text_value(r, vm.config.version);
                })
      .property("summary.runtime", [](const VirtualMachine& vm,
                                      const Reading& r) { return data_value(r, runtime_of(vm)); })
      .property("summary.runtime.powerState",
                [](const VirtualMachine& vm, const Reading& r) {
                  return enum_value<vim25__VirtualMachinePowerState>(r, power_state(vm));
                })
      .property("summary.runtime.connectionState",
                [](const VirtualMachine& vm, const Reading& r) {
                  return enum_value<vim25__VirtualMachineConnectionState>(r, vm.connection_state());
                })
      .property("summary.vm",
                [](const VirtualMachine& vm, const Reading& r) { return ref_value(r, vm.ref()); })
      .property("summary.overallStatus", [](const VirtualMachine&, const Reading& r) {
        return enum_value<vim25__ManagedEntityStatus>(r, "green");
      });
}

const PropertyTable& VirtualMachine::properties() const {
  static const PropertyTable table = [] {
    Declare<VirtualMachine> declare(entity_properties());
    declare_config(declare);
    declare_state(declare);
    declare_places(declare);
    return declare.table();
  }();
  return table;
}

}  // namespace vtpmfs::simulator
