// The nvram file and extraConfig: what is left of a change when the machine itself is settled.
#include <algorithm>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/world/machine/config_values.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

/// A new machine's nvram file: there, not there, or under another name, as the switch says.
void make_nvram(World& world, Draft& draft) {
  MachineConfig& config = draft.config;
  const std::string habit = world.switches.get("nvram-after-create");
  if (habit == "absent") return;
  if (!is_file_name(config.nvram)) config.nvram.clear();
  const std::string usual = std::string(file_name_of(config.nvram_path()));
  if (habit == "other-name") {
    config.nvram = usual.substr(0, usual.rfind('.')) + "_1.nvram";
  } else {
    config.nvram = usual;
  }
  NvramState state;
  if (config.tpm) state.tpm_identity = config.tpm->identity;
  draft.files.push_back(
      {config.datastore, config.nvram_path(),
       File{FileType::nvram, sealed_nvram(state, config.data_key(), World::nvram_size(config)),
            now_in_seconds()}});
  draft.space_needed += static_cast<std::int64_t>(World::nvram_size(config));
}

}  // namespace

Outcome<void> apply_extra_config(World& world, Draft& draft, const MachineSpec& spec) {
  (void)world;
  for (const auto& [key, value] : spec.extra) {
    // The bundle is the encryption's business; the server's own keys are not for clients to set.
    if (key.empty() || key == "encryption.bundle" || is_internal_extra_key(key)) continue;
    // Any text will do, as in a .vmx file: what it may lead to is the reader's worry.
    if (key == "nvram") {
      draft.config.nvram = value;
      continue;
    }
    auto& extra = draft.config.extra;
    const auto found = std::find_if(extra.begin(), extra.end(), [name = &key](const auto& entry) {
      return entry.first == *name;
    });
    if (value.empty()) {
      if (found != extra.end()) extra.erase(found);
    } else if (found != extra.end()) {
      found->second = value;
    } else {
      extra.emplace_back(key, value);
    }
  }
  return {};
}

Outcome<void> apply_nvram(World& world, Draft& draft, const MachineSpec& spec) {
  (void)spec;
  if (draft.creating) {
    make_nvram(world, draft);
    return {};
  }
  const MachineConfig& before = draft.machine->config;
  MachineConfig& config = draft.config;
  const bool same_key = before.data_key() == config.data_key();
  if (same_key && before.tpm.has_value() == config.tpm.has_value()) return {};
  auto state = state_in_nvram(world.inventory, before);
  if (!state) return {};
  if (!config.tpm) {
    state->tpm_identity.clear();
  } else if (state->tpm_identity.empty()) {
    state->tpm_identity = config.tpm->identity;
  }
  ++state->generation;
  draft.files.push_back(
      {config.datastore, before.nvram_path(),
       File{FileType::nvram, sealed_nvram(*state, config.data_key(), World::nvram_size(config)),
            now_in_seconds()}});
  return {};
}

void apply_files(World& world, const std::vector<FileChange>& changes) {
  for (const FileChange& change : changes) {
    auto* datastore = world.inventory.get<Datastore>(change.datastore);
    if (datastore == nullptr) continue;
    if (change.file) {
      datastore->files.put(change.path, *change.file);
    } else {
      datastore->files.remove_file(change.path);
    }
    world.inventory.changed(datastore->ref());
  }
}

std::optional<NvramState> state_in_nvram(const Inventory& inventory, const MachineConfig& config) {
  const auto* datastore = inventory.get<Datastore>(config.datastore);
  if (datastore == nullptr) return std::nullopt;
  const File* file = datastore->files.find(config.nvram_path());
  if (file == nullptr) return std::nullopt;
  return open_nvram(file->content->bytes(), config.data_key());
}

}  // namespace vtpmfs::simulator
