#include "tests/simulator/world/control/verb_arguments.h"

#include <algorithm>

namespace vtpmfs::simulator {

tl::expected<VirtualMachine*, std::string> machine_of(const World& world, const std::string& name) {
  if (auto* vm = world.inventory.get<VirtualMachine>({"VirtualMachine", name})) return vm;
  VirtualMachine* found = nullptr;
  for (const Ref& ref : world.machines()) {
    auto* vm = world.inventory.get<VirtualMachine>(ref);
    if (vm->name() != name && world.path_of(ref) != name) continue;
    if (found != nullptr) return sorry("more than one machine is called '" + name + "'");
    found = vm;
  }
  if (found == nullptr) return sorry("no machine is called '" + name + "'");
  return found;
}

Entity* entity_at(const World& world, const std::string& path) {
  Ref at = world.root;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string name = path.substr(start, slash - start);
    const auto object = world.inventory.find(at);
    if (object == nullptr) return nullptr;
    std::vector<Ref> children;
    object->append_contents(children);
    const auto found = std::find_if(children.begin(), children.end(), [&](const Ref& ref) {
      const auto* entity = world.inventory.get<Entity>(ref);
      return entity != nullptr && entity->name() == name;
    });
    if (found == children.end()) return nullptr;
    at = *found;
    start = slash + 1;
  }
  return world.inventory.get<Entity>(at);
}

tl::expected<Datastore*, std::string> datastore_in(const World& world,
                                                   const nlohmann::json& request) {
  const std::string path = request.value("datacenter", "DC1");
  const std::string name = request.at("datastore").get<std::string>();
  const Datacenter* datacenter = world.datacenter_at(path);
  if (datacenter == nullptr) return sorry("no datacenter '" + path + "'");
  Datastore* datastore = world.datastore_named(*datacenter, name);
  if (datastore == nullptr) return sorry("no datastore '" + name + "' in " + path);
  return datastore;
}

}  // namespace vtpmfs::simulator
