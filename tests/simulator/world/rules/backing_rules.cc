#include "tests/simulator/world/rules/backing_rules.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "soapStub.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/machine/device_store.h"
#include "tests/simulator/world/rules/device_keys.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr LONG64 largest_disk_kb = 62LL << 30;  // 62 TB

template <std::size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& known, const std::string& value) {
  return std::find(known.begin(), known.end(), value) != known.end();
}

constexpr std::array<std::string_view, 6> disk_modes = {"persistent", "nonpersistent",
                                                        "undoable",   "independent_persistent",
                                                        "append",     "independent_nonpersistent"};
constexpr std::array<std::string_view, 3> address_types = {"manual", "generated", "assigned"};
constexpr std::array<std::string_view, 3> sharings = {"noSharing", "virtualSharing",
                                                      "physicalSharing"};

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool colon = i % 3 == 2;
    if (colon ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

Fault bad_backing(const char* text, std::size_t index) {
  return fault_of("InvalidDeviceBacking", text).with("deviceIndex", std::to_string(index));
}

bool reachable(const Draft& draft, const Ref& network) {
  const auto& networks = draft.owner->networks;
  return std::find(networks.begin(), networks.end(), network) != networks.end();
}

/// A standard network is named by reference or by name.
Outcome<void> check_standard(const World& world, const Draft& draft,
                             vim25__VirtualEthernetCardNetworkBackingInfo& backing,
                             std::size_t index) {
  for (const Ref& ref : draft.owner->networks) {
    const auto* network = world.inventory.get<Network>(ref);
    if (network == nullptr || ref.type != "Network") continue;
    const bool named =
        backing.network ? ref_of(*backing.network) == ref : network->name() == backing.deviceName;
    if (!named) continue;
    backing.network = wire(ref);
    backing.deviceName = network->name();
    return {};
  }
  return refuse(bad_backing("There is no such network.", index));
}

Outcome<void> check_network(const World& world, const Draft& draft, vim25__VirtualDevice& device,
                            std::size_t index) {
  if (auto* standard =
          dynamic_cast<vim25__VirtualEthernetCardNetworkBackingInfo*>(device.backing)) {
    return check_standard(world, draft, *standard, index);
  }
  if (const auto* port = dynamic_cast<vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo*>(
          device.backing)) {
    const Ref ref{"DistributedVirtualPortgroup", port->port.portgroupKey.value_or("")};
    const auto* network = world.inventory.get<Network>(ref);
    if (network != nullptr && network->switch_uuid == port->port.switchUuid &&
        reachable(draft, ref)) {
      return {};
    }
    return refuse(bad_backing("There is no such port group.", index));
  }
  if (const auto* opaque =
          dynamic_cast<vim25__VirtualEthernetCardOpaqueNetworkBackingInfo*>(device.backing)) {
    for (const Ref& ref : draft.owner->networks) {
      const auto* network = world.inventory.get<Network>(ref);
      if (network != nullptr && !network->opaque_id.empty() &&
          network->opaque_id == opaque->opaqueNetworkId) {
        return {};
      }
    }
    return refuse(bad_backing("There is no such opaque network.", index));
  }
  return refuse(bad_backing("A network card needs a network.", index));
}

void complete_card(World& world, vim25__VirtualEthernetCard& card) {
  if (card.macAddress && !card.macAddress->empty()) {
    if (!card.addressType) card.addressType = "manual";
    return;
  }
  const std::string bytes = hex(world.fresh_bytes("mac", 3));
  card.macAddress = "00:50:56:" + std::to_string(10 + bytes[0] % 6) + ":" + bytes.substr(2, 2) +
                    ":" + bytes.substr(4, 2);
  card.addressType = "assigned";
}

/// "[ds] dir/x.vmdk" or, for a new disk, "[ds]" or nothing: the server chooses.
Outcome<DatastorePath> disk_path(const Draft& draft, const Datastore& home, const std::string& name,
                                 std::size_t index, int key) {
  const auto path = name.empty() ? DatastorePath{home.name(), {}} : parse_datastore_path(name);
  if (!path) return refuse(bad_backing("The disk's file name is no datastore path.", index));
  if (!path->path.empty()) return *path;
  const std::string suffix = key > 2000 ? "_" + std::to_string(key - 2000) : std::string();
  const std::string vmx(file_name_of(draft.config.vmx));
  return DatastorePath{path->datastore,
                       draft.config.in_home(vmx.substr(0, vmx.rfind('.')) + suffix + ".vmdk")};
}

Outcome<void> check_disk(World& world, Draft& draft, const DeviceChange& change,
                         std::size_t index) {
  auto* disk = dynamic_cast<vim25__VirtualDisk*>(change.device);
  auto* backing = dynamic_cast<vim25__VirtualDeviceFileBackingInfo*>(disk->backing);
  if (backing == nullptr) return refuse(bad_backing("A disk needs a file.", index));
  const auto* flat = dynamic_cast<const vim25__VirtualDiskFlatVer2BackingInfo*>(backing);
  if (flat != nullptr && !is_one_of(disk_modes, flat->diskMode)) {
    return refuse(invalid_argument("diskMode"));
  }
  if (change.operation == DeviceChange::Operation::edit) return {};
  const auto* home = world.inventory.get<Datastore>(draft.config.datastore);
  const auto path = disk_path(draft, *home, backing->fileName, index, disk->key);
  if (!path) return refuse(path.error());
  const Datacenter* datacenter = world.datacenter_of(home->ref());
  Datastore* datastore =
      datacenter == nullptr ? nullptr : world.datastore_named(*datacenter, path->datastore);
  if (datastore == nullptr) {
    return refuse(bad_backing("There is no such datastore.", index));
  }
  const bool exists = datastore->files.find(path->path) != nullptr;
  if (!change.has_file_operation && !exists) return refuse(file_not_found(path->text()));
  if (change.has_file_operation && exists) {
    return refuse(
        fault_of("FileAlreadyExists", "The file exists already.").with("file", path->text()));
  }
  backing->fileName = path->text();
  backing->datastore = wire(datastore->ref());
  if (disk->capacityInKB < (change.has_file_operation ? 1 : 0) ||
      disk->capacityInKB > largest_disk_kb) {
    return refuse(invalid_argument("capacityInKB"));
  }
  disk->capacityInBytes = disk->capacityInKB * 1024;
  if (!change.has_file_operation) return {};
  const std::string extent = path->path.substr(0, path->path.size() - 5) + "-flat.vmdk";
  draft.files.push_back(
      {datastore->ref(), path->path,
       File{FileType::disk, stored_bytes("# Disk DescriptorFile\nversion=1\n"), now_in_seconds()}});
  // New disks are thin: they occupy a megabyte at first.
  draft.files.push_back(
      {datastore->ref(), extent, File{FileType::extent, opaque_extent(1 << 20), now_in_seconds()}});
  draft.space_needed += 1 << 20;
  return {};
}

}  // namespace

