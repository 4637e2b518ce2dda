#include "vsphere/restore/nic_spec.h"

#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::vsphere {
namespace {

vim25__VirtualEthernetCard* make_card(const std::string& type, Arena& arena) {
  if (type == "VirtualVmxnet3") return arena.make<vim25__VirtualVmxnet3>();
  if (type == "VirtualE1000") return arena.make<vim25__VirtualE1000>();
  if (type == "VirtualE1000e") return arena.make<vim25__VirtualE1000e>();
  return nullptr;
}

vim25__VirtualDeviceBackingInfo* backing_on(const NetworkChoice& network, Arena& arena) {
  if (network.portgroup_key) {
    // Without its switch a port group cannot be named, and as a standard network it is none.
    if (!network.switch_uuid) return nullptr;
    auto* port = arena.make<vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo>();
    port->port.switchUuid = *network.switch_uuid;
    port->port.portgroupKey = *network.portgroup_key;
    return port;
  }
  if (network.opaque_id) {
    auto* opaque = arena.make<vim25__VirtualEthernetCardOpaqueNetworkBackingInfo>();
    opaque->opaqueNetworkId = *network.opaque_id;
    opaque->opaqueNetworkType = network.opaque_type.value_or("");
    return opaque;
  }
  auto* standard = arena.make<vim25__VirtualEthernetCardNetworkBackingInfo>();
  standard->deviceName = network.name;
  standard->network = to_soap(network.network);
  return standard;
}

}  // namespace

vim25__VirtualDevice* new_nic(const VmDevice& device, const NetworkChoice& network, bool connect,
                              Arena& arena) {
  vim25__VirtualEthernetCard* card = make_card(device.type, arena);
  if (card == nullptr) return nullptr;
  card->backing = backing_on(network, arena);
  card->connectable.emplace();
  card->connectable->startConnected =
      connect && !network.stand_in && device.start_connected.value_or(true);
  card->connectable->allowGuestControl = !network.stand_in;
  card->connectable->connected = false;
  const bool address_is_given =
      device.address_type == "manual" || device.address_type == "assigned";
  if (address_is_given && device.mac_address && !device.mac_address->empty()) {
    card->addressType = device.address_type;
    card->macAddress = device.mac_address;
  }
  card->wakeOnLanEnabled = device.wake_on_lan;
  return card;
}

}  // namespace vtpmfs::vsphere
