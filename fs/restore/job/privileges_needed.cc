#include "fs/restore/job/privileges_needed.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace vtpmfs::fs {
namespace {

using vsphere::MoRef;

class Needs {
 public:
  void on(const MoRef& object, const std::string& where, const std::vector<const char*>& privileges,
          const std::string& without = "") {
    for (const char* privilege : privileges) list_.push_back({{object, privilege}, where, without});
  }
  [[nodiscard]] std::vector<PrivilegeNeed> take() { return std::move(list_); }

 private:
  std::vector<PrivilegeNeed> list_;
};

void add_folder(const PlannedRestore& planned, bool encrypted, Needs& needs) {
  const std::string where = "the folder " + planned.folder_path;
  needs.on(planned.folder, where,
           {"VirtualMachine.Inventory.Create", "VirtualMachine.Config.AdvancedConfig"});
  if (planned.vm.tpm != vsphere::TpmInSpec::none || !planned.vm.config.devices.empty())
    needs.on(planned.folder, where, {"VirtualMachine.Config.AddRemoveDevice"});
  if (encrypted) needs.on(planned.folder, where, {"Cryptographer.EncryptNew"});
  if (planned.makes_folders) needs.on(planned.folder, where, {"Folder.Create"});
  if (planned.marks_template)
    needs.on(planned.folder, where, {"VirtualMachine.Provisioning.MarkAsTemplate"});
  needs.on(planned.folder, where, {"VirtualMachine.Inventory.Delete"},
           "a restore that fails halfway cannot be taken away again");
  needs.on(planned.folder, where, {"VirtualMachine.Config.Annotation"},
           "the note that a restore is in progress may have to be taken off by hand");
  if (planned.sets_boot_order)
    needs.on(planned.folder, where, {"VirtualMachine.Config.Settings"},
             "the boot order, which names a network card, cannot be set");
  if (planned.vm.saved_tpm && !planned.vm.saved_tpm->certificates.empty())
    needs.on(planned.folder, where, {"VirtualMachine.Config.EditDevice"},
             "where the vCenter makes certificates of its own for the vTPM, the saved ones cannot "
             "be put back");
}

void add_datastore(const PlannedRestore& planned, Needs& needs) {
  const vsphere::DatastorePlace& place = planned.place.datastore.place;
  const std::string where = "the datastore '" + place.name + "'";
  needs.on(place.datastore, where, {"Datastore.AllocateSpace"});
  if (!planned.uploads_nvram) return;
  needs.on(place.datastore, where, {"Datastore.Browse", "Datastore.FileManagement"});
  // Not every vCenter asks for them there.
  needs.on(planned.datacenter, "the datacenter " + place.datacenter_path,
           {"Datastore.Browse", "Datastore.FileManagement"}, "nvram may be refused");
}

}  // namespace

std::vector<PrivilegeNeed> privileges_needed(const PlannedRestore& planned) {
  const bool encrypted = planned.vm.key.has_value() || planned.vm.tpm != vsphere::TpmInSpec::none;
  Needs needs;
  add_folder(planned, encrypted, needs);
  needs.on(planned.place.pool.pool, "the resource pool " + planned.place.pool.path,
           {"Resource.AssignVMToPool"});
  add_datastore(planned, needs);
  for (const auto& [key, network] : planned.vm.network_of_nic)
    needs.on(network.network, "the network '" + network.name + "'", {"Network.Assign"});
  const vsphere::HostChoice& host = planned.place.fits_on;
  if (encrypted && needs_encryption_mode(host))
    needs.on(host.host,
             "the host " + host.path + " (which is not in encryption mode and has to be put in it)",
             {"Cryptographer.RegisterHost"});
  if (planned.makes_policy)
    needs.on(MoRef{}, "the root folder (there is no encryption policy, so one has to be made)",
             {"StorageProfile.Update", "Cryptographer.ManageEncryptionPolicy"});
  return needs.take();
}

Status judge_privileges(const std::vector<PrivilegeNeed>& needs,
                        const std::vector<vsphere::PrivilegeOn>& missing,
                        std::vector<std::string>& warnings) {
  std::vector<std::pair<std::string, std::string>> lacking;  // where, and which
  for (const PrivilegeNeed& need : needs) {
    if (std::find(missing.begin(), missing.end(), need.on) == missing.end()) continue;
    if (!need.without.empty()) {
      warnings.push_back("the account lacks " + need.on.privilege + " on " + need.where + ": " +
                         need.without);
      continue;
    }
    const auto same = std::find_if(lacking.begin(), lacking.end(),
                                   [&](const auto& one) { return one.first == need.where; });
    if (same == lacking.end())
      lacking.emplace_back(need.where, need.on.privilege);
    else if (same->second.find(need.on.privilege) == std::string::npos)
      same->second += ", " + need.on.privilege;
  }
  if (lacking.empty()) return {};
  std::string words;
  for (const auto& [where, privileges] : lacking)
    words += (words.empty() ? "the account lacks " : "; ") + privileges + " on " + where;
  Error error{Errno{EACCES}, words};
  error.remedy =
      "give the account a role with these privileges on these objects, then sync this "
      "directory";
  return fail(error);
}

}  // namespace vtpmfs::fs
