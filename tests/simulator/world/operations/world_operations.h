// The SOAP operations and HTTP routes of the world. Each registers its own with the simulator;
// before Simulator::start() only.
#pragma once

namespace vtpmfs::simulator {

class World;

void register_machine_operations(World& world);
void register_folder_operations(World& world);
void register_search_operations(World& world);
void register_environment_operations(World& world);
void register_datastore_operations(World& world);
void register_crypto_operations(World& world);
void register_policy_operations(World& world);
void register_file_service(World& world);

}  // namespace vtpmfs::simulator
