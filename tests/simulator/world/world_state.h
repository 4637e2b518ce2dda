// All that the simulated vCenter knows besides its objects: keys, policies, devices, and ways to
// find an object's place.
//
// Everything in it is read under the inventory's lock held shared and changed under it held
// exclusively. One World lives as long as its Simulator (Simulator::keep()).
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/world/inventory/datastore.h"
#include "tests/simulator/world/inventory/entity.h"
#include "tests/simulator/world/keys/key_vault.h"
#include "tests/simulator/world/machine/virtual_machine.h"
#include "tests/simulator/world/policies/policy_book.h"
#include "tests/simulator/world/sealing/endorsement.h"

namespace vtpmfs::simulator {

class DeviceStore;
class Simulator;
class Switches;

class World {
 public:
  World(Simulator& simulator, const std::string& seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Simulator& simulator;
  Inventory& inventory;
  Switches& switches;
  const std::string seed;
  KeyVault keys;
  EndorsementOffice endorsements;
  Ref root;
  Ref search_index;
  Ref file_manager;
  Ref namespace_manager;
  Ref crypto_manager;
  Ref profile_manager;
  /// GETs of nvram files of running machines so far; for the switch "torn-reads".
  std::atomic<unsigned> running_nvram_reads{0};

  [[nodiscard]] DeviceStore& devices() { return *devices_; }

  /// The policies, with those for encryption as the switch "encryption-policies" says. Wants the
  /// inventory's lock held exclusively.
  [[nodiscard]] PolicyBook& current_policies();

  /// Takes a machine in: into its folder or vApp and its pool. Tells the inventory.
  void add_machine(std::shared_ptr<VirtualMachine> vm);
  /// Lets it go again; its files are the caller's.
  void remove_machine(VirtualMachine& vm);
  [[nodiscard]] const std::unordered_set<Ref>& machines() const { return machines_; }
  /// Takes any other entity in, and into its parent's children where that is a folder.
  void add_entity(std::shared_ptr<Entity> entity);

  /// The datacenter that holds the object; null above all datacenters.
  [[nodiscard]] Datacenter* datacenter_of(const Ref& object) const;
  /// Names from below the root folder down to the object, joined by '/', as dcPath has them.
  [[nodiscard]] std::string path_of(const Ref& object) const;
  /// The datacenter with this path; a slash in front does not matter.
  [[nodiscard]] Datacenter* datacenter_at(std::string_view path) const;
  [[nodiscard]] Datastore* datastore_named(const Datacenter& datacenter,
                                           std::string_view name) const;
  /// What stands in a folder under a name; names are compared without regard to case.
  [[nodiscard]] Ref child_named(const Folder& folder, std::string_view name) const;
  [[nodiscard]] VirtualMachine* machine_with_instance_uuid(std::string_view uuid) const;
  /// The machine whose home is this directory of the datastore.
  [[nodiscard]] VirtualMachine* machine_at_home(const Ref& datastore, std::string_view home) const;

  /// A fresh derived value for each call: uuids, identities, data keys of machines made later.
  [[nodiscard]] std::string fresh_bytes(std::string_view label, std::size_t size);
  [[nodiscard]] std::string fresh_uuid();

  /// The size that a new nvram file has.
  [[nodiscard]] static std::size_t nvram_size(const MachineConfig& config);

 private:
  std::unique_ptr<DeviceStore> devices_;
  PolicyBook policies_;
  std::unordered_set<Ref> machines_;
  unsigned fresh_ = 0;
};

/// Seconds since 1970.
std::int64_t now_in_seconds();
/// "2024-06-25T10:11:12Z"
std::string time_text(std::int64_t seconds);
/// ASCII letters made small: how names are compared.
std::string folded(std::string_view name);

}  // namespace vtpmfs::simulator