Outcome<void> check_backing(World& world, Draft& draft, const DeviceChange& change,
                            std::size_t index) {
  if (change.is_disk()) return check_disk(world, draft, change, index);
  if (const auto* bus = dynamic_cast<const vim25__VirtualSCSIController*>(change.device)) {
    if (!is_one_of(sharings, bus->sharedBus)) return refuse(invalid_argument("sharedBus"));
  }
  if (auto* card = dynamic_cast<vim25__VirtualEthernetCard*>(change.device)) {
    const std::string type = card->addressType.value_or("");
    if (!type.empty() && !is_one_of(address_types, folded(type))) {
      return refuse(invalid_argument("addressType"));
    }
    const std::string mac = card->macAddress.value_or("");
    if (!mac.empty() && !is_mac(mac)) return refuse(invalid_argument("macAddress"));
    if (auto good = check_network(world, draft, *card, index); !good) return good;
    complete_card(world, *card);
    return {};
  }
  if (dynamic_cast<vim25__VirtualCdrom*>(change.device) != nullptr) {
    const auto* iso = dynamic_cast<vim25__VirtualCdromIsoBackingInfo*>(change.device->backing);
    if (change.device->backing == nullptr) {
      return refuse(bad_backing("A CD-ROM drive needs a backing.", index));
    }
    if (iso != nullptr && !parse_datastore_path(iso->fileName)) {
      return refuse(bad_backing("The image is no datastore path.", index));
    }
  }
  return {};
}

void remove_disk_files(Draft& draft, const vim25__VirtualDevice& disk, const World& world) {
  const auto* backing = dynamic_cast<const vim25__VirtualDeviceFileBackingInfo*>(disk.backing);
  const auto path = backing == nullptr ? std::nullopt : parse_datastore_path(backing->fileName);
  if (!path || !backing->datastore) return;
  const Ref datastore = ref_of(*backing->datastore);
  if (world.inventory.get<Datastore>(datastore) == nullptr || path->path.size() < 5) return;
  draft.files.push_back({datastore, path->path, std::nullopt});
  draft.files.push_back(
      {datastore, path->path.substr(0, path->path.size() - 5) + "-flat.vmdk", std::nullopt});
}

}  // namespace vtpmfs::simulator
