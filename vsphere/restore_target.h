// Interface. What a restore asks of vCenter. Every change that vtpmfs can make there is declared
// here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/crypto_key.h"
#include "vsphere/datastore_path.h"
#include "vsphere/vm_detail.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

/// What a key provider answers when it is asked for a key. Only `no` stops a restore.
struct KeyCheck {
  enum class Answer { yes, no, unknown };
  Answer answer = Answer::unknown;
  std::string words;  ///< why, for a person
};

struct KeyProvider {
  std::string id;
  std::string management;            ///< unknown, vCenter, trustAuthority, nativeProvider, or empty
  std::optional<bool> has_backup;    ///< native providers
  std::optional<bool> tpm_required;  ///< native providers
  std::optional<std::string> own_key_id;  ///< native providers
};

struct StoragePolicy {
  std::string id;
  std::string name;
  bool built_in = false;
};

/// A resource pool with what it runs on.
struct PoolChoice {
  MoRef pool;
  std::string path;  ///< inventory path, e.g. /DC0/host/C0/Resources
  MoRef owner;       ///< ComputeResource or ClusterComputeResource
  bool drs = false;  ///< no host needs to be named
  std::vector<MoRef> hosts;
  std::optional<MoRef> environment;  ///< EnvironmentBrowser of the owner
};

struct HostChoice {
  MoRef host;
  std::string name;
  std::string path;
  bool usable = false;  ///< connected, powered on, not in maintenance
  std::string
      crypto_state;  ///< runtime.cryptoState: incapable, prepared, safe, pendingIncapable or empty
  std::optional<bool> has_tpm;  ///< a TPM 2.0 of its own; empty where the host does not tell
};

struct DatastoreChoice {
  DatastorePlace place;
  std::string path;  ///< inventory path, e.g. /DC0/datastore/Tier/Pod/ds1; empty where not known
  std::string pod;   ///< that of its datastore cluster (StoragePod); empty without one
  uint64_t free_bytes = 0;
  bool accessible = false;
  bool maintenance = false;
  std::string type;
  std::vector<MoRef> hosts;  ///< that mount it read-write and reach it
};

struct NetworkChoice {
  MoRef network;
  std::string name;
  std::optional<std::string> portgroup_key;  ///< distributed port groups
  std::optional<std::string> switch_uuid;
  std::optional<std::string> opaque_id;
  std::optional<std::string> opaque_type;
  std::optional<std::vector<MoRef>> hosts;  ///< that have it, where that can be seen
  /// Only keeps a card whose own network is not here: it stays disconnected, whatever is asked for.
  bool stand_in = false;
  std::string path;  ///< inventory path, e.g. /DC0/network/Racks/VM Network; empty where not known
};

/// A privilege, by vCenter's id, on an object; without one on the root folder.
struct PrivilegeOn {
  MoRef object;
  std::string privilege;
  auto operator<=>(const PrivilegeOn&) const = default;
};

/// The hardware of a VM that is to be made somewhere.
struct HardwareQuestion {
  MoRef environment;          ///< EnvironmentBrowser
  std::optional<MoRef> host;  ///< the one that the VM will be made on; none: any of `hosts`
  std::vector<MoRef> hosts;   ///< of the pool
  std::optional<std::string> version;  ///< e.g. vmx-19; none: the server's default
  std::string guest_id;
  std::set<std::string> devices;  ///< vim25 types, e.g. VirtualVmxnet3
};

/// What a compute resource answers to it. Only `no` stops a restore.
struct HardwareCheck {
  enum class Answer { yes, no, unknown };
  Answer version = Answer::unknown;
  Answer guest = Answer::unknown;
  Answer devices = Answer::unknown;
  std::vector<std::string> unsupported;  ///< those of the devices that are not to be had there
  std::string newest_version;            ///< the newest that is; empty where not known
  std::string words;                     ///< why something is unknown, for a person
};

/// What a datacenter offers a new VM.
struct PlacementOptions {
  std::vector<PoolChoice> pools;
  std::vector<HostChoice> hosts;
  std::vector<DatastoreChoice> datastores;
  std::vector<NetworkChoice> networks;
};

