// Interface. The inventory and its changes, as a stream.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/crypto_key.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

/// The properties that the feed carries; each is absent, unset, a value or unreadable.
enum class EntityProperty {
  name,         ///< string
  parent,       ///< MoRef: folder, or for a VM the VM folder
  parent_vapp,  ///< MoRef; a vCenter sets it instead of parent for a VM in a vApp, and for a vApp
                ///< parentFolder
  vm_folder,    ///< MoRef, of a datacenter
  is_template,  ///< bool, config.template / summary.config.template
  change_version,  ///< string, config.changeVersion
  key_id,          ///< CryptoKeyId, config.keyId
  tpm_present,     ///< bool, summary.config.tpmPresent (often absent: then the device list decides)
  connection_state,  ///< string
  crypto_state,      ///< string
  power_state,       ///< string
};

using EntityValue = std::variant<std::monostate /*unset*/, std::string, bool, MoRef, CryptoKeyId,
                                 Error /*unreadable*/>;

struct EntityChange {
  enum class Kind { enter, modify, leave };
  Kind kind = Kind::modify;
  MoRef id;
  std::vector<std::pair<EntityProperty, EntityValue>> values;
};

/// One batch of changes. Where `complete` is false more follows at once (WaitForUpdatesEx
/// truncated). Where `restarted` is true the model must be built anew from this batch on: the
/// session was lost, or the collector's version. What has not entered by the next complete batch
/// has gone.
struct InventoryUpdate {
  bool restarted = false;
  bool complete = true;
  std::vector<EntityChange> changes;
};

/// Folders, datacenters, vApps and VMs below the root folder, and nothing else (host, network and
/// datastore folders are left out by their childType or by never being reached from a vmFolder; the
/// model decides by descent). One caller at a time, from its own thread.
class InventorySource {
 public:
  virtual ~InventorySource() = default;
  /// Waits until something changed, at most `call.timeout`; an empty update after that time, which
  /// is complete unless more of a former one is to come. The first call returns the whole inventory
  /// (restarted = true), in as many batches as the server wants. EINTR when cancelled,
  /// EHOSTUNREACH/ETIMEDOUT when the server is away (call again: it recovers by itself, logs in
  /// anew, and starts with restarted = true), EACCES when the login is refused for good.
  virtual Result<InventoryUpdate> next(const Call& call) = 0;
  /// The next call of next() returns the whole inventory, as the first one did. Called by the
  /// thread that calls next(), and where the last batch was complete.
  virtual void begin_anew() = 0;
  /// The root folder's MoRef.
  [[nodiscard]] virtual MoRef root() const = 0;
};

}  // namespace vtpmfs::vsphere
