#include "vsphere/datastore/datastore_places.h"

#include <map>

#include "vsphere/datastore/inventory_paths.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

struct Datastore {
  std::string name;
  MoRef browser;
};

struct Found {
  explicit Found(const MoRef& root) : paths(root) {}

  InventoryPaths paths;
  std::map<MoRef, std::vector<MoRef>> datastores_of;  ///< by datacenter
  std::map<MoRef, Datastore> datastores;

  void add(const ObjectProperties& object) {
    const MoRef id = object.id();
    const auto name = object.text("name");
    if (!name || !*name) return;
    if (id.type == "Datastore") {
      const auto browser = object.reference("browser");
      if (browser && *browser) datastores[id] = Datastore{**name, **browser};
      return;
    }
    const auto parent = object.reference("parent");
    paths.add(id, **name, parent ? *parent : std::nullopt);
    if (id.type != "Datacenter") return;
    if (auto refs = object.references("datastore")) datastores_of[id] = std::move(*refs);
  }
};

PropertyQuery query_from(const MoRef& root) {
  PropertyQuery query;
  query.objects = {root};
  query.properties = {{"Folder", {"name", "parent"}},
                      {"Datacenter", {"name", "parent", "datastore"}},
                      {"Datastore", {"name", "browser"}}};
  // Starting at the root folder, only folders of datacenters are met: the other kinds of folders
  // hang on other properties of a datacenter than the one that is followed here.
  query.first = {"children"};
  query.steps = {{"children", "Folder", "childEntity", {"children", "datastores"}},
                 {"datastores", "Datacenter", "datastore", {}}};
  return query;
}

}  // namespace

Result<std::vector<DatastorePlace>> find_datastores(SoapCaller& caller, const Call& call) {
  const MoRef& root = caller.refs().root_folder;
  Found found(root);
  PropertyCollector collector(caller);
  const auto status = collector.retrieve(
      query_from(root), call, [&] { found = Found(root); },
      [&](const vim25__ObjectContent& content) { found.add(ObjectProperties(content)); });
  if (!status) return fail(status.error());
  std::vector<DatastorePlace> places;
  for (const auto& [datacenter, refs] : found.datastores_of) {
    const std::string path = found.paths.path(datacenter);
    if (path.empty()) continue;
    for (const MoRef& ref : refs) {
      const auto datastore = found.datastores.find(ref);
      if (datastore == found.datastores.end()) continue;
      places.push_back({ref, datastore->second.name, datacenter, path, datastore->second.browser});
    }
  }
  return places;
}

}  // namespace vtpmfs::vsphere
