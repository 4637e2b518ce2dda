#include "tests/simulator/world/fleet/machine_maker.h"

#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/sealing/key_bundle.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t first_day = 1704067200;  // 2024-01-01

/// A moment within about two years, and the same with the microseconds that vCenter gives.
std::int64_t moment(const std::string& seed, const char* label) {
  return first_day + static_cast<std::int64_t>(derive_number(seed, label, 700 * day));
}

std::string exact_moment(const std::string& seed, const char* label) {
  std::string micros = std::to_string(1000000 + derive_number(seed, label, 1000000));
  std::string text = time_text(moment(seed, label));
  text.insert(text.size() - 1, "." + micros.substr(1));
  return text;
}

}  // namespace

void MachineMaker::configure(MachineConfig& config, const Blueprint& blueprint,
                             const std::string& seed) {
  config.uuid = derive_uuid(seed, "bios-uuid");
  config.instance_uuid = derive_uuid(seed, "instance-uuid");
  config.create_date = exact_moment(seed, "created");
  config.change_version = exact_moment(seed, "changed");
  config.firmware = blueprint.efi ? "efi" : "bios";
  config.guest_id = blueprint.efi ? "windows2019srvNext_64Guest" : "ubuntu64Guest";
  config.alternate_guest_name = "";
  config.annotation = made_ % 3 == 0 ? "Owner: unit " + std::to_string(made_) + "\nTier: 2" : "";
  config.version = made_ % 5 == 4 ? "vmx-14" : "vmx-19";
  config.cpus = 2;
  config.cores_per_socket = made_ % 2 == 0 ? 1 : 2;
  config.memory_mb = 4096;
  config.cpu_hot_add = made_ % 2 == 0;
  config.is_template = blueprint.is_template;
  config.extra = {{"guestinfo.hostname", "host" + std::to_string(made_)},
                  {"tools.guest.desktop.autolock", "TRUE"},
                  {"RemoteDisplay.vnc.password", derive_uuid(seed, "vnc")}};
  if (blueprint.has_tpm) config.tpm = TpmConfig{derive_bytes(seed, "tpm", 32), std::nullopt};
}

void MachineMaker::encrypt(MachineConfig& config, const Blueprint& blueprint,
                           const std::string& seed) {
  Encryption encryption;
  encryption.key = blueprint.key.id.empty() ? keys_[made_ % keys_.size()] : blueprint.key;
  encryption.data_key = derive_bytes(seed, "data-key", 32);
  encryption.by_profile = !blueprint.has_tpm;
  const auto wrap = [&](const KeyRef& key, const char* salt) {
    const KeyProvider* provider = world_.keys.provider(key.provider);
    return wrap_data_key(key.provider, key.id, world_.keys.secret_in(provider->kms, key.id),
                         encryption.data_key, derive_bytes(seed, salt, 16));
  };
  std::vector<BundlePair> pairs = {wrap(encryption.key, "salt")};
  if (blueprint.two_pairs) pairs.push_back(wrap(keys_[(made_ + 1) % keys_.size()], "second"));
  encryption.bundle = write_bundle(pairs);
  config.encryption = std::move(encryption);
  config.profiles = {std::string(PolicyBook::built_in_encryption)};
}

void MachineMaker::write_files(VirtualMachine& vm, const Blueprint& blueprint,
                               const std::string& seed) {
  static const Content log = stored_bytes("Log for VMware ESX\n");
  static const Content snapshot_list = stored_bytes(".encoding = \"UTF-8\"\n");
  MachineConfig& config = vm.config;
  auto* datastore = world_.inventory.get<Datastore>(config.datastore);
  const std::string home = config.home();
  Directory& directory = datastore->files.make_directory(home);
  if (datastore->has_namespaces()) directory.friendly_name = vm.name();
  const std::int64_t written = moment(seed, "written");
  const std::string_view vmx = file_name_of(config.vmx);
  const std::string stem(vmx.substr(0, vmx.rfind('.')));
  datastore->files.put(config.vmx, File{FileType::config, stored_bytes(vmx_text(vm)), written});
  datastore->files.put(config.in_home(stem + ".vmsd"),
                       File{FileType::snapshot, snapshot_list, written});
  if (blueprint.has_run) {
    datastore->files.put(config.in_home("vmware.log"), File{FileType::log, log, written});
  }
  if (!blueprint.has_nvram) return;
  config.nvram = blueprint.nvram_name.empty() ? stem + ".nvram" : blueprint.nvram_name;
  NvramState state;
  if (config.tpm) state.tpm_identity = config.tpm->identity;
  state.generation = 1;
  datastore->files.put(
      config.nvram_path(),
      File{FileType::nvram, sealed_nvram(state, config.data_key(), World::nvram_size(config)),
           written});
}

VirtualMachine& MachineMaker::make(const Site& site, const Blueprint& blueprint) {
  const std::string seed = world_.seed + "/machine" + std::to_string(++made_);
  auto vm = std::make_shared<VirtualMachine>(
      world_.inventory.new_ref("VirtualMachine", "vm"), blueprint.name,
      blueprint.vapp.empty() ? blueprint.folder : Ref{}, world_.inventory, world_.endorsements);
  vm->vapp = blueprint.vapp;
  vm->host = blueprint.host.empty() ? site.host : blueprint.host;
  vm->pool = !blueprint.vapp.empty()   ? blueprint.vapp
             : !blueprint.pool.empty() ? blueprint.pool
                                       : site.drs_pool;
  if (blueprint.is_template) vm->pool = {};
  vm->has_run = blueprint.has_run;
  MachineConfig& config = vm->config;
  configure(config, blueprint, seed);
  config.datastore = blueprint.datastore.empty() ? site.datastore : blueprint.datastore;
  auto* datastore = world_.inventory.get<Datastore>(config.datastore);
  std::string stem = blueprint.file_stem.empty() ? blueprint.name : blueprint.file_stem;
  if (!is_plain_path(stem)) stem += "_";
  std::string home = datastore->has_namespaces()
                         ? datastore->namespace_name(derive_uuid(seed, "directory"))
                         : stem;
  for (int suffix = 1; datastore->files.directory(home) != nullptr; ++suffix) {
    home = stem + "_" + std::to_string(suffix);
  }
  // A vCenter calls a template's file .vmtx.
  config.vmx = home + "/" + stem + (blueprint.is_template ? ".vmtx" : ".vmx");
  if (blueprint.encrypted) encrypt(config, blueprint, seed);
  hardware_.outfit(config, blueprint.efi && made_ % 2 == 0);
  hardware_.add_disk(config, stem);
  hardware_.add_card(config, site, made_ % 4 == 3, seed);
  write_files(*vm, blueprint, seed);
  VirtualMachine& made = *vm;
  world_.add_machine(std::move(vm));
  return made;
}

}  // namespace vtpmfs::simulator
