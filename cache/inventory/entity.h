// One object of the inventory, as the model keeps it. Private to cache/inventory.
//
// There may be 100,000 VMs that nobody looks at: an entity and what hangs on it stay well below
// 1 KiB.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/inventory.h"
#include "cache/inventory/kept_values.h"

namespace vtpmfs::cache {

/// What the feed says about an entity.
struct EntityFacts {
  std::string raw_name;
  KeptValue<MoRef> parent;
  KeptValue<MoRef> parent_vapp;
  std::optional<std::string> change_version;
  /// Null: none. Shared by copies; most VMs have none.
  std::shared_ptr<const vsphere::CryptoKeyId> key_id;
  std::optional<bool> tpm_present;
  KeptValue<std::string> connection_state, crypto_state, power_state;
  bool is_template = false;
  bool key_unreadable = false;

  bool operator==(const EntityFacts& other) const;
  /// The directory above: the vApp where there is one, else the folder.
  [[nodiscard]] const MoRef& home() const { return parent_vapp->empty() ? *parent : *parent_vapp; }
};

/// What the facts of all entities share.
struct FactPool {
  KeptValues<MoRef> places;
  KeptValues<std::string> states;
};

struct Entity {
  EntityFacts facts;
  std::string shown_name;       ///< as published; of a listed entity only
  std::optional<bool> has_tpm;  ///< what the device list said
  PlaceKind kind = PlaceKind::vm;
  bool placed = false;  ///< reached from the root by descent (directories); published
  bool listed = false;  ///< stands in its directory's listing; published
  bool gone = false;    ///< left in this update; erased when it is published
  uint32_t epoch = 0;   ///< the restart in which it was last seen
  uint32_t slot = 0;    ///< its index among its home's children
};

using Entities = std::unordered_map<MoRef, Entity>;
/// Entities stay where they are in memory, so that a directory can point at them.
using EntityEntry = Entities::value_type;

/// The children of a directory; the directory itself may not have entered yet.
struct DirectoryChildren {
  std::vector<EntityEntry*> all;     ///< in no order; as known now
  std::vector<EntityEntry*> listed;  ///< sorted by shown name; as published
};

inline constexpr const char* kFolderType = "Folder";
inline constexpr const char* kDatacenterType = "Datacenter";
inline constexpr const char* kVappType = "VirtualApp";
inline constexpr const char* kVmType = "VirtualMachine";

}  // namespace vtpmfs::cache
