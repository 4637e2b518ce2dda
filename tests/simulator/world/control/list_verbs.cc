#include <set>

#include "tests/simulator/control/verbs.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/control/verb_arguments.h"
#include "tests/simulator/world/control/world_verbs.h"
#include "tests/simulator/world/machine/config_values.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;

/// What a test wants to compare of a machine, before and after a restore. The digests are left out
/// where only a list is wanted.
json describe(const World& world, const VirtualMachine& vm, bool with_digests) {
  const MachineConfig& config = vm.config;
  json shown = {{"id", vm.ref().id},
                {"name", vm.name()},
                {"path", world.path_of(vm.ref())},
                {"vmx", vm.path_name()},
                {"host", world.path_of(vm.host)},
                {"pool", world.path_of(vm.pool)},
                {"uuid", config.uuid},
                {"instance_uuid", config.instance_uuid},
                {"change_version", config.change_version},
                {"annotation", config.annotation},
                {"firmware", config.firmware},
                {"version", config.version},
                {"guest_id", config.guest_id},
                {"power", vm.power == Power::on ? "on" : "off"},
                {"locked", vm.locked},
                {"template", config.is_template},
                {"has_run", vm.has_run},
                {"connection", vm.connection_state()},
                {"snapshots", vm.snapshots.size()},
                {"tpm", config.tpm.has_value()},
                {"profiles", config.profiles},
                {"devices", config.devices.size()}};
  shown["extra_config"] = json::object();
  for (const auto& [key, value] : config.extra) shown["extra_config"][key] = value;
  if (config.encryption) {
    shown["provider"] = config.encryption->key.provider;
    shown["key_id"] = config.encryption->key.id;
    shown["bundle_sha256"] = hex(sha256(config.encryption->bundle));
  }
  const Datastore* datastore = vm.datastore();
  const File* nvram = datastore == nullptr ? nullptr : datastore->files.find(config.nvram_path());
  if (nvram == nullptr) return shown;
  shown["nvram"] = config.nvram_path();
  shown["nvram_size"] = nvram->content->size();
  shown["nvram_time"] = time_text(nvram->modified);
  if (with_digests) shown["nvram_sha256"] = hex(sha256(nvram->content->bytes()));
  return shown;
}

/// The identity of the vTPM as the machine would have it when powered on, proven by opening the
/// nvram file with the data key.
Answer tpm_identity(const World& world, const VirtualMachine& vm) {
  if (!vm.config.tpm) return sorry("the machine has no vTPM");
  const Datastore* datastore = vm.datastore();
  if (datastore == nullptr || datastore->files.find(vm.config.nvram_path()) == nullptr) {
    return sorry("the machine has no nvram file");
  }
  const auto state = state_in_nvram(world.inventory, vm.config);
  if (!state) return sorry("the nvram file does not open with the machine's bundle and key");
  if (state->tpm_identity.empty()) return sorry("there is no vTPM in the nvram file");
  return json(hex(state->tpm_identity));
}

Answer list_machines(const World& world, const json& request) {
  const auto lock = world.inventory.read();
  const bool with_digests = request.value("digests", false);
  json list = json::array();
  const std::set<Ref> in_order(world.machines().begin(), world.machines().end());
  for (const Ref& ref : in_order) {
    list.push_back(describe(world, *world.inventory.get<VirtualMachine>(ref), with_digests));
  }
  return list;
}

}  // namespace

void register_list_verbs(World& world) {
  Verbs& verbs = world.simulator.verbs();
  verbs.add("list-vms", "{digests?}: all machines and their state",
            [&world](const json& request) { return list_machines(world, request); });
  verbs.add("vm", "{vm}: one machine and its state", [&world](const json& request) -> Answer {
    const auto lock = world.inventory.read();
    const auto vm = machine_of(world, request.at("vm").get<std::string>());
    if (!vm) return sorry(vm.error());
    return describe(world, **vm, true);
  });
  verbs.add("tpm-identity", "{vm}: whose vTPM it is, by what its nvram file holds",
            [&world](const json& request) -> Answer {
              const auto lock = world.inventory.read();
              const auto vm = machine_of(world, request.at("vm").get<std::string>());
              if (!vm) return sorry(vm.error());
              return tpm_identity(world, **vm);
            });
}

}  // namespace vtpmfs::simulator
