#include "tests/simulator/world/fleet/fleet.h"

#include "tests/simulator/world/fleet/machine_maker.h"
#include "tests/simulator/world/fleet/specials.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr int shared_keys = 16;

/// KMS, NKP1 and TrustedKP, and the fleet's keys in them.
std::vector<KeyRef> make_keys(World& world, const FleetOptions& options) {
  world.keys.add_provider("KMS", {});
  KeyProvider native;
  native.kind = ProviderKind::native;
  native.own_key = derive_uuid(options.kms_seed, "nkp-own-key");
  world.keys.add_provider("NKP1", native);
  KeyProvider trusted;
  trusted.kind = ProviderKind::trusted;
  world.keys.add_provider("TrustedKP", trusted);
  std::vector<KeyRef> keys;
  for (int i = 0; i < shared_keys; ++i) {
    keys.push_back({"KMS", derive_uuid(options.kms_seed, "key" + std::to_string(i))});
    world.keys.import(keys.back());
  }
  world.keys.import({"NKP1", base64(derive_bytes(options.kms_seed, "native-key", 96))});
  world.keys.import({"TrustedKP", derive_uuid(options.kms_seed, "trusted-key")});
  if (options.default_provider != "none") world.keys.set_default_provider(options.default_provider);
  return keys;
}

Ref make_datacenter_folders(World& world, const std::vector<std::string>& names) {
  Ref parent = world.root;
  for (const std::string& name : names) {
    parent = make_folder(world, parent, name, {"Folder", "Datacenter"}, "group-d");
  }
  return parent;
}

/// DC1 at the top, DC2 below folders, then DC3 and so on at the top again. With varied places two
/// more in folders: another DC1, and one with an awkward name.
std::vector<Site> make_sites(World& world, const FleetOptions& options) {
  const bool varied = options.varied_places;
  std::vector<Site> sites;
  for (int i = 1; i <= options.datacenters; ++i) {
    const Ref parent =
        i == 2 ? make_datacenter_folders(world, {"Europe", "Zürich & Umland"}) : world.root;
    sites.push_back(make_site(world, parent, "DC" + std::to_string(i), varied));
  }
  if (varied) {
    const Ref parent = make_datacenter_folders(world, {"Süd %2f Nord", "100%25 of + it"});
    for (const char* name : {"DC1", "Dätä %2f 2 & co"}) {
      sites.push_back(make_site(world, parent, name, varied));
    }
  }
  return sites;
}

/// The folders of a site that ordinary machines are spread over, from the top down.
std::vector<Ref> make_folders(World& world, const Site& site, int depth) {
  std::vector<Ref> folders = {site.vm_folder};
  const char* const names[] = {"Finance", "Payroll", "2024", "Archive"};
  Ref at = site.vm_folder;
  for (int level = 0; level < depth; ++level) {
    at = make_vm_folder(world, at, level < 4 ? names[level] : "level" + std::to_string(level));
    folders.push_back(at);
  }
  return folders;
}

std::string numbered(const char* name, int number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return name + digits;
}

}  // namespace

std::shared_ptr<Fleet> build_fleet(World& world, const FleetOptions& options) {
  world.root = {"Folder", "group-d1"};
  world.inventory.add(std::make_shared<Folder>(world.root, "Datacenters", Ref{},
                                               std::vector<std::string>{"Folder", "Datacenter"}));
  world.inventory.set_root(world.root);
  MachineMaker new_maker(world, make_keys(world, options));
  auto fleet = std::make_shared<Fleet>(Fleet{make_sites(world, options), std::move(new_maker)});
  const auto& sites = fleet->sites;
  MachineMaker& maker = fleet->maker;
  std::vector<std::vector<Ref>> folders;
  for (const Site& site : sites) folders.push_back(make_folders(world, site, options.folders));
  const auto make_spread = [&](int i, Blueprint blueprint) {
    const auto site = static_cast<std::size_t>(i) % sites.size();
    const auto& places = folders[site];
    blueprint.folder = places[static_cast<std::size_t>(i) / sites.size() % places.size()];
    maker.make(sites[site], blueprint);
  };
  for (int i = 0; i < options.vms; ++i) {
    Blueprint ordinary;
    ordinary.name = numbered("win", i + 1);
    make_spread(i, std::move(ordinary));
  }
  for (int i = 0; i < options.plain; ++i) {
    Blueprint plain;
    plain.name = numbered("lin", i + 1);
    plain.encrypted = false;
    plain.has_tpm = false;
    make_spread(i, std::move(plain));
  }
  if (options.specials) make_specials(world, sites.front(), maker, options.kms_seed);
  if (options.case_twins) {
    for (const char* name : {"twin", "Twin"}) {
      Blueprint blueprint;
      blueprint.name = name;
      blueprint.folder = sites.front().vm_folder;
      maker.make(sites.front(), blueprint);
    }
  }
  for (const Site& site : sites) world.inventory.get<Datastore>(site.dead)->set_accessible(false);
  return fleet;
}

}  // namespace vtpmfs::simulator
