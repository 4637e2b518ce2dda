// FileManager and DatastoreNamespaceManager: making directories, deleting files.
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/operations/datastore_search.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

struct Place {
  Datastore* datastore;
  DatastorePath path;
};

/// "[ds] path" in a datacenter, which a vCenter wants to be told.
Outcome<Place> find_place(const World& world, const std::string& name,
                          const std::optional<vim25__ManagedObjectReference>& datacenter) {
  const auto path = parse_datastore_path(name);
  if (!path) {
    return refuse(
        fault_of("InvalidDatastorePath", "Invalid datastore path.").with("datastorePath", name));
  }
  if (!datacenter) return refuse(invalid_argument("datacenter"));
  const Ref ref = ref_of(*datacenter);
  const auto* holder = world.inventory.get<Datacenter>(ref);
  if (holder == nullptr) return refuse(object_not_found(ref));
  Datastore* datastore = world.datastore_named(*holder, path->datastore);
  if (datastore == nullptr) {
    return refuse(
        fault_of("InvalidDatastore", "There is no such datastore.").with("name", path->datastore));
  }
  if (!datastore->accessible()) {
    return refuse(fault_of("InaccessibleDatastore", "The datastore cannot be reached.")
                      .with("datastore", datastore->ref())
                      .with("name", datastore->name()));
  }
  return Place{datastore, *path};
}

Outcome<void> make_directory(World& world, Call& call, const _vim25__MakeDirectory& request) {
  const auto place = find_place(world, request.name, request.datacenter);
  if (!place) return refuse(place.error());
  Datastore& datastore = *place->datastore;
  if (auto may = call.require(datastore.ref(), "Datastore.FileManagement"); !may) return may;
  const std::string& path = place->path.path;
  const std::string text = place->path.text();
  if (datastore.files.directory(path) != nullptr || datastore.files.find(path) != nullptr) {
    return refuse(fault_of("FileAlreadyExists", "The file exists already.").with("file", text));
  }
  const std::string parent(directory_of(path));
  const std::string top = path.substr(0, path.find('/'));
  if (datastore.has_namespaces() && datastore.files.directory(top) == nullptr) {
    return refuse(fault_of("CannotCreateFile", "The directory cannot be made.").with("file", text));
  }
  if (datastore.files.directory(parent) == nullptr &&
      !request.createParentDirectories.value_or(false)) {
    return refuse(file_not_found("[" + datastore.name() + "] " + parent));
  }
  datastore.files.make_directory(path);
  return {};
}

/// A running machine holds its files.
bool is_locked(const World& world, const Datastore& datastore, const std::string& path) {
  const auto* vm = world.machine_at_home(datastore.ref(), directory_of(path));
  return vm != nullptr && vm->power == Power::on;
}

Outcome<void> delete_file(World& world, const Ref& ref, const DatastorePath& path) {
  auto* datastore = world.inventory.get<Datastore>(ref);
  if (datastore == nullptr) return refuse(object_not_found(ref));
  if (is_locked(world, *datastore, path.path)) {
    return refuse(fault_of("FileLocked", "The file is locked.").with("file", path.text()));
  }
  if (!datastore->files.remove_file(path.path) && !datastore->files.remove_directory(path.path)) {
    return refuse(file_not_found(path.text()));
  }
  world.inventory.changed(ref);
  return {};
}

Outcome<void> start_delete(World& world, Call& call,
                           const _vim25__DeleteDatastoreFile_USCORETask& request,
                           _vim25__DeleteDatastoreFile_USCORETaskResponse& response) {
  const auto place = find_place(world, request.name, request.datacenter);
  if (!place) return refuse(place.error());
  const Ref ref = place->datastore->ref();
  if (auto may = call.require(ref, "Datastore.FileManagement"); !may) return may;
  TaskOrder order{"DeleteDatastoreFile_Task", "FileManager.deleteFile", ref,
                  place->datastore->name(), false};
  const Ref task = call.simulator().tasks().start(
      call, std::move(order),
      [&world, ref, path = place->path](TaskContext&) -> Outcome<TaskResult> {
        if (auto done = delete_file(world, ref, path); !done) return refuse(done.error());
        return TaskResult{};
      });
  response.returnval = wire(task, call.arena());
  return {};
}

Outcome<void> create_namespace(World& world, Call& call, const _vim25__CreateDirectory& request,
                               _vim25__CreateDirectoryResponse& response) {
  const Ref ref = ref_of(request.datastore);
  auto* datastore = world.inventory.get<Datastore>(ref);
  if (datastore == nullptr) return refuse(object_not_found(ref));
  if (auto may = call.require(ref, "Datastore.Config"); !may) return may;
  if (!datastore->has_namespaces()) {
    return refuse(fault_of("InvalidDatastore", "The datastore has no namespaces.")
                      .with("datastore", ref)
                      .with("name", datastore->name()));
  }
  const std::string name = request.displayName.value_or("");
  const std::string uuid = datastore->namespace_name(world.fresh_uuid());
  datastore->files.make_directory(uuid).friendly_name = name;
  const std::string url = datastore->url();
  response.returnval = call.arena().keep(url.substr(std::string_view("ds://").size()) + uuid);
  return {};
}

template <class Request, class Response>
void register_search(World& world, bool with_subfolders) {
  world.simulator.operations().on<Request, Response>(
      {.receiver = "HostDatastoreBrowser", .privilege = "Datastore.Browse"},
      [&world, with_subfolders](Call& call, const Request& request,
                                Response& response) -> Outcome<void> {
        auto search = read_search(world, ref_of(request._USCOREthis), request.datastorePath,
                                  request.searchSpec, with_subfolders);
        if (!search) return refuse(search.error());
        TaskOrder order{call.operation(), "DatastoreBrowser.search", search->datastore,
                        search->path.datastore, false};
        const Ref task = call.simulator().tasks().start(
            call, std::move(order),
            [&world, search = std::move(*search)](TaskContext&) -> Outcome<TaskResult> {
              return run_search(world, search);
            });
        response.returnval = wire(task, call.arena());
        return {};
      });
}

}  // namespace

void register_datastore_operations(World& world) {
  Operations& operations = world.simulator.operations();
  operations.on<_vim25__MakeDirectory, _vim25__MakeDirectoryResponse>(
      {.receiver = "FileManager", .privilege = "System.View"},
      [&world](Call& call, const _vim25__MakeDirectory& request, _vim25__MakeDirectoryResponse&) {
        return make_directory(world, call, request);
      });
  operations
      .on<_vim25__DeleteDatastoreFile_USCORETask, _vim25__DeleteDatastoreFile_USCORETaskResponse>(
          {.receiver = "FileManager", .privilege = "System.View"},
          [&world](Call& call, const auto& request, auto& response) {
            return start_delete(world, call, request, response);
          });
  operations.on<_vim25__CreateDirectory, _vim25__CreateDirectoryResponse>(
      {.receiver = "DatastoreNamespaceManager", .privilege = "System.View"},
      [&world](Call& call, const auto& request, auto& response) {
        return create_namespace(world, call, request, response);
      });
  register_search<_vim25__SearchDatastore_USCORETask, _vim25__SearchDatastore_USCORETaskResponse>(
      world, false);
  register_search<_vim25__SearchDatastoreSubFolders_USCORETask,
                  _vim25__SearchDatastoreSubFolders_USCORETaskResponse>(world, true);
}

}  // namespace vtpmfs::simulator
