// Interface. The live model of vCenter's inventory, as the tree shows it.
//
// One thread (cache/feed) applies updates; any thread reads. Readers never wait for the network.
// Names are made safe here, once: what a directory cannot carry is percent-escaped, over-long names
// are cut at a character and get `~` and the MoRef, children of one name in a folder all get `~`
// and the MoRef, an object without a name shows under its MoRef. Nothing that the server names can
// escape the tree.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/inventory_source.h"
#include "vsphere/moref.h"

namespace vtpmfs::cache {

using vsphere::MoRef;

enum class PlaceKind {
  root,
  datacenter_folder,  ///< a folder above datacenters
  datacenter,
  vm_folder,  ///< a VM folder, the datacenter's own vmFolder included
  vapp,
  vm,
};

/// One directory of the tree below <mount>/.
struct Place {
  MoRef id;
  PlaceKind kind = PlaceKind::root;
  std::string shown_name;  ///< the directory entry
  std::string raw_name;    ///< as the API gives it, escapes included
  MoRef parent;  ///< the place above; a datacenter's vmFolder has the datacenter as parent and
                 ///< shows as "vm"
};

/// Which VMs are shown.
enum class VmFilter { vtpm, encrypted, all };

/// What a change of the inventory means to the tree; told after the new state can be read.
struct InventoryChange {
  struct Name {
    MoRef parent;
    std::string shown_name;
  };
  std::vector<Name> names;         ///< entries that appeared, vanished or now mean something else
  std::vector<MoRef> directories;  ///< whose listing changed
  std::vector<MoRef> vms;          ///< whose configuration moved (changeVersion, key, states)
  std::vector<MoRef> gone_vms;     ///< that left the inventory
  /// A folder, vApp or datacenter came, went, was renamed or moved: inventory paths may be others.
  bool paths_moved = false;
  /// A VM has another key than before, or came with one.
  bool keys_moved = false;

  [[nodiscard]] bool empty() const {
    return names.empty() && directories.empty() && vms.empty() && gone_vms.empty() && !keys_moved;
  }
  /// Appends what came after.
  void merge(InventoryChange&& later);
};

/// A VM that is shown and has a key, with the names that by-key/ shows.
struct KeyedVm {
  MoRef vm;
  std::string provider, key;  ///< key_directory_name() of both
  std::string name;           ///< of its link; like shown_name(), and the only one of its key
  std::string path;           ///< of its directory below the mount, as shown: DC0/vm/Folder/VM
};

class Inventory {
 public:
  explicit Inventory(MoRef root, VmFilter filter);
  ~Inventory();

  // -- reading (any thread)
  /// False until the first complete update was applied.
  [[nodiscard]] bool complete() const;
  [[nodiscard]] std::optional<Place> place(const MoRef& id) const;
  /// Children as shown, sorted by shown name. Only VMs that the filter lets through; all folders.
  [[nodiscard]] std::vector<Place> children(const MoRef& directory) const;
  [[nodiscard]] std::optional<Place> child(const MoRef& directory,
                                           const std::string& shown_name) const;
  /// Also entities that the filter hides, by the API's exact name: is this name taken in that
  /// folder?
  [[nodiscard]] std::optional<MoRef> child_by_raw_name(const MoRef& directory,
                                                       const std::string& raw_name) const;
  /// Inventory path as govc writes it: /DC0/vm/Folder/VM, raw names.
  [[nodiscard]] std::string inventory_path(const MoRef& id) const;
  /// The datacenter above, empty where there is none.
  [[nodiscard]] std::optional<MoRef> datacenter_of(const MoRef& id) const;
  [[nodiscard]] std::optional<MoRef> vm_folder_of(const MoRef& datacenter) const;
  /// Every VM that is shown.
  [[nodiscard]] std::vector<MoRef> shown_vms() const;
  /// Those of them that have a key, sorted by provider, key and name.
  [[nodiscard]] std::vector<KeyedVm> keyed_vms() const;
  /// The feed's cheap property values of a VM, for status and comparisons.
  struct VmFacts {
    std::optional<std::string> change_version;
    std::optional<vsphere::CryptoKeyId> key_id;
    std::optional<bool> tpm_present;
    std::optional<bool> has_tpm;  ///< what set_has_tpm() said last
    bool is_template = false;
    std::string connection_state, crypto_state, power_state;
  };
  [[nodiscard]] std::optional<VmFacts> vm_facts(const MoRef& vm) const;
  /// All VMs known, hidden ones too: the details reader decides with the device list whether a VM
  /// has a vTPM.
  [[nodiscard]] std::vector<MoRef> all_vms() const;

  /// Whether the filter may let this VM through, so that its details are worth reading: all but
  /// those that surely are hidden.
  [[nodiscard]] bool wants_details(const MoRef& vm) const;
  /// VMs whose place in the tree cannot be told (their parent is unknown, unreadable, or in a
  /// circle), hidden ones too: for status, since nobody can see them in the tree.
  [[nodiscard]] std::vector<MoRef> unplaced_vms() const;

  // -- writing (one thread at a time)
  /// An inventory that begins anew has ended without any datacenter, though some are known: what is
  /// known stays, until such an end has come several times.
  [[nodiscard]] bool doubtful() const;
  /// From now on no VM is shown before set_has_tpm() named it: so that a new VM appears with its
  /// files, and not before them.
  void wait_for_details();
  /// Applies one batch. The change is collected over batches and told when the update is complete.
  InventoryChange apply(const vsphere::InventoryUpdate& update);
  /// What the device list says: a server may leave tpmPresent unset. Shows or hides the VM.
  InventoryChange set_has_tpm(const std::vector<std::pair<MoRef, bool>>& vms);

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

/// A name as a directory can carry it (see the head of this file); `id` is used where the name
/// alone will not do.
std::string shown_name(const std::string& raw_name, const MoRef& id);

/// A key's or provider's id as a directory can carry it: `/`, `%` and control characters are
/// percent-escaped, and so is the first dot of `.` and `..`; what is over 255 bytes then is cut at
/// a character and gets `~` and 32 digits of the id's SHA-256. Two ids never have one name.
std::string key_directory_name(const std::string& raw);

}  // namespace vtpmfs::cache
