// The steps of a restore that come before the VM: checks, place, policy, folders.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "cache/saved/base64.h"
#include "cache/saved/certificates.h"
#include "cache/saved/plain_text.h"
#include "fs/restore/job/hardware_fit.h"
#include "fs/restore/job/new_vm.h"
#include "fs/restore/job/privileges_needed.h"
#include "fs/restore/job/refusal.h"
#include "fs/restore/job/restore_job.h"
#include "vsphere/datastore_path.h"

namespace vtpmfs::fs {
namespace {

constexpr const char* kOwnPolicyName = "vtpmfs encryption";
/// nvram, the vmx and a log; disks come later and are not our business.
constexpr uint64_t kRoomForAVm = 64ULL << 20;

/// " (a, b and 3 more)"; empty where there is none.
std::string names_of(const std::vector<std::string>& vms) {
  constexpr size_t kShown = 3;
  if (vms.empty()) return "";
  std::string names;
  for (size_t i = 0; i < std::min(vms.size(), kShown); ++i)
    names += (i == 0 ? "" : ", ") + cache::printable(vms[i]);
  if (vms.size() > kShown) names += " and " + std::to_string(vms.size() - kShown) + " more";
  return " (" + names + ")";
}

}  // namespace

void RestoreJob::warn_of_expired_certificates() {
  if (!set_.vtpm) return;
  const int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(surroundings_.now().time_since_epoch())
          .count();
  for (size_t i = 0; i < set_.vtpm->certificates.size(); ++i) {
    const auto der = cache::base64_decode(set_.vtpm->certificates[i]);
    const auto end = der ? cache::end_of_validity(*der) : std::nullopt;
    if (!end || *end >= now) continue;
    const std::time_t time = *end;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char date[16];
    std::strftime(date, sizeof date, "%Y-%m-%d", &parts);
    status_.warnings.push_back(
        "endorsement key certificate " + std::to_string(i + 1) + " of the vTPM expired on " + date +
        ": it is restored as it is; what attests by it may refuse the VM until it is renewed");
  }
}

Status RestoreJob::check() {
  report(RestoreStatus::State::checking, "looking for the folder and the name", 3);
  folder_ = request_.vm_folder;
  for (size_t i = 0; i < request_.folders.size(); ++i) {
    const auto child = surroundings_.target.find_child(folder_, request_.folders[i], call());
    if (!child) return fail(child.error());
    if (!*child) {
      missing_folders_.assign(request_.folders.begin() + static_cast<std::ptrdiff_t>(i),
                              request_.folders.end());
      break;
    }
    if ((*child)->type != "Folder")
      return refuse(
          EEXIST,
          "'" + request_.folders[i] +
              "' is there and is no VM folder (VMs are restored into folders, not into vApps)",
          "copy the set into another folder");
    folder_ = **child;
  }
  if (missing_folders_.empty()) {
    const auto taken = surroundings_.target.find_child(folder_, request_.vm_name, call());
    if (!taken) return fail(taken.error());
    if (*taken) return fail(EEXIST, "the name '" + request_.vm_name + "' is taken in that folder");
  }

  report(RestoreStatus::State::checking, "asking for the key", 5);
  if (!surroundings_.options.degraded) {
    auto needs = check_key(surroundings_.target, set_, call(), status_.warnings);
    if (!needs) return fail(needs.error());
    host_needs_ = std::move(*needs);
  }

  report(RestoreStatus::State::checking, "looking for a living original", 7);
  const std::optional<std::string> bios = set_.config ? set_.config->uuid : std::nullopt;
  const std::optional<std::string> instance =
      set_.origin ? set_.origin->instance_uuid : std::nullopt;
  for (const auto& [uuid, is_instance] : {std::pair{bios, false}, {instance, true}}) {
    if (!uuid || uuid->empty()) continue;
    const auto found = surroundings_.target.find_by_uuid(*uuid, is_instance, call());
    if (!found) return fail(found.error());
    living_original_ = living_original_ || !found->empty();
  }
  std::string twins;
  if (set_.vtpm && !surroundings_.options.degraded) {
    const auto found = surroundings_.target.vms_with_certificates(set_.vtpm->certificates, call());
    if (!found && found.error().code == Errno{EINTR}) return fail(found.error());
    if (!found)
      status_.warnings.push_back(
          "whether a VM with the same endorsement key lives here could not be seen: " +
          found.error().words);
    else
      twins = names_of(*found);
    living_original_ = living_original_ || !twins.empty();
  }
  if (living_original_)
    status_.warnings.push_back(
        "the original is alive in this vCenter" + twins +
        ": two VMs now have the same TPM identity and secrets; the new one gets a new uuid and new "
        "MAC addresses");
  return {};
}

Status RestoreJob::place() {
  report(RestoreStatus::State::checking, "choosing pool, host, datastore and networks", 9);
  auto offered = surroundings_.target.placement_options(request_.datacenter, call());
  if (!offered) return fail(offered.error());
  offered_ = std::move(*offered);
  std::optional<std::string> saved_datastore;
  // config.json's place counts only where it is a place of this very vCenter.
  if (set_.origin && set_.origin->vcenter_instance_uuid == surroundings_.server.instance_uuid &&
      set_.origin->vm_path_name)
    if (const auto path = vsphere::DatastorePath::parse(*set_.origin->vm_path_name))
      saved_datastore = path->datastore;
  auto chosen = choose_place(offered_, wanted_, saved_datastore, kRoomForAVm, host_needs_);
  if (!chosen) return fail(chosen.error());
  place_ = std::move(*chosen);
  if (auto networks = check_networks(offered_, *place_, wanted_.networks); !networks)
    return networks;

  report(RestoreStatus::State::checking, "choosing the storage policy", 11);
  auto policy = choose_policy(surroundings_.target, wanted_.policy, set_,
                              surroundings_.options.never_create_policy, call(), status_.warnings);
  if (!policy) return fail(policy.error());
  policy_ = *policy;
  return {};
}

/// What the VM will be, and what it will lack: known before anything is made.
Status RestoreJob::plan() {
  NewVmChoices choices;
  choices.name = request_.vm_name;
  choices.mark = record_.mark;
  choices.datastore = place_->datastore.place.name;
  choices.living_original = living_original_;
  choices.connect_nics = surroundings_.options.connect_nics;
  choices.degraded = surroundings_.options.degraded;
  choices.extra_config_globs = surroundings_.options.save_extra_config;
  if (set_.config)
    choices.networks =
        choose_networks(offered_, *place_, *set_.config, wanted_.networks, status_.warnings);
  planned_ = new_vm(set_, choices, status_.warnings);
  if (choices.degraded) {
    status_.warnings.emplace_back(
        "DEGRADED as asked for: new key, new vTPM; what the old vTPM sealed stays sealed");
    set_.key.reset();
    set_.bundle.reset();
    set_.has_nvram = false;
    if (set_.vtpm) set_.vtpm->certificates.clear();
  }
  for (const auto& [card, network] : planned_->network_of_nic) cards_.insert(card);
  return {};
}

Status RestoreJob::check_hardware() {
  report(RestoreStatus::State::checking, "asking what hardware can be had there", 12);
  const vsphere::HardwareQuestion asked = hardware_needed(*planned_, *place_);
  const vsphere::HardwareCheck answer = surroundings_.target.check_hardware(asked, call());
  if (interrupted_.cancelled()) return {};  // whoever takes the steps says so
  return judge_hardware(asked, answer, *place_, status_.warnings);
}

Status RestoreJob::check_privileges() {
  report(RestoreStatus::State::checking, "asking what the account may do", 12);
  const std::vector<std::string> existing(
      request_.folders.begin(),
      request_.folders.end() - static_cast<std::ptrdiff_t>(missing_folders_.size()));
  std::string folder_path = surroundings_.path(request_.vm_folder, existing, "");
  if (folder_path.size() > 1 && folder_path.back() == '/') folder_path.pop_back();
  const PlannedRestore planned{
      .folder = folder_,
      .folder_path = folder_path,
      .datacenter = request_.datacenter,
      .vm = *planned_,
      .place = *place_,
      .makes_folders = !missing_folders_.empty(),
      .makes_policy = policy_.make_one,
      .uploads_nvram = set_.has_nvram,
      .marks_template = record_.as_template,
      .sets_boot_order = set_.config && set_.config->boots_from_a_card() && !cards_.empty()};
  const std::vector<PrivilegeNeed> needs = privileges_needed(planned);
  std::vector<vsphere::PrivilegeOn> asked;
  asked.reserve(needs.size());
  for (const PrivilegeNeed& need : needs) asked.push_back(need.on);
  const auto missing = surroundings_.target.missing_privileges(asked, call());
  if (!missing && missing.error().code == Errno{EINTR}) return fail(missing.error());
  if (!missing) {
    // Who may not ask may still be allowed to do it.
    status_.warnings.push_back("whether the account may make this VM could not be asked: " +
                               missing.error().words);
    return {};
  }
  return judge_privileges(needs, *missing, status_.warnings);
}

Status RestoreJob::make_policy() {
  if (!policy_.make_one) return {};
  report(RestoreStatus::State::creating, "making an encryption policy", 13);
  if (auto recorded = write_down(RestoreRecord::State::begun); !recorded) return recorded;
  // Leaves the policy `vtpmfs encryption`, which is never removed: other VMs may use it by then.
  using Found = std::optional<vsphere::StoragePolicy>;
  const auto made = make_by_name<vsphere::StoragePolicy>(
      [this] { return surroundings_.target.create_encryption_policy(kOwnPolicyName, call()); },
      looks(kLooksForACall), interrupted_,
      [this]() -> Result<Found> {
        const auto now = surroundings_.target.encryption_policies(call());
        if (!now) return fail(now.error());
        for (const vsphere::StoragePolicy& policy : *now)
          if (policy.name == kOwnPolicyName) return policy;
        return Found();
      });
  if (!made) return fail(made.error());
  policy_.id = made->id;
  return {};
}

Status RestoreJob::make_folders() {
  if (!missing_folders_.empty())
    if (auto recorded = write_down(RestoreRecord::State::begun); !recorded) return recorded;
  for (const std::string& name : missing_folders_) {
    report(RestoreStatus::State::creating, "making the folder '" + name + "'", 15);
    // Leaves the folder, which is never removed: somebody may use it by then.
    const auto made = make_by_name<vsphere::MoRef>(
        [&] { return surroundings_.target.create_folder(folder_, name, call()); },
        looks(kLooksForACall), interrupted_,
        [&]() -> Result<std::optional<vsphere::MoRef>> {
          auto child = surroundings_.target.find_child(folder_, name, call());
          if (child && *child && (*child)->type != "Folder") child->reset();
          return child;
        });
    if (!made) return fail(made.error());
    record_.folders_made.push_back(*made);
    folder_ = *made;
  }
  return {};
}

}  // namespace vtpmfs::fs
