#include "fs/status/vm_events.h"

#include <spdlog/spdlog.h>

#include <cstring>

#include "fs/tree/vm_attributes.h"
#include "vsphere/logged_operation.h"

namespace vtpmfs::fs {

void VmEvents::tell(const cache::InventoryChange& change) {
  const std::lock_guard hold(mutex_);
  for (const vsphere::MoRef& vm : change.gone_vms) known_.erase(vm);
  for (const vsphere::MoRef& vm : change.vms) look_at(vm);
}

void VmEvents::mounted() {
  const std::lock_guard hold(mutex_);
  mounted_ = true;
}

void VmEvents::look_at(const vsphere::MoRef& vm) {
  const cache::VersionPtr version = sets_.latest(vm);
  if (!version) {
    known_.erase(vm);
    return;
  }
  const auto why = sets_.incomplete(vm);
  const auto [entry, is_new] = known_.try_emplace(vm);
  Known& known = entry->second;
  const std::string generation = generation_of(version->listing);
  const std::string change_version = version->change_version.value_or("");
  if (!is_new && generation != known.generation)
    spdlog::info("{} has a new generation: {}, changeVersion {}", name_of(vm), generation,
                 change_version.empty() ? "unknown" : change_version);
  known.generation = generation;
  tell_completeness(vm, known.incomplete, why ? &*why : nullptr);
  known.incomplete = why ? why->words : "";
}

void VmEvents::tell_completeness(const vsphere::MoRef& vm, const std::string& before,
                                 const Error* now) {
  if (now == nullptr) {
    if (!before.empty()) spdlog::info("{} can be had whole again", name_of(vm));
    return;
  }
  if (now->words == before) return;
  const vsphere::LoggedOperation of(now->operation_id);
  const char* code = strerrorname_np(now->code.value());
  spdlog::log(mounted_ ? spdlog::level::warn : spdlog::level::info,
              "{} cannot be had whole: {}: {}", name_of(vm), code == nullptr ? "error" : code,
              now->words);
}

std::string VmEvents::name_of(const vsphere::MoRef& vm) const {
  return "'" + inventory_.inventory_path(vm) + "' (" + vm.value + ")";
}

}  // namespace vtpmfs::fs
