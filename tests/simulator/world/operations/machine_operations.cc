// CreateVM_Task, ReconfigVM_Task and the other operations on machines: privileges, then a task.
#include "tests/simulator/control/switches.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/task/task.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/operations/spec_privileges.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

using MachineWork = Outcome<void> (*)(World&, VirtualMachine&);

/// A task that does one thing to one machine; TaskInProgress while another one is not done.
Outcome<vim25__ManagedObjectReference*> start_on_machine(
    World& world, Call& call, const Ref& ref, std::string name, std::string description,
    std::function<Outcome<void>(World&, VirtualMachine&)> work) {
  auto* vm = world.inventory.get<VirtualMachine>(ref);
  const auto* before = world.inventory.get<Task>(vm->last_task);
  if (before != nullptr && !before->finished()) {
    return refuse(fault_of("TaskInProgress",
                           "The operation cannot be allowed at the current time because the "
                           "virtual machine has a task pending.")
                      .with("task", before->ref()));
  }
  TaskOrder order{std::move(name), std::move(description), ref, vm->name(), false};
  const Ref task = call.simulator().tasks().start(
      call, std::move(order),
      [&world, ref, work = std::move(work)](TaskContext&) -> Outcome<TaskResult> {
        auto* machine = world.inventory.get<VirtualMachine>(ref);
        if (machine == nullptr) return refuse(object_not_found(ref));
        if (auto done = work(world, *machine); !done) return refuse(done.error());
        return TaskResult{};
      });
  vm->last_task = task;
  return wire(task, call.arena());
}

Outcome<void> create_vm(World& world, Call& call, const _vim25__CreateVM_USCORETask& request,
                        _vim25__CreateVM_USCORETaskResponse& response) {
  CreateOrder order;
  order.folder = ref_of(request._USCOREthis);
  order.pool = ref_of(request.pool);
  if (request.host) order.host = ref_of(*request.host);
  if (world.inventory.get<ResourcePool>(order.pool) == nullptr) {
    return refuse(object_not_found(order.pool));
  }
  if (!order.host.empty() && world.inventory.get<HostSystem>(order.host) == nullptr) {
    return refuse(object_not_found(order.host));
  }
  auto spec = read_spec(request.config, world.devices());
  if (!spec) return refuse(spec.error());
  order.spec = std::move(*spec);
  if (auto may = require_for_create(call, world, order); !may) return may;
  TaskOrder task{"CreateVM_Task", "Folder.createVm", order.folder,
                 world.inventory.get<Folder>(order.folder)->name(), false};
  const Ref ref = call.simulator().tasks().start(
      call, std::move(task),
      [&world, order = std::move(order)](TaskContext&) -> Outcome<TaskResult> {
        auto made = create_machine(world, order);
        if (!made) return refuse(made.error());
        return result_ref(*made);
      });
  response.returnval = wire(ref, call.arena());
  return {};
}

Outcome<void> reconfigure(World& world, Call& call, const _vim25__ReconfigVM_USCORETask& request,
                          _vim25__ReconfigVM_USCORETaskResponse& response) {
  const Ref ref = ref_of(request._USCOREthis);
  auto spec = read_spec(request.spec, world.devices());
  if (!spec) return refuse(spec.error());
  if (auto may = require_for_reconfigure(call, world, ref, *spec); !may) return may;
  auto task = start_on_machine(world, call, ref, "ReconfigVM_Task", "VirtualMachine.reconfigure",
                               [spec = std::move(*spec)](World& w, VirtualMachine& vm) {
                                 return reconfigure_machine(w, vm, spec);
                               });
  if (!task) return refuse(std::move(task.error()));
  response.returnval = *task;
  return {};
}

