// SearchIndex: finding things by path, uuid, file or name. What the caller may not see is not
// found.
#include <algorithm>

#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

using Found = std::optional<vim25__ManagedObjectReference>;

/// The reference for the response, unless the caller may not look at the object.
Found visible(const Call& call, const Ref& ref) {
  if (ref.empty() || !call.require(ref, "System.View")) return std::nullopt;
  return wire(ref);
}

/// What FindChild and paths see below an object: a datacenter's folders, a folder's children, a
/// pool's pools and machines.
Ref child_of(const World& world, const Ref& parent, std::string_view name) {
  const auto object = world.inventory.find(parent);
  if (object == nullptr) return {};
  std::vector<Ref> children;
  object->append_contents(children);
  const auto found = std::find_if(children.begin(), children.end(), [&](const Ref& ref) {
    const auto* entity = world.inventory.get<Entity>(ref);
    return entity != nullptr && entity->name() == name;
  });
  return found == children.end() ? Ref{} : *found;
}

Ref at_path(const World& world, std::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  Ref at = world.root;
  while (!path.empty() && !at.empty()) {
    const std::size_t slash = path.find('/');
    at = child_of(world, at, path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return at;
}

bool is_in(const World& world, const VirtualMachine& vm, const Ref& datacenter) {
  if (datacenter.empty()) return true;
  const auto* holder = world.datacenter_of(vm.ref());
  return holder != nullptr && holder->ref() == datacenter;
}

/// The machines with that uuid, in the order of their references, so that the answer does not
/// change from call to call. A locked machine is found as well: the uuid is in the vCenter's own
/// database.
template <class Request>
std::vector<Ref> by_uuid(const World& world, const Call& call, const Request& request) {
  std::vector<Ref> found;
  if (!request.vmSearch) return found;
  const std::string uuid = folded(request.uuid);
  const Ref datacenter = request.datacenter ? ref_of(*request.datacenter) : Ref{};
  for (const Ref& ref : world.machines()) {
    const auto* vm = world.inventory.get<VirtualMachine>(ref);
    const std::string& own =
        request.instanceUuid.value_or(false) ? vm->config.instance_uuid : vm->config.uuid;
    if (own == uuid && is_in(world, *vm, datacenter) && visible(call, ref)) found.push_back(ref);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Outcome<Ref> by_datastore_path(const World& world, const _vim25__FindByDatastorePath& request) {
  const auto path = parse_datastore_path(request.path);
  if (!path) {
    return refuse(fault_of("InvalidDatastorePath", "Invalid datastore path.")
                      .with("datastorePath", request.path));
  }
  const auto* datacenter = world.inventory.get<Datacenter>(ref_of(request.datacenter));
  if (datacenter == nullptr) return refuse(object_not_found(ref_of(request.datacenter)));
  const auto* datastore = world.datastore_named(*datacenter, path->datastore);
  if (datastore == nullptr) {
    return refuse(
        fault_of("InvalidDatastore", "There is no such datastore.").with("name", path->datastore));
  }
  for (const Ref& ref : world.machines()) {
    const auto* vm = world.inventory.get<VirtualMachine>(ref);
    if (vm->config.datastore == datastore->ref() && vm->config.vmx == path->path) return ref;
  }
  return Ref{};
}

}  // namespace

void register_search_operations(World& world) {
  Operations& operations = world.simulator.operations();
  operations.on<_vim25__FindByInventoryPath, _vim25__FindByInventoryPathResponse>(
      {.receiver = "SearchIndex", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call& call, const _vim25__FindByInventoryPath& request,
               _vim25__FindByInventoryPathResponse& response) -> Outcome<void> {
        response.returnval = visible(call, at_path(world, request.inventoryPath));
        return {};
      });
  operations.on<_vim25__FindByUuid, _vim25__FindByUuidResponse>(
      {.receiver = "SearchIndex", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call& call, const _vim25__FindByUuid& request,
               _vim25__FindByUuidResponse& response) -> Outcome<void> {
        const auto found = by_uuid(world, call, request);
        if (!found.empty()) response.returnval = wire(found.front());
        return {};
      });
  operations.on<_vim25__FindAllByUuid, _vim25__FindAllByUuidResponse>(
      {.receiver = "SearchIndex", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call& call, const _vim25__FindAllByUuid& request,
               _vim25__FindAllByUuidResponse& response) -> Outcome<void> {
        for (const Ref& ref : by_uuid(world, call, request)) {
          response.returnval.push_back(wire(ref));
        }
        return {};
      });
  operations.on<_vim25__FindByDatastorePath, _vim25__FindByDatastorePathResponse>(
      {.receiver = "SearchIndex", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call& call, const _vim25__FindByDatastorePath& request,
               _vim25__FindByDatastorePathResponse& response) -> Outcome<void> {
        const auto found = by_datastore_path(world, request);
        if (!found) return refuse(found.error());
        response.returnval = visible(call, *found);
        return {};
      });
  operations.on<_vim25__FindChild, _vim25__FindChildResponse>(
      {.receiver = "SearchIndex", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call& call, const _vim25__FindChild& request,
               _vim25__FindChildResponse& response) -> Outcome<void> {
        const Ref parent = ref_of(request.entity);
        if (world.inventory.find(parent) == nullptr) return refuse(object_not_found(parent));
        response.returnval = visible(call, child_of(world, parent, request.name));
        return {};
      });
}

}  // namespace vtpmfs::simulator