/// The device of a new VM's spec, in the order of the three tries of a restore.
enum class TpmInSpec { saved, bare, none };

/// A VM to be made. Everything in it was chosen by us or comes from config.json's allow-list.
struct NewVm {
  std::string name;  ///< as the API wants it: %2f, %5c, %25 escapes
  VmConfig config;   ///< network names resolved already; devices filtered by the allow-list
  std::map<int, NetworkChoice>
      network_of_nic;  ///< by device key; a NIC without an entry is left out
  std::string instance_uuid;
  std::optional<CryptoKeyId> key;  ///< none: unencrypted VM (a VM saved with --vms=all)
  std::optional<std::string> bundle;
  std::string firmware;
  std::optional<std::string> policy_id;
  TpmInSpec tpm = TpmInSpec::saved;
  std::optional<VirtualTpm> saved_tpm;
  std::string datastore;  ///< vmPathName becomes "[datastore]"
  std::string annotation;
  std::vector<std::pair<std::string, std::string>>
      marks;  ///< extraConfig vtpmfs.*: the random mark
  bool connect_nics = false;
};

/// A VM as found when somebody wants to finish or destroy it.
struct VmIdentity {
  VmDetail detail;
  std::optional<MoRef> parent;
  std::map<std::string, std::string> marks;  ///< extraConfig vtpmfs.*
  bool has_disk = false;
  bool files_listed = false;  ///< else nothing is known of logs of a run
};

/// A task of vCenter: reference, and the percent as it goes.
using TaskProgress = std::function<void(int percent)>;

/// All calls block, so they are made from restore threads only; all are thread-safe. Where the
/// reply to a call that changes something is lost, the Error has maybe_done set and nothing is sent
/// again. Tasks are waited for without end unless cancelled: `call.timeout` bounds each request,
/// not the task. A read-only connection answers EROFS to every call that changes something, before
/// anything is sent.
class RestoreTarget {
 public:
  virtual ~RestoreTarget() = default;

  // -- looking
  virtual Result<PlacementOptions> placement_options(const MoRef& datacenter, const Call& call) = 0;
  /// The child of a folder by its exact (escaped) name; empty optional where there is none.
  virtual Result<std::optional<MoRef>> find_child(const MoRef& folder, const std::string& name,
                                                  const Call& call) = 0;
  /// Every VM anywhere in this vCenter with this BIOS uuid (instance = false) or instanceUuid.
  virtual Result<std::vector<MoRef>> find_by_uuid(const std::string& uuid, bool instance,
                                                  const Call& call) = 0;
  /// The names of VMs anywhere in this vCenter whose vTPM has one of these endorsement key
  /// certificates (base64 DER). May be up to half a minute old.
  virtual Result<std::vector<std::string>> vms_with_certificates(
      const std::vector<std::string>& certificates, const Call& call) = 0;
  /// The .vmx and .vmtx files in a directory of a datastore, registered or not; empty where it is
  /// not there.
  virtual Result<std::vector<std::string>> vm_files_in(const DatastorePlace& place,
                                                       const std::string& directory,
                                                       const Call& call) = 0;
  virtual Result<VmIdentity> identify(const MoRef& vm, const Call& call) = 0;
  /// The providers; fails with EACCES/EOPNOTSUPP where the list cannot be read (ListKmsClusters,
  /// else ListKmipServers, else the kmipServers property).
  virtual Result<std::vector<KeyProvider>> key_providers(const Call& call) = 0;
  /// `listed`: what key_providers() answered, or null where it failed: then they are asked for
  /// anew.
  virtual KeyCheck check_key(const CryptoKeyId& key, const std::vector<KeyProvider>* listed,
                             const Call& call) = 0;
  /// The names of those of `providers` whose key server has a key of this id. Empty also where
  /// nobody says.
  virtual std::vector<std::string> providers_with_key(const std::string& key_id,
                                                      const std::vector<KeyProvider>& providers,
                                                      const Call& call) = 0;
  /// Whether the server's PBM knows the vmwarevmcrypt namespace; unknown (empty) where it has no
  /// such method.
  virtual Result<std::optional<bool>> knows_vm_encryption(const Call& call) = 0;
  /// Encryption policies, in the direct and the indirect form (a reference to a data service
  /// component).
  virtual Result<std::vector<StoragePolicy>> encryption_policies(const Call& call) = 0;
  /// Whether some storage policy has this name or id, an encryption policy or not.
  virtual Result<bool> has_storage_policy(const std::string& name_or_id, const Call& call) = 0;
  /// Whether VMs of this hardware can be made there. A `yes` may be a minute old, a `no` is not.
  virtual HardwareCheck check_hardware(const HardwareQuestion& question, const Call& call) = 0;
  /// Those of `wanted` that this session does not have. Fails where the server does not say.
  virtual Result<std::vector<PrivilegeOn>> missing_privileges(
      const std::vector<PrivilegeOn>& wanted, const Call& call) = 0;
  /// The ids of the storage policies of these VMs' home directories, in one call for all of them
  /// (PbmQueryAssociatedProfiles; one page of VMs at most). A VM that has none, or that PBM does
  /// not know, is not in the answer. PBM may be down, old (MethodNotFound) or closed to the account
  /// (StorageProfile.View: EACCES).
  virtual Result<std::map<MoRef, std::string>> policies_of(const std::vector<MoRef>& vms,
                                                           const Call& call) = 0;
  /// The names of these policies, by id; ids that PBM does not know are left out.
  virtual Result<std::map<std::string, std::string>> policy_names(
      const std::vector<std::string>& ids, const Call& call) = 0;

