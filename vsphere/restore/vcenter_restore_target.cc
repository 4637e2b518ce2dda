// RestoreTarget over one connection: hands each question to the part that knows how to ask it.
#include <array>
#include <cerrno>
#include <utility>

#include "vsphere/connection_parts.h"
#include "vsphere/encryption/key_manager.h"
#include "vsphere/file_service.h"
#include "vsphere/policy/policy_service.h"
#include "vsphere/restore/config_spec.h"
#include "vsphere/restore/device_spec.h"
#include "vsphere/restore/hardware_offers.h"
#include "vsphere/restore/living_tpms.h"
#include "vsphere/restore/placement.h"
#include "vsphere/restore/session_privileges.h"
#include "vsphere/restore/vm_changes.h"
#include "vsphere/restore/vm_file_search.h"
#include "vsphere/restore/vm_lookup.h"
#include "vsphere/restore_target.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap_caller.h"
#include "vsphere/vm/vm_property.h"
#include "vsphere/vm/vm_reader.h"

namespace vtpmfs::vsphere {
namespace {

/// What nobody may be in doubt about who is going to finish or destroy a VM.
constexpr std::array kIdentity{vm_property::kName,         vm_property::kInstanceUuid,
                               vm_property::kBundle,       vm_property::kDevices,
                               vm_property::kRootSnapshot, vm_property::kPowerState,
                               vm_property::kLayoutFiles};

class VCenterRestoreTarget : public RestoreTarget {
 public:
  VCenterRestoreTarget(SoapCaller& caller, FileService& files)
      : caller_(caller),
        files_(files),
        reader_(caller, {}),
        changes_(caller),
        keys_(caller),
        policies_(caller),
        living_tpms_(caller),
        hardware_(caller),
        privileges_(caller) {}

  Result<PlacementOptions> placement_options(const MoRef& datacenter, const Call& call) override {
    return read_placement_options(caller_, datacenter, call);
  }

  Result<std::optional<MoRef>> find_child(const MoRef& folder, const std::string& name,
                                          const Call& call) override {
    return find_child_of(caller_, folder, name, call);
  }

  Result<std::vector<MoRef>> find_by_uuid(const std::string& uuid, bool instance,
                                          const Call& call) override {
    return find_vms_by_uuid(caller_, uuid, instance, call);
  }

  Result<std::vector<std::string>> vms_with_certificates(
      const std::vector<std::string>& certificates, const Call& call) override {
    return living_tpms_.with_any_of(certificates, call);
  }

  Result<std::vector<std::string>> vm_files_in(const DatastorePlace& place,
                                               const std::string& directory,
                                               const Call& call) override {
    return find_vm_files(caller_, place, directory, call);
  }

  Result<VmIdentity> identify(const MoRef& vm, const Call& call) override {
    auto records = reader_.read({vm}, VmReadPlan::ExtraConfig::whole, call);
    if (!records) return fail(std::move(records.error()));
    if (records->empty()) return fail(ENOENT, "VM " + vm.value + " has gone");
    VmRecord& record = records->front();
    for (const std::string_view property : kIdentity) {
      if (const Error* why = record.detail.why_unreadable(property)) {
        return fail(Error{why->code,
                          std::string(property) + " of VM " + vm.value + ": " + why->words,
                          why->fault});
      }
    }
    VmIdentity identity;
    identity.parent = record.parent ? record.parent : record.parent_vapp;
    identity.marks = std::move(record.marks);
    identity.has_disk = record.may_hold_data;
    identity.files_listed = record.files_listed;
    identity.detail = std::move(record.detail);
    return identity;
  }

  Result<std::vector<KeyProvider>> key_providers(const Call& call) override {
    auto list = keys_.providers(call);
    if (!list) return fail(std::move(list.error()));
    // Absence from half a list proves nothing, and would stop a restore.
    if (!list->complete)
      return fail(EACCES, "the key providers that are shown here need not be all of them");
    return std::move(list->providers);
  }

  KeyCheck check_key(const CryptoKeyId& key, const std::vector<KeyProvider>* listed,
                     const Call& call) override {
    if (listed == nullptr) return keys_.check(key, call);
    return keys_.check(key, KeyProviderList{*listed, true}, call);
  }

  std::vector<std::string> providers_with_key(const std::string& key_id,
                                              const std::vector<KeyProvider>& providers,
                                              const Call& call) override {
    return keys_.providers_with(key_id, providers, call);
  }

  Result<std::optional<bool>> knows_vm_encryption(const Call& call) override {
    return policies_.knows_vm_encryption(call);
  }

  Result<std::vector<StoragePolicy>> encryption_policies(const Call& call) override {
    return policies_.encryption_policies(call);
  }

  Result<bool> has_storage_policy(const std::string& name_or_id, const Call& call) override {
    return policies_.has_policy(name_or_id, call);
  }

  HardwareCheck check_hardware(const HardwareQuestion& question, const Call& call) override {
    return hardware_.check(question, call);
  }

  Result<std::vector<PrivilegeOn>> missing_privileges(const std::vector<PrivilegeOn>& wanted,
                                                      const Call& call) override {
    return privileges_.missing(wanted, call);
  }

