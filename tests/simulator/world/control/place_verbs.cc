#include <algorithm>

#include "tests/simulator/control/verbs.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/control/verb_arguments.h"
#include "tests/simulator/world/control/world_verbs.h"
#include "tests/simulator/world/fleet/site.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;

/// Everything below changes with a host or a datastore that comes or goes.
void tell_machines(World& world) {
  for (const Ref& ref : world.machines()) world.inventory.changed(ref);
}

Answer set_host(World& world, const json& request) {
  const auto lock = world.inventory.write();
  const auto path = request.at("host").get<std::string>();
  Entity* entity = entity_at(world, path);
  auto* host = dynamic_cast<HostSystem*>(entity);
  if (host == nullptr) return sorry("no host '" + path + "' (DC1/host/Cluster1/...)");
  host->connection = request.value("connection", host->connection);
  host->maintenance = request.value("maintenance", host->maintenance);
  host->has_tpm = request.value("has_tpm", host->has_tpm);
  host->crypto_state = request.value("crypto_state", host->crypto_state);
  host->newest_hardware = request.value("newest_hardware", host->newest_hardware);
  host->lacks = request.value("lacks", host->lacks);
  world.inventory.changed(host->ref());
  tell_machines(world);
  return json(true);
}

Answer set_datastore(World& world, const json& request) {
  const auto lock = world.inventory.write();
  const auto datastore = datastore_in(world, request);
  if (!datastore) return sorry(datastore.error());
  Datastore& place = **datastore;
  place.set_accessible(request.value("accessible", place.accessible()));
  place.maintenance = request.value("maintenance", place.maintenance);
  if (request.contains("free")) {
    place.occupied = place.capacity - place.files.used() - request.at("free").get<std::int64_t>();
  }
  world.inventory.changed(place.ref());
  tell_machines(world);
  return json(true);
}

Answer rename_object(World& world, const json& request) {
  const auto lock = world.inventory.write();
  const auto path = request.at("path").get<std::string>();
  const Entity* entity = entity_at(world, path);
  if (entity == nullptr) return sorry("nothing at '" + path + "'");
  return answer_of(rename_entity(world, entity->ref(), request.at("name").get<std::string>()));
}

/// A standard network in a folder of its own, on the hosts that have `like`: so it may be called
/// as that one is.
Answer add_network(World& world, const json& request) {
  const auto lock = world.inventory.write();
  const auto path = request.at("like").get<std::string>();
  const auto* like = dynamic_cast<Network*>(entity_at(world, path));
  if (like == nullptr) return sorry("no network '" + path + "' (DC1/network/VM Network)");
  Datacenter* datacenter = world.datacenter_of(like->ref());
  const Ref folder = make_folder(world, datacenter->network_folder,
                                 request.at("folder").get<std::string>(), {"Network"}, "group-n");
  const auto network = std::make_shared<Network>(world.inventory.new_ref("Network", "network"),
                                                 request.at("name").get<std::string>(), folder);
  network->hosts = like->hosts;
  const Ref ref = network->ref();
  for (const Ref& on : network->hosts) {
    auto* host = world.inventory.get<HostSystem>(on);
    host->networks.push_back(ref);
    auto& all = world.inventory.get<ComputeResource>(host->parent())->networks;
    if (std::find(all.begin(), all.end(), ref) == all.end()) all.push_back(ref);
  }
  datacenter->networks.push_back(ref);
  world.add_entity(network);
  world.inventory.changed(datacenter->ref());
  return json(ref.id);
}

/// Whether a path is there, how large it is and its digest.
Answer stat_file(World& world, const json& request) {
  const auto lock = world.inventory.read();
  const auto datastore = datastore_in(world, request);
  if (!datastore) return sorry(datastore.error());
  const auto path = request.at("path").get<std::string>();
  const FileTree& files = (*datastore)->files;
  if (files.directory(path) != nullptr) return json{{"directory", true}};
  const File* file = files.find(path);
  if (file == nullptr) return json(nullptr);
  return json{{"size", file->content->size()},
              {"time", time_text(file->modified)},
              {"sha256", hex(sha256(file->content->bytes()))}};
}

Answer damage_file(World& world, const json& request) {
  const auto lock = world.inventory.write();
  const auto datastore = datastore_in(world, request);
  if (!datastore) return sorry(datastore.error());
  const auto path = request.at("path").get<std::string>();
  const File* file = (*datastore)->files.find(path);
  if (file == nullptr) return sorry("no such file");
  std::string bytes = file->content->bytes();
  const auto at = request.value("offset", bytes.size() / 2);
  if (at >= bytes.size()) return sorry("the file is shorter");
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  (*datastore)->files.put(path, File{file->type, stored_bytes(std::move(bytes)), file->modified});
  return json(true);
}

Answer delete_path(World& world, const json& request) {
  const auto lock = world.inventory.write();
  const auto datastore = datastore_in(world, request);
  if (!datastore) return sorry(datastore.error());
  const auto path = request.at("path").get<std::string>();
  FileTree& files = (*datastore)->files;
  const bool gone = files.remove_file(path) || files.remove_directory(path);
  if (!gone) return sorry("no such file");
  world.inventory.changed((*datastore)->ref());
  return json(true);
}

}  // namespace

void register_place_verbs(World& world) {
  Verbs& verbs = world.simulator.verbs();
  const auto add = [&](const char* name, const char* meaning, auto work) {
    verbs.add(name, meaning, [&world, work](const json& request) { return work(world, request); });
  };
  add("set-host",
      "{host: path, connection?, maintenance?, has_tpm?, crypto_state?, newest_hardware?: number, "
      "lacks?: [guest or device type]}",
      set_host);
  add("set-datastore", "{datacenter?, datastore, accessible?, maintenance?, free?}", set_datastore);
  add("add-network", "{like: path, folder, name}: another standard network in a new folder",
      add_network);
  add("rename", "{path, name}: any entity, such as DC1/vm/Finance", rename_object);
  add("stat-file", "{datacenter?, datastore, path}: null where it is not there", stat_file);
  add("damage-file", "{datacenter?, datastore, path, offset?}: one bit changes", damage_file);
  add("delete-file", "{datacenter?, datastore, path}", delete_path);
}

}  // namespace vtpmfs::simulator
