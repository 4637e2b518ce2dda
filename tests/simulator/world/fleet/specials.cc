#include "tests/simulator/world/fleet/specials.h"

#include "soapStub.h"
#include "tests/simulator/world/fleet/machine_maker.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

/// Names as the API gives them, each hard for someone on the way to a file.
const std::vector<std::string>& awkward_names() {
  static const std::vector<std::string> names = {
      "a%2fb",
      "back%5cslash",
      "100%25",
      "two  blanks",
      "trailing blank ",
      "quote\"and'tick",
      "ünï-日本語-ё",
      ".hidden",
      ".",
      "..",
      "star*quest?",
      "-rf",
      "semi;dollar$(x)`y`",
      "amp&plus+hash#eq=",
      "<xml>&amp;",
      "[ds] x",
      "keyId",
      "by-key",
      std::string(80, 'x'),
  };
  return names;
}

Blueprint in_folder(const Ref& folder, std::string name) {
  Blueprint blueprint;
  blueprint.name = std::move(name);
  blueprint.folder = folder;
  return blueprint;
}

void make_awkward(World& world, const Site& site, MachineMaker& maker) {
  const Ref folder = make_vm_folder(world, site.vm_folder, "Awkward %2f names");
  for (const std::string& name : awkward_names()) maker.make(site, in_folder(folder, name));
  // A line break only in the machine's name: its files are called otherwise.
  Blueprint broken = in_folder(folder, "line\nbreak");
  broken.file_stem = "line_break";
  maker.make(site, broken);
  maker.make(site, in_folder(folder, "Mixed Case"));
  const Ref inner = make_vm_folder(world, folder, "Deeper");
  maker.make(site, in_folder(inner, "MIXED CASE"));
  make_vm_folder(world, site.vm_folder, "Empty");
}

/// Machines without a vTPM, without encryption, or with BIOS firmware.
void make_plain(const Ref& folder, const Site& site, MachineMaker& maker) {
  Blueprint plain = in_folder(folder, "not-encrypted");
  plain.encrypted = false;
  plain.has_tpm = false;
  maker.make(site, plain);
  Blueprint no_tpm = in_folder(folder, "encrypted-without-tpm");
  no_tpm.has_tpm = false;
  maker.make(site, no_tpm);
  Blueprint bios = in_folder(folder, "bios");
  bios.encrypted = false;
  bios.has_tpm = false;
  bios.efi = false;
  maker.make(site, bios);
}

/// Machines in states in which something of them cannot be had.
void make_troubled(World& world, const Ref& folder, const Site& site, MachineMaker& maker) {
  maker.make(site, in_folder(folder, "locked")).locked = true;
  Blueprint fresh = in_folder(folder, "never-started");
  fresh.has_nvram = false;
  fresh.has_run = false;
  maker.make(site, fresh);
  Blueprint lost = in_folder(folder, "on-lost-host");
  lost.host = site.lost_host;
  maker.make(site, lost);
  Blueprint dead = in_folder(folder, "on-dead-datastore");
  dead.datastore = site.dead;
  maker.make(site, dead);
  VirtualMachine& running = maker.make(site, in_folder(folder, "running"));
  running.power = Power::on;
  running.boot_time = "2024-06-25T08:00:00.000001Z";
  VirtualMachine& snapped = maker.make(site, in_folder(folder, "with-snapshots"));
  for (const char* name : {"before update", "after update"}) {
    snapped.snapshots.push_back({world.inventory.new_ref("VirtualMachineSnapshot", "snapshot"),
                                 name, "2024-05-01T10:00:00Z"});
  }
}

void boot_from_network(World& world, MachineConfig& config) {
  auto* options = world.devices().arena().keep(*config.boot_options);
  options->bootOrder.clear();
  for (const auto* device : config.devices) {
    if (dynamic_cast<const vim25__VirtualEthernetCard*>(device) == nullptr) continue;
    auto* entry =
        world.devices().arena().make<vim25__VirtualMachineBootOptionsBootableEthernetDevice>();
    entry->deviceKey = device->key;
    options->bootOrder.push_back(entry);
  }
  config.boot_options = options;
}

/// Machines that are well, but placed, sealed or named otherwise than most.
void make_varied(World& world, const Ref& folder, const Site& site, MachineMaker& maker,
                 const std::string& kms_seed) {
  Blueprint vsan = in_folder(folder, "on-vsan");
  vsan.datastore = site.vsan;
  maker.make(site, vsan);
  Blueprint nfs = in_folder(folder, "on-nfs");
  nfs.datastore = site.nfs;
  maker.make(site, nfs);
  Blueprint moved = in_folder(folder, "renamed-nvram");
  moved.file_stem = "old name";
  moved.nvram_name = "old name_1.nvram";
  maker.make(site, moved);
  Blueprint native = in_folder(folder, "native-key");
  native.key = {"NKP1", base64(derive_bytes(kms_seed, "native-key", 96))};
  maker.make(site, native);
  Blueprint trusted = in_folder(folder, "trusted-key");
  trusted.key = {"TrustedKP", derive_uuid(kms_seed, "trusted-key")};
  maker.make(site, trusted);
  Blueprint pairs = in_folder(folder, "two-pairs");
  pairs.two_pairs = true;
  maker.make(site, pairs);
  Blueprint pooled = in_folder(folder, "in-sub-pool");
  pooled.pool = site.sub_pool;
  boot_from_network(world, maker.make(site, pooled).config);
}

void make_vapp(World& world, const Site& site, MachineMaker& maker) {
  const Ref ref = world.inventory.new_ref("VirtualApp", "resgroup-v");
  auto vapp = std::make_shared<ResourcePool>(ref, "web-app", site.drs_pool);
  auto* above = world.inventory.get<ResourcePool>(site.drs_pool);
  vapp->owner = above->owner;
  vapp->parent_folder = site.vm_folder;
  above->pools.push_back(ref);
  world.add_entity(std::move(vapp));
  world.inventory.get<Folder>(site.vm_folder)->add_child(ref);
  for (const char* name : {"app-web", "app-db"}) {
    Blueprint blueprint;
    blueprint.name = name;
    blueprint.vapp = ref;
    MachineConfig& config = maker.make(site, blueprint).config;
    // The database belongs to a solution that made it.
    if (blueprint.name == "app-db") {
      config.managed_by = "com.example.database";
      config.managed_by_type = "appliance";
    }
  }
}

}  // namespace

void make_specials(World& world, const Site& site, MachineMaker& maker,
                   const std::string& kms_seed) {
  make_awkward(world, site, maker);
  const Ref folder = make_vm_folder(world, site.vm_folder, "Special");
  make_plain(folder, site, maker);
  make_troubled(world, folder, site, maker);
  make_varied(world, folder, site, maker, kms_seed);
  make_vapp(world, site, maker);
  const Ref templates = make_vm_folder(world, site.vm_folder, "Templates");
  Blueprint golden = in_folder(templates, "golden image");
  golden.is_template = true;
  maker.make(site, golden);
}

}  // namespace vtpmfs::simulator
