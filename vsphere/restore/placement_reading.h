// From the objects of a datacenter to the choices that it offers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/datastore/inventory_paths.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

class ObjectProperties;

/// Collects the objects of a placement query. An object or property that may not be read is left
/// out: it offers nothing.
class PlacementReading {
 public:
  PlacementReading(const MoRef& root, MoRef datacenter);

  void add(const ObjectProperties& object);

  /// The distributed switches whose uuids are wanted for choices().
  [[nodiscard]] std::vector<MoRef> switches() const;
  [[nodiscard]] PlacementOptions choices(const std::map<MoRef, std::string>& switch_uuids) const;

 private:
  struct Compute {
    std::vector<MoRef> hosts;
    bool drs = false;
    std::optional<MoRef> environment;
  };
  struct Pool {
    MoRef id;
    MoRef owner;
  };
  struct Network {
    NetworkChoice choice;
    std::optional<MoRef> on_switch;
  };

  void add_host(const ObjectProperties& object, const std::string& name);
  void add_datastore(const ObjectProperties& object, const std::string& name);
  void add_network(const ObjectProperties& object, const std::string& name);

  MoRef datacenter_;
  InventoryPaths paths_;
  std::map<MoRef, Compute> computes_;
  std::vector<Pool> pools_;
  std::vector<HostChoice> hosts_;
  std::vector<DatastoreChoice> datastores_;
  std::map<MoRef, MoRef> pods_;  ///< of the datastores that lie in a datastore cluster
  std::vector<Network> networks_;
};

}  // namespace vtpmfs::vsphere
