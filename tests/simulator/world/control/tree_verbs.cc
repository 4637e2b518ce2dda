// What an administrator does to the tree: folders, vApps, machines that go elsewhere.
#include "tests/simulator/control/verbs.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/control/verb_arguments.h"
#include "tests/simulator/world/control/world_verbs.h"
#include "tests/simulator/world/fleet/site.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/rules/names.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;

/// The machine that an argument names, or null with the words in `why`.
VirtualMachine* machine_in(World& world, const json& request, const char* name, std::string& why) {
  const auto vm = machine_of(world, request.at(name).get<std::string>());
  if (vm) return *vm;
  why = vm.error();
  return nullptr;
}

Folder* folder_in(World& world, const json& request, const char* name, std::string& why) {
  const auto path = request.at(name).get<std::string>();
  auto* folder = dynamic_cast<Folder*>(entity_at(world, path));
  if (folder == nullptr) why = "no folder '" + path + "'";
  return folder;
}

Answer create_folder(World& world, const json& request) {
  std::string why;
  const Folder* parent = folder_in(world, request, "folder", why);
  if (parent == nullptr) return sorry(why);
  const auto name = request.at("name").get<std::string>();
  if (auto free = check_name_free(world, *parent, name); !free) return answer_of(free);
  return json(make_vm_folder(world, parent->ref(), name).id);
}

Answer move_folder(World& world, const json& request) {
  std::string why;
  const Folder* folder = folder_in(world, request, "folder", why);
  const Folder* into = folder == nullptr ? nullptr : folder_in(world, request, "into", why);
  if (into == nullptr) return sorry(why);
  return answer_of(move_into_folder(world, into->ref(), {folder->ref()}));
}

Answer remove_folder(World& world, const json& request) {
  std::string why;
  const Folder* folder = folder_in(world, request, "folder", why);
  if (folder == nullptr) return sorry(why);
  return answer_of(destroy_folder(world, folder->ref()));
}

Answer unregister(World& world, const json& request) {
  std::string why;
  VirtualMachine* vm = machine_in(world, request, "vm", why);
  if (vm == nullptr) return sorry(why);
  if (vm->power != Power::off) return sorry("the machine runs");
  world.remove_machine(*vm);
  return json(true);
}

/// A change of `vm` that puts it where `beside` is.
template <class Change>
Answer with_one_beside(World& world, const json& request, Change change) {
  std::string why;
  VirtualMachine* vm = machine_in(world, request, "vm", why);
  const VirtualMachine* beside =
      vm == nullptr ? nullptr : machine_in(world, request, "beside", why);
  if (beside == nullptr) return sorry(why);
  return answer_of(change(*vm, *beside));
}

Answer mark_as_vm(World& world, const json& request) {
  return with_one_beside(world, request, [&](auto& vm, const auto& beside) {
    return mark_as_machine(world, vm, beside.pool);
  });
}

Answer put_into_vapp(World& world, const json& request) {
  return with_one_beside(world, request, [&](auto& vm, const auto& beside) {
    return move_into_vapp(world, vm, beside.vapp);
  });
}

Answer relocate(World& world, const json& request) {
  return with_one_beside(world, request, [&](auto& vm, const auto& beside) {
    return relocate_machine(world, vm,
                            {beside.parent(), beside.pool, beside.host, beside.config.datastore});
  });
}

}  // namespace

void register_tree_verbs(World& world) {
  Verbs& verbs = world.simulator.verbs();
  const auto add = [&](const char* name, const char* meaning, auto work) {
    verbs.add(name, meaning, [&world, work](const json& request) {
      const auto lock = world.inventory.write();
      return work(world, request);
    });
  };
  add("create-folder", "{folder, name}: a VM folder in a folder such as DC1/vm", create_folder);
  add("move-folder", "{folder, into}: both are paths", move_folder);
  add("remove-folder", "{folder}: with all that is in it", remove_folder);
  add("unregister-vm", "{vm}: its files stay", unregister);
  add("mark-as-vm", "{vm, beside}: a template becomes a machine in the pool of another",
      mark_as_vm);
  add("put-into-vapp", "{vm, beside}: into the vApp of another machine", put_into_vapp);
  add("relocate-vm",
      "{vm, beside}: to the folder, pool, host and datastore of another, also in "
      "another datacenter",
      relocate);
}

}  // namespace vtpmfs::simulator