Outcome<void> destroy(World& world, Call& call, const _vim25__Destroy_USCORETask& request,
                      _vim25__Destroy_USCORETaskResponse& response) {
  const Ref ref = ref_of(request._USCOREthis);
  const auto* entity = world.inventory.get<Entity>(ref);
  const bool is_folder = ref.type == "Folder";
  if (entity == nullptr || (!is_folder && ref.type != "VirtualMachine")) {
    return refuse(not_supported());
  }
  const char* privilege = is_folder ? "Folder.Delete" : "VirtualMachine.Inventory.Delete";
  if (auto may = call.require(ref, privilege); !may) return may;
  if (auto may = call.require(entity->container(), privilege); !may) return may;
  if (world.switches.is("destroy", "refuse")) {
    return refuse(fault_of("MethodDisabled", "The method is disabled by 'com.example.backup'")
                      .with("source", "com.example.backup"));
  }
  if (!is_folder) {
    auto task = start_on_machine(world, call, ref, "Destroy_Task", "VirtualMachine.destroy",
                                 destroy_machine);
    if (!task) return refuse(std::move(task.error()));
    response.returnval = *task;
    return {};
  }
  // The folders that vCenter made itself stay.
  if (world.inventory.get<Folder>(entity->parent()) == nullptr) return refuse(not_supported());
  TaskOrder order{"Destroy_Task", "ManagedEntity.destroy", ref, entity->name(), false};
  const Ref task = call.simulator().tasks().start(
      call, std::move(order), [&world, ref](TaskContext&) -> Outcome<TaskResult> {
        if (auto gone = destroy_folder(world, ref); !gone) return refuse(gone.error());
        return TaskResult{};
      });
  response.returnval = wire(task, call.arena());
  return {};
}

/// Registers an operation that needs one privilege and is one task on the machine.
template <class Request, class Response>
void register_simple(World& world, const char* privilege, const char* name, const char* description,
                     MachineWork work) {
  world.simulator.operations().on<Request, Response>(
      {.receiver = "VirtualMachine", .privilege = privilege},
      [&world, name, description, work](Call& call, const Request& request,
                                        Response& response) -> Outcome<void> {
        auto task =
            start_on_machine(world, call, ref_of(request._USCOREthis), name, description, work);
        if (!task) return refuse(std::move(task.error()));
        response.returnval = *task;
        return {};
      });
}

}  // namespace

void register_machine_operations(World& world) {
  Operations& operations = world.simulator.operations();
  operations.on<_vim25__CreateVM_USCORETask, _vim25__CreateVM_USCORETaskResponse>(
      {.receiver = "Folder", .privilege = "VirtualMachine.Inventory.Create"},
      [&world](Call& call, const auto& request, auto& response) {
        return create_vm(world, call, request, response);
      });
  operations.on<_vim25__ReconfigVM_USCORETask, _vim25__ReconfigVM_USCORETaskResponse>(
      {.receiver = "VirtualMachine", .privilege = "System.View"},
      [&world](Call& call, const auto& request, auto& response) {
        return reconfigure(world, call, request, response);
      });
  operations.on<_vim25__Destroy_USCORETask, _vim25__Destroy_USCORETaskResponse>(
      {.receiver = "ManagedEntity", .privilege = "System.View"},
      [&world](Call& call, const auto& request, auto& response) {
        return destroy(world, call, request, response);
      });
  register_simple<_vim25__PowerOnVM_USCORETask, _vim25__PowerOnVM_USCORETaskResponse>(
      world, "VirtualMachine.Interact.PowerOn", "PowerOnVM_Task", "VirtualMachine.powerOn",
      power_on_machine);
  register_simple<_vim25__PowerOffVM_USCORETask, _vim25__PowerOffVM_USCORETaskResponse>(
      world, "VirtualMachine.Interact.PowerOff", "PowerOffVM_Task", "VirtualMachine.powerOff",
      power_off_machine);
  register_simple<_vim25__CryptoUnlock_USCORETask, _vim25__CryptoUnlock_USCORETaskResponse>(
      world, "Cryptographer.RegisterVM", "CryptoUnlock_Task", "VirtualMachine.cryptoUnlock",
      unlock_machine);
  operations.on<_vim25__MarkAsTemplate, _vim25__MarkAsTemplateResponse>(
      {.receiver = "VirtualMachine", .privilege = "VirtualMachine.Provisioning.MarkAsTemplate"},
      [&world](Call&, const _vim25__MarkAsTemplate& request,
               _vim25__MarkAsTemplateResponse&) -> Outcome<void> {
        return mark_as_template(world,
                                *world.inventory.get<VirtualMachine>(ref_of(request._USCOREthis)));
      });
  operations.on<_vim25__RefreshStorageInfo, _vim25__RefreshStorageInfoResponse>(
      {.receiver = "VirtualMachine", .privilege = "System.Read"},
      [&world](Call&, const _vim25__RefreshStorageInfo& request,
               _vim25__RefreshStorageInfoResponse&) -> Outcome<void> {
        auto* vm = world.inventory.get<VirtualMachine>(ref_of(request._USCOREthis));
        vm->stale_nvram_size.reset();
        world.inventory.changed(vm->ref());
        return {};
      });
}

}  // namespace vtpmfs::simulator