  Result<std::map<MoRef, std::string>> policies_of(const std::vector<MoRef>& vms,
                                                   const Call& call) override {
    return policies_.policies_of(vms, call);
  }

  Result<std::map<std::string, std::string>> policy_names(const std::vector<std::string>& ids,
                                                          const Call& call) override {
    return policies_.policy_names(ids, call);
  }

  Result<MoRef> create_folder(const MoRef& parent, const std::string& name,
                              const Call& call) override {
    return changes_.create_folder(parent, name, call);
  }

  Result<StoragePolicy> create_encryption_policy(const std::string& name,
                                                 const Call& call) override {
    return policies_.create_encryption_policy(name, call);
  }

  Result<MoRef> start_create_vm(const MoRef& folder, const MoRef& pool,
                                const std::optional<MoRef>& host, const NewVm& vm,
                                const Call& call) override {
    return changes_.start_create(folder, pool, host, vm, call);
  }

  Result<std::optional<MoRef>> wait_task(const MoRef& task, const TaskProgress& progress,
                                         const Call& call) override {
    return changes_.wait(task, progress, call);
  }

  Result<std::optional<MoRef>> wait_task_briefly(const MoRef& task, const Call& call) override {
    return changes_.wait_briefly(task, call);
  }

  Status cancel_task(const MoRef& task, const Call& call) override {
    return changes_.cancel(task, call);
  }

  Status add_tpm(const MoRef& vm, const VirtualTpm* saved, const Call& call) override {
    Arena arena;
    vim25__VirtualMachineConfigSpec spec;
    spec.deviceChange.push_back(device_change("add", vtpm_to_add(saved, arena)));
    return changes_.reconfigure(vm, spec, call);
  }

  Status set_key(const MoRef& vm, const CryptoKeyId& key,
                 const std::optional<std::string>& policy_id, const Call& call) override {
    Arena arena;
    vim25__VirtualMachineConfigSpec spec;
    if (policy_id) spec.vmProfile.push_back(with_policy(*policy_id, arena));
    spec.crypto = encrypt_with(key, arena);
    return changes_.reconfigure(vm, spec, call);
  }

  Status set_boot_options(const MoRef& vm, const VmConfig& config, const Call& call) override {
    Arena arena;
    vim25__VirtualMachineConfigSpec spec;
    spec.bootOptions = boot_options(config, arena);
    return changes_.reconfigure(vm, spec, call);
  }

  Status set_tpm_certificates(const MoRef& vm, const VirtualTpm& device,
                              const std::vector<std::string>& certificates,
                              const Call& call) override {
    Arena arena;
    // Requests for certificates are the server's: an unset list stays as it is.
    auto* edited = arena.make<vim25__VirtualTPM>();
    edited->key = device.key;
    // As other clients do it, which send the device as they read it (vcsim relies on that).
    edited->deviceInfo = arena.make<vim25__Description>();
    edited->deviceInfo->label = device.label.value_or("Virtual TPM");
    edited->deviceInfo->summary = device.summary.value_or("Trusted Platform Module");
    edited->controllerKey = device.controller_key;
    edited->unitNumber = device.unit_number;
    edited->endorsementKeyCertificate = certificates;
    vim25__VirtualMachineConfigSpec spec;
    spec.deviceChange.push_back(device_change("edit", edited));
    return changes_.reconfigure(vm, spec, call);
  }

  Status finish(const MoRef& vm, const std::vector<std::string>& mark_keys,
                const std::string& annotation, const Call& call) override {
    Arena arena;
    vim25__VirtualMachineConfigSpec spec;
    spec.annotation = annotation;
    // An entry with an empty value is removed.
    for (const std::string& key : mark_keys) {
      spec.extraConfig.push_back(extra_config_entry(key, "", arena));
    }
    return changes_.reconfigure(vm, spec, call);
  }

  Status mark_as_template(const MoRef& vm, const Call& call) override {
    return changes_.mark_as_template(vm, call);
  }

  Status upload(const DatastorePlace& place, const std::string& path, const std::string& bytes,
                const Call& call) override {
    return files_.put(place, path, bytes, call);
  }

  Result<std::string> download(const DatastorePlace& place, const std::string& path,
                               uint64_t max_bytes, const Call& call) override {
    return files_.fetch_and_wait(place, path, max_bytes, call);
  }

  Status destroy_vm(const MoRef& vm, const Call& call) override {
    return changes_.destroy(vm, call);
  }

 private:
  SoapCaller& caller_;
  FileService& files_;
  VmReader reader_;
  VmChanges changes_;
  KeyManager keys_;
  PolicyService policies_;
  LivingTpms living_tpms_;
  HardwareOffers hardware_;
  SessionPrivileges privileges_;
};

}  // namespace

std::unique_ptr<RestoreTarget> make_restore_target(SoapCaller& caller, FileService& files,
                                                   VmSource&, const PartSettings&) {
  return std::make_unique<VCenterRestoreTarget>(caller, files);
}

}  // namespace vtpmfs::vsphere
