// CreateFolder, Rename_Task, MoveIntoFolder_Task.
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/rules/names.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

Outcome<void> create_folder(World& world, Call& call, const _vim25__CreateFolder& request,
                            _vim25__CreateFolderResponse& response) {
  const Ref parent = ref_of(request._USCOREthis);
  const auto* folder = world.inventory.get<Folder>(parent);
  if (!folder->takes("Folder")) return refuse(not_supported());
  if (auto free = check_name_free(world, *folder, request.name); !free) return free;
  auto made = std::make_shared<Folder>(world.inventory.new_ref("Folder", "group-v"), request.name,
                                       parent, folder->child_types());
  response.returnval = wire(made->ref(), call.arena());
  world.add_entity(std::move(made));
  return {};
}

/// The privilege that renaming such a thing takes.
const char* rename_privilege(const Ref& ref) {
  if (ref.type == "VirtualMachine") return "VirtualMachine.Config.Rename";
  if (ref.type == "Folder") return "Folder.Rename";
  if (ref.type == "Datacenter") return "Datacenter.Rename";
  if (ref.type == "Datastore") return "Datastore.Rename";
  return "System.View";
}

Outcome<void> rename(World& world, Call& call, const _vim25__Rename_USCORETask& request,
                     _vim25__Rename_USCORETaskResponse& response) {
  const Ref ref = ref_of(request._USCOREthis);
  const auto* entity = world.inventory.get<Entity>(ref);
  if (entity == nullptr) return refuse(not_supported());
  if (auto may = call.require(ref, rename_privilege(ref)); !may) return may;
  TaskOrder order{"Rename_Task", "ManagedEntity.rename", ref, entity->name(), false};
  const Ref task = call.simulator().tasks().start(
      call, std::move(order),
      [&world, ref, name = request.newName](TaskContext&) -> Outcome<TaskResult> {
        if (auto done = rename_entity(world, ref, name); !done) return refuse(done.error());
        return TaskResult{};
      });
  response.returnval = wire(task, call.arena());
  return {};
}

Outcome<void> move(World& world, Call& call, const _vim25__MoveIntoFolder_USCORETask& request,
                   _vim25__MoveIntoFolder_USCORETaskResponse& response) {
  const Ref folder = ref_of(request._USCOREthis);
  std::vector<Ref> list;
  for (const auto& wired : request.list) {
    list.push_back(ref_of(wired));
    const auto* entity = world.inventory.get<Entity>(list.back());
    if (entity == nullptr) return refuse(object_not_found(list.back()));
    const bool machine = list.back().type == "VirtualMachine";
    if (auto may =
            call.require(list.back(), machine ? "VirtualMachine.Inventory.Move" : "Folder.Move");
        !may) {
      return may;
    }
  }
  TaskOrder order{"MoveIntoFolder_Task", "Folder.moveInto", folder,
                  world.inventory.get<Folder>(folder)->name(), false};
  const Ref task = call.simulator().tasks().start(
      call, std::move(order),
      [&world, folder, list = std::move(list)](TaskContext&) -> Outcome<TaskResult> {
        if (auto done = move_into_folder(world, folder, list); !done) return refuse(done.error());
        return TaskResult{};
      });
  response.returnval = wire(task, call.arena());
  return {};
}

}  // namespace

void register_folder_operations(World& world) {
  Operations& operations = world.simulator.operations();
  operations.on<_vim25__CreateFolder, _vim25__CreateFolderResponse>(
      {.receiver = "Folder", .privilege = "Folder.Create"},
      [&world](Call& call, const auto& request, auto& response) {
        return create_folder(world, call, request, response);
      });
  operations.on<_vim25__Rename_USCORETask, _vim25__Rename_USCORETaskResponse>(
      {.receiver = "ManagedEntity", .privilege = "System.View"},
      [&world](Call& call, const auto& request, auto& response) {
        return rename(world, call, request, response);
      });
  operations.on<_vim25__MoveIntoFolder_USCORETask, _vim25__MoveIntoFolder_USCORETaskResponse>(
      {.receiver = "Folder", .privilege = "System.View"},
      [&world](Call& call, const auto& request, auto& response) {
        return move(world, call, request, response);
      });
}

}  // namespace vtpmfs::simulator
