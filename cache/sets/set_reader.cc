#include "cache/sets/set_reader.h"

#include <algorithm>
#include <cerrno>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <utility>

#include "cache/saved/config_file.h"
#include "cache/sets/shortfall.h"

namespace vtpmfs::cache {
namespace {

constexpr size_t kPage = 250;
/// Calls that one reading may spend on finding out which VM of a page is refused.
constexpr unsigned kSplits = 64;

/// All that is known of a VM whose details were refused.
vsphere::VmDetail unreadable_detail(const vsphere::MoRef& vm, const Error& error) {
  vsphere::VmDetail detail;
  detail.vm = vm;
  detail.unreadable.push_back({"config", error});
  detail.unreadable.push_back({"layoutEx", error});
  return detail;
}

/// A config.json that loses a line, and has it back later, would be two changes for nothing.
void keep_what_is_pending(OriginOfVm& of, const SetVersion& former) {
  const auto& text = former.text(FileRole::config);
  if (!text || (!of.policy_pending && !of.provider_pending)) return;
  const auto config = parse_config(*text);
  if (!config || !config->origin) return;
  const SavedOrigin& known = *config->origin;
  if (of.policy_pending) {
    of.origin.policy_id = known.policy_id;
    of.origin.policy_name = known.policy_name;
  }
  if (of.provider_pending) {
    of.origin.provider_management = known.provider_management;
    of.origin.provider_own_key_id = known.provider_own_key_id;
    of.origin.provider_has_backup = known.provider_has_backup;
    of.origin.provider_tpm_required = known.provider_tpm_required;
  }
}

}  // namespace

SetReader::SetReader(vsphere::VmSource& source, const Inventory& inventory, NvramListings& listings,
                     SetBuilder builder, VmFilter filter, FormerVersion former, OriginHook hook)
    : source_(source),
      inventory_(inventory),
      listings_(listings),
      builder_(builder),
      filter_(filter),
      former_(std::move(former)),
      hook_(std::move(hook)) {}

ReadSets SetReader::read(const std::vector<vsphere::MoRef>& vms, const vsphere::Call& call,
                         const std::set<vsphere::MoRef>& unanswered) {
  const uint64_t sequence = next_sequence();
  const uint64_t fresh_after = listings_.stamp();
  unsigned splits_left = kSplits;
  ReadSets read;
  for (size_t start = 0; start < vms.size(); start += kPage) {
    const auto from = vms.begin() + static_cast<std::ptrdiff_t>(start);
    const auto to = vms.begin() + static_cast<std::ptrdiff_t>(std::min(vms.size(), start + kPage));
    const Status some =
        read_some({from, to}, unanswered, sequence, fresh_after, splits_left, read, call);
    if (!some) {
      read.stopped = some.error();
      read.unread.assign(from, vms.end());
      break;
    }
  }
  return read;
}

Result<std::map<vsphere::MoRef, std::string>> SetReader::change_versions(
    const std::vector<vsphere::MoRef>& vms, const vsphere::Call& call) {
  // Shared: the other thread may still be in set_value() when this one goes.
  const auto answered =
      std::make_shared<std::promise<Result<std::map<vsphere::MoRef, std::string>>>>();
  auto answer = answered->get_future();
  source_.read_change_versions(
      vms, call, [answered](auto versions) { answered->set_value(std::move(versions)); });
  return answer.get();
}

Status SetReader::read_some(const std::vector<vsphere::MoRef>& page,
                            const std::set<vsphere::MoRef>& unanswered_before, uint64_t sequence,
                            uint64_t fresh_after, unsigned& splits_left, ReadSets& read,
                            const vsphere::Call& call) {
  auto details = read_details(page, splits_left, call);
  if (!details) return fail(std::move(details.error()));
  if (Status again = read_mismatched_again(details->found, splits_left, call); !again) {
    return again;
  }
  std::unordered_set<vsphere::MoRef> unanswered(page.begin(), page.end());
  for (const vsphere::VmDetail& detail : details->found) unanswered.erase(detail.vm);
  for (const auto& [vm, error] : details->failed) unanswered.erase(vm);
  std::vector<vsphere::MoRef> missed;
  for (const vsphere::MoRef& vm : unanswered) {
    if (unanswered_before.count(vm) == 0) {
      missed.push_back(vm);
    } else {
      details->failed.emplace_back(vm, Error{Errno{EIO}, "vCenter gives no answer for this VM"});
    }
  }
  for (const auto& [vm, error] : details->failed) {
    details->found.push_back(unreadable_detail(vm, error));
  }

  std::vector<const vsphere::VmDetail*> shown;
  for (const vsphere::VmDetail& detail : details->found) {
    if (has_tpm(detail) || filter_ != VmFilter::vtpm) shown.push_back(&detail);
  }
  std::vector<NvramPlace> places;
  if (Status listed = list_nvrams(shown, places, fresh_after, call); !listed) return listed;

  // Nothing fails from here on: what this page says is said once.
  std::vector<OriginOfVm> origins = origins_of(shown, call);
  for (size_t i = 0; i < shown.size(); ++i) {
    read.versions.push_back(
        version_of(std::move(origins[i]), has_tpm(*shown[i]), sequence, std::move(places[i])));
  }
  for (const vsphere::VmDetail& detail : details->found) {
    read.has_tpm.emplace_back(detail.vm, has_tpm(detail));
  }
  read.gone.insert(read.gone.end(), missed.begin(), missed.end());
  for (const auto& [vm, error] : details->failed) read.failed.push_back(vm);
  return {};
}

Result<SetReader::Details> SetReader::read_details(const std::vector<vsphere::MoRef>& page,
                                                   unsigned& splits_left,
                                                   const vsphere::Call& call) {
  Details details;
  std::vector<std::vector<vsphere::MoRef>> parts{page};
  while (!parts.empty()) {
    const std::vector<vsphere::MoRef> part = std::move(parts.back());
    parts.pop_back();
    auto found = source_.read_details(part, call);
    if (found) {
      std::move(found->begin(), found->end(), std::back_inserter(details.found));
      continue;
    }
    if (is_of_connection(found.error())) return fail(std::move(found.error()));
    if (part.size() == 1 || splits_left < 2) {
      for (const vsphere::MoRef& vm : part) details.failed.emplace_back(vm, found.error());
      continue;
    }
    splits_left -= 2;
    const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    parts.emplace_back(part.begin(), middle);
    parts.emplace_back(middle, part.end());
  }
  // Where not one VM of many can be read, and no fault says why, it is not the VMs: a proxy's error
  // page, or something that is no vCenter at the moment.
  const bool none_has_fault =
      std::all_of(details.failed.begin(), details.failed.end(),
                  [](const auto& one) { return one.second.fault == nullptr; });
  if (details.failed.size() > 1 && details.failed.size() == page.size() && none_has_fault) {
    return fail(details.failed.front().second);
  }
  return details;
}

Status SetReader::read_mismatched_again(std::vector<vsphere::VmDetail>& details,
                                        unsigned& splits_left, const vsphere::Call& call) {
  std::vector<vsphere::MoRef> mismatched;
  for (const vsphere::VmDetail& detail : details) {
    if (bundle_is_for_other_keys(detail)) mismatched.push_back(detail.vm);
  }
  if (mismatched.empty()) return {};
  auto again = read_details(mismatched, splits_left, call);
  if (!again) return fail(std::move(again.error()));
  std::map<vsphere::MoRef, vsphere::VmDetail> by_vm;
  for (vsphere::VmDetail& detail : again->found) by_vm.emplace(detail.vm, std::move(detail));
  for (vsphere::VmDetail& detail : details) {
    const auto found = by_vm.find(detail.vm);
    if (found != by_vm.end()) detail = std::move(found->second);
  }
  return {};
}

bool SetReader::has_tpm(const vsphere::VmDetail& detail) const {
  if (detail.vtpm) return true;
  const auto facts = inventory_.vm_facts(detail.vm);
  if (!device_list_unknown(detail)) return detail.tpm_present.value_or(false);
  // What was known stays; what nobody knows is shown, as incomplete.
  if (facts && facts->has_tpm) return *facts->has_tpm;
  if (detail.tpm_present) return *detail.tpm_present;
  return !facts || facts->tpm_present.value_or(true);
}

NvramPlace SetReader::place_of(const vsphere::VmDetail& detail) const {
  NvramPlace place;
  if (!detail.vm_path_name) return place;
  const auto vmx = vsphere::DatastorePath::parse(*detail.vm_path_name);
  if (!vmx) return place;
  place.datastore =
      listings_.place(vmx->datastore, inventory_.datacenter_of(detail.vm), detail.datastores);
  place.directory = vmx->directory();
  const auto path =
      vsphere::nvram_path(*detail.vm_path_name, detail.nvram_extra_config, detail.nvram_layout);
  if (path && *path) place.path = (*path)->path;
  return place;
}

Status SetReader::list_nvrams(const std::vector<const vsphere::VmDetail*>& details,
                              std::vector<NvramPlace>& places, uint64_t fresh_after,
                              const vsphere::Call& call) {
  const auto find_places = [&] {
    places.clear();
    bool all_found = true;
    for (const vsphere::VmDetail* detail : details) {
      places.push_back(place_of(*detail));
      all_found = all_found && (places.back().datastore || !detail->vm_path_name);
    }
    return all_found;
  };
  // A datastore that is not known may be new.
  if (!find_places()) {
    if (Status read = listings_.read_places(call); !read && is_of_connection(read.error())) {
      return read;
    }
    find_places();
  }
  std::map<vsphere::MoRef, NvramListings::Wanted> by_datastore;
  for (const NvramPlace& place : places) {
    if (!place.datastore) continue;
    NvramListings::Wanted& wanted = by_datastore[place.datastore->datastore];
    if (!wanted.place) wanted.place = place.datastore;
    wanted.directories.insert(place.directory);
  }
  std::vector<NvramListings::Wanted> all;
  all.reserve(by_datastore.size());
  for (auto& [id, wanted] : by_datastore) all.push_back(std::move(wanted));
  return listings_.list(all, fresh_after, call);
}

std::vector<OriginOfVm> SetReader::origins_of(const std::vector<const vsphere::VmDetail*>& details,
                                              const vsphere::Call& call) const {
  std::vector<OriginOfVm> origins;
  origins.reserve(details.size());
  for (const vsphere::VmDetail* detail : details) {
    SavedOrigin origin;
    origin.vcenter_instance_uuid = source_.server().instance_uuid;
    origin.vcenter_name = source_.server().name;
    // Of a locked VM the inventory may know the key and the details do not.
    origin.key = detail->key_id;
    const auto facts = inventory_.vm_facts(detail->vm);
    if (!origin.key && facts) origin.key = facts->key_id;
    origins.push_back({*detail, std::move(origin)});
  }
  if (hook_) hook_(origins, call);
  return origins;
}

VersionPtr SetReader::version_of(OriginOfVm of, bool tpm, uint64_t sequence,
                                 NvramPlace place) const {
  const vsphere::VmDetail& detail = of.detail;
  VersionPtr former = former_(detail.vm);
  if (former) keep_what_is_pending(of, *former);
  NvramFound nvram = listings_.find(place);
  return builder_.build(BuildInput{detail, std::move(of.origin),
                                   of.policy_pending || of.provider_pending,
                                   inventory_.inventory_path(detail.vm), tpm, sequence,
                                   std::move(place), std::move(nvram), std::move(former)});
}

}  // namespace vtpmfs::cache
