// Where a new machine can go: which pool, host and datastore fit together.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulator/soap/fault.h"
#include "tests/simulator/world/rules/machine_spec.h"

namespace vtpmfs::simulator {

class ComputeResource;
class Datastore;
class Folder;
class HostSystem;
class World;

struct Placement {
  ComputeResource* owner = nullptr;
  HostSystem* host = nullptr;
  Datastore* datastore = nullptr;
  std::string home;  ///< the directory asked for; empty: the server chooses
  std::string vmx;   ///< the file name asked for; empty: the server chooses
};

/// The datastore that "[name] ..." means for machines in this folder; InvalidDatastorePath or
/// InvalidArgument where it means none.
Outcome<Datastore*> datastore_of_path(const World& world, const Ref& folder,
                                      const std::string& vm_path_name);

/// Checks that pool, host and datastore fit together, and chooses a host where DRS would. The spec
/// has a vmPathName.
Outcome<Placement> place_machine(const World& world, const Ref& folder, const Ref& pool,
                                 const Ref& host, const MachineSpec& spec);

/// NoDiskSpace where the datastore cannot take so many bytes more.
Outcome<void> check_space(const Datastore& datastore, std::int64_t bytes, const std::string& file);

/// Whether machines on this host may be made or powered on now.
Outcome<void> check_host(const HostSystem& host);

/// The directory for a new machine's home, made: what was asked for, or the machine's name with _1,
/// _2 where that is taken, or a uuid on vSAN. FileFault kinds where it cannot be made.
Outcome<std::string> make_home(World& world, Datastore& datastore, const Placement& placement,
                               const std::string& name);

}  // namespace vtpmfs::simulator
