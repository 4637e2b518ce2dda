#include "tests/simulator/world/machine/virtual_machine.h"

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/world/inventory/datastore.h"

namespace vtpmfs::simulator {

const Datastore* VirtualMachine::datastore() const {
  return inventory_.get<Datastore>(config.datastore);
}

std::string VirtualMachine::path_name() const {
  const Datastore* place = datastore();
  return "[" + (place == nullptr ? std::string() : place->name()) + "] " + config.vmx;
}

std::string VirtualMachine::connection_state() const {
  if (locked) return "invalid";
  const HostSystem* runs_on = inventory_.get<HostSystem>(host);
  if (runs_on != nullptr && runs_on->connection != "connected") return "disconnected";
  const Datastore* place = datastore();
  return place != nullptr && place->accessible() ? "connected" : "inaccessible";
}

}  // namespace vtpmfs::simulator
