#include "tests/simulator/world/world_state.h"

#include <algorithm>
#include <ctime>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {

World::World(Simulator& host, const std::string& world_seed)
    : simulator(host),
      inventory(host.inventory()),
      switches(host.switches()),
      seed(world_seed),
      keys(world_seed),
      endorsements(world_seed),
      devices_(std::make_unique<DeviceStore>()) {}

World::~World() = default;

PolicyBook& World::current_policies() {
  if (policies_.all().empty()) policies_.fill();
  policies_.show(switches.get("encryption-policies"));
  return policies_;
}

void World::add_entity(std::shared_ptr<Entity> entity) {
  const Ref ref = entity->ref();
  const Ref parent = entity->parent();
  inventory.add(std::move(entity));
  if (auto* folder = inventory.get<Folder>(parent)) {
    folder->add_child(ref);
    inventory.changed(parent);
  }
}

void World::add_machine(std::shared_ptr<VirtualMachine> vm) {
  const Ref ref = vm->ref();
  const Ref parent = vm->parent();
  const Ref pool = vm->pool;
  machines_.insert(ref);
  inventory.add(std::move(vm));
  if (auto* folder = inventory.get<Folder>(parent)) {
    folder->add_child(ref);
    inventory.changed(parent);
  }
  if (auto* resources = inventory.get<ResourcePool>(pool)) {
    resources->vms.push_back(ref);
    inventory.changed(pool);
  }
}

void World::remove_machine(VirtualMachine& vm) {
  const Ref ref = vm.ref();
  if (auto* folder = inventory.get<Folder>(vm.parent())) {
    folder->remove_child(ref);
    inventory.changed(folder->ref());
  }
  if (auto* resources = inventory.get<ResourcePool>(vm.pool)) {
    resources->remove_vm(ref);
    inventory.changed(resources->ref());
  }
  machines_.erase(ref);
  inventory.remove(ref);
}

Datacenter* World::datacenter_of(const Ref& object) const {
  Ref at = object;
  while (!at.empty()) {
    if (auto* found = inventory.get<Datacenter>(at)) return found;
    const auto* entity = inventory.get<ManagedObject>(at);
    if (entity == nullptr) return nullptr;
    at = entity->container();
  }
  return nullptr;
}

std::string World::path_of(const Ref& object) const {
  std::string path;
  Ref at = object;
  while (!at.empty() && at != root) {
    const auto* entity = inventory.get<Entity>(at);
    if (entity == nullptr) break;
    path = path.empty() ? entity->name() : entity->name() + "/" + path;
    at = entity->container();
    // People look for a vApp in its folder, not in its resource pool.
    const auto* pool = dynamic_cast<const ResourcePool*>(entity);
    if (pool != nullptr && pool->is_vapp()) at = pool->parent_folder;
  }
  return path;
}

Datacenter* World::datacenter_at(std::string_view path) const {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  Ref at = root;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    const auto* folder = inventory.get<Folder>(at);
    if (folder == nullptr) return nullptr;
    const auto& children = folder->children();
    const auto found = std::find_if(children.begin(), children.end(), [&](const Ref& child) {
      const auto* entity = inventory.get<Entity>(child);
      return entity != nullptr && entity->name() == name;
    });
    if (found == children.end()) return nullptr;
    at = *found;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return inventory.get<Datacenter>(at);
}

Datastore* World::datastore_named(const Datacenter& datacenter, std::string_view name) const {
  for (const Ref& ref : datacenter.datastores) {
    auto* found = inventory.get<Datastore>(ref);
    if (found != nullptr && found->name() == name) return found;
  }
  return nullptr;
}

Ref World::child_named(const Folder& folder, std::string_view name) const {
  const std::string wanted = folded(name);
  for (const Ref& ref : folder.children()) {
    const auto* entity = inventory.get<Entity>(ref);
    if (entity != nullptr && entity->name().size() == name.size() &&
        folded(entity->name()) == wanted) {
      return ref;
    }
  }
  return {};
}

VirtualMachine* World::machine_with_instance_uuid(std::string_view uuid) const {
  for (const Ref& ref : machines_) {
    auto* vm = inventory.get<VirtualMachine>(ref);
    if (vm != nullptr && vm->config.instance_uuid == uuid) return vm;
  }
  return nullptr;
}

VirtualMachine* World::machine_at_home(const Ref& datastore, std::string_view home) const {
  for (const Ref& ref : machines_) {
    auto* vm = inventory.get<VirtualMachine>(ref);
    if (vm != nullptr && vm->config.datastore == datastore && vm->config.home() == home) return vm;
  }
  return nullptr;
}

std::string World::fresh_bytes(std::string_view label, std::size_t size) {
  return derive_bytes(seed, std::string(label) + std::to_string(++fresh_), size);
}

std::string World::fresh_uuid() {
  return derive_uuid(seed, "fresh" + std::to_string(++fresh_));
}

std::size_t World::nvram_size(const MachineConfig& config) {
  return config.firmware == "efi" ? efi_nvram_size : bios_nvram_size;
}

std::int64_t now_in_seconds() {
  return std::time(nullptr);
}

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

std::string folded(std::string_view name) {
  std::string small(name);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return small;
}

}  // namespace vtpmfs::simulator
