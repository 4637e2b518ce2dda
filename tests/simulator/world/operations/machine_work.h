// The work behind the machine tasks, for tasks and for an admin's control verbs alike.
//
// Each wants the inventory's lock held exclusively, tells the inventory what changed, and either
// does all of it or nothing.
#pragma once

#include <string>

#include "tests/simulator/soap/fault.h"
#include "tests/simulator/world/rules/machine_spec.h"

namespace vtpmfs::simulator {

class VirtualMachine;
class World;

struct CreateOrder {
  Ref folder;
  Ref pool;
  Ref host;  ///< may be empty
  MachineSpec spec;
};

/// Makes a machine, powered off, with its directory and files.
Outcome<Ref> create_machine(World& world, const CreateOrder& order);
Outcome<void> reconfigure_machine(World& world, VirtualMachine& vm, const MachineSpec& spec);
/// Unregisters the machine and deletes its directory and the files of its disks, wherever they are.
Outcome<void> destroy_machine(World& world, VirtualMachine& vm);
/// Opens nvram with the bundle and the key, as a host does; the machine gets a new nvram file where
/// there is none, and does not start where the file does not open.
Outcome<void> power_on_machine(World& world, VirtualMachine& vm);
Outcome<void> power_off_machine(World& world, VirtualMachine& vm);
Outcome<void> rename_entity(World& world, const Ref& entity, const std::string& name);
Outcome<void> move_into_folder(World& world, const Ref& folder, const std::vector<Ref>& list);
/// Has the host of a locked machine look for the key again.
Outcome<void> unlock_machine(World& world, VirtualMachine& vm);
Outcome<void> mark_as_template(World& world, VirtualMachine& vm);
/// MarkAsVirtualMachine: a template is a machine again, in this pool.
Outcome<void> mark_as_machine(World& world, VirtualMachine& vm, const Ref& pool);
/// Takes the machine out of its folder and its vApp, into this vApp.
Outcome<void> move_into_vapp(World& world, VirtualMachine& vm, const Ref& vapp);
/// What a RelocateVM_Task to another datacenter does: folder, pool, host, datastore and files; the
/// reference stays.
struct NewHome {
  Ref folder;
  Ref pool;
  Ref host;
  Ref datastore;
};
Outcome<void> relocate_machine(World& world, VirtualMachine& vm, const NewHome& home);
/// Destroys what is below a folder, and the folder.
Outcome<void> destroy_folder(World& world, const Ref& folder);

/// Gives the machine a new changeVersion and tells the inventory.
void touch_machine(World& world, VirtualMachine& vm);

/// Text of a .vmx file; its contents are of no further use.
std::string vmx_text(const VirtualMachine& vm);

}  // namespace vtpmfs::simulator
