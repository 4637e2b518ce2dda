// A virtual machine of the simulated vCenter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/world/inventory/entity.h"
#include "tests/simulator/world/machine/machine_config.h"

namespace vtpmfs::simulator {

class Datastore;
class EndorsementOffice;
class Inventory;

struct Snapshot {
  Ref ref;
  std::string name;
  std::string created;
};

enum class Power { off, on, suspended };

/// Its configuration, where it runs and what it is doing. Locking as for all entities; the
/// endorsement office has a lock of its own, taken last.
class VirtualMachine final : public Entity {
 public:
  VirtualMachine(Ref ref, std::string name, Ref parent, const Inventory& inventory,
                 EndorsementOffice& endorsements)
      : Entity(std::move(ref), std::move(name), std::move(parent)),
        inventory_(inventory),
        endorsements_(endorsements) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  /// A vApp's machine has no parent: the way up goes through the vApp.
  [[nodiscard]] Ref container() const override { return vapp.empty() ? parent() : vapp; }

  /// The datastore of VM home; null when it is gone.
  [[nodiscard]] const Datastore* datastore() const;
  /// "[datastore1] win11-01/win11-01.vmx"
  [[nodiscard]] std::string path_name() const;
  [[nodiscard]] std::string connection_state() const;
  [[nodiscard]] EndorsementOffice& endorsements() const { return endorsements_; }
  [[nodiscard]] const Inventory& inventory() const { return inventory_; }

  MachineConfig config;
  Power power = Power::off;
  /// The hosts lack its key: nothing of its configuration can be read.
  bool locked = false;
  bool has_run = false;
  std::string boot_time;
  Ref host;
  Ref pool;  ///< unset for templates
  Ref vapp;
  std::vector<Snapshot> snapshots;
  /// The task that was started on it last.
  Ref last_task;
  /// What layoutEx says of nvram's size until RefreshStorageInfo.
  std::optional<std::int64_t> stale_nvram_size;

 private:
  const Inventory& inventory_;
  EndorsementOffice& endorsements_;
};

}  // namespace vtpmfs::simulator