  // -- making
  virtual Result<MoRef> create_folder(const MoRef& parent, const std::string& name,
                                      const Call& call) = 0;
  virtual Result<StoragePolicy> create_encryption_policy(const std::string& name,
                                                         const Call& call) = 0;
  /// Sends CreateVM_Task and returns the task at once.
  virtual Result<MoRef> start_create_vm(const MoRef& folder, const MoRef& pool,
                                        const std::optional<MoRef>& host, const NewVm& vm,
                                        const Call& call) = 0;
  /// Waits for a task; the result's MoRef where it has one. EINTR when cancelled (the task goes
  /// on).
  virtual Result<std::optional<MoRef>> wait_task(const MoRef& task, const TaskProgress& progress,
                                                 const Call& call) = 0;
  /// The same for at most call.timeout, for who cannot wait any longer: ETIMEDOUT with maybe_done.
  virtual Result<std::optional<MoRef>> wait_task_briefly(const MoRef& task, const Call& call) = 0;
  virtual Status cancel_task(const MoRef& task, const Call& call) = 0;
  virtual Status add_tpm(const MoRef& vm, const VirtualTpm* saved, const Call& call) = 0;
  virtual Status set_key(const MoRef& vm, const CryptoKeyId& key,
                         const std::optional<std::string>& policy_id, const Call& call) = 0;
  /// The boot options of this configuration, whose boot order has the VM's own device keys.
  virtual Status set_boot_options(const MoRef& vm, const VmConfig& config, const Call& call) = 0;
  /// One edit of the vTPM: puts these certificates in.
  virtual Status set_tpm_certificates(const MoRef& vm, const VirtualTpm& device,
                                      const std::vector<std::string>& certificates,
                                      const Call& call) = 0;
  /// Takes the marks (extraConfig keys) away and sets the final annotation, in one reconfigure.
  virtual Status finish(const MoRef& vm, const std::vector<std::string>& mark_keys,
                        const std::string& annotation, const Call& call) = 0;
  virtual Status mark_as_template(const MoRef& vm, const Call& call) = 0;
  /// PUT of a whole file; any 2xx. Not atomic at the server: read back what was written.
  virtual Status upload(const DatastorePlace& place, const std::string& path,
                        const std::string& bytes, const Call& call) = 0;
  /// The whole file, blocking. Errors as VmSource::fetch.
  virtual Result<std::string> download(const DatastorePlace& place, const std::string& path,
                                       uint64_t max_bytes, const Call& call) = 0;

  // -- destroying: one call site in fs/restore, which asserts the rules of "What may be destroyed"
  virtual Status destroy_vm(const MoRef& vm, const Call& call) = 0;
};

}  // namespace vtpmfs::vsphere
