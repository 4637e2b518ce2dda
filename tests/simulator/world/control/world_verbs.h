// What an administrator, a guest or a mishap does to the world: control verbs.
//
// A verb's "vm" is a reference's id (vm-1203), an inventory path (DC1/vm/Finance/pay01) or a name
// that only one machine has. Each takes the inventory's lock itself.
#pragma once

#include <memory>

namespace vtpmfs::simulator {

class World;
struct Fleet;

void register_machine_verbs(World& world, std::shared_ptr<Fleet> fleet);
/// Keys and key providers.
void register_key_verbs(World& world);
/// list-vms, vm, tpm-identity.
void register_list_verbs(World& world);
/// Hosts, datastores, files.
void register_place_verbs(World& world);
/// Folders, vApps, and where machines stand.
void register_tree_verbs(World& world);

}  // namespace vtpmfs::simulator
