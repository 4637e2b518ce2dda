#include "fs/daemon/saved_origins.h"

#include <spdlog/spdlog.h>

#include <map>
#include <memory>
#include <mutex>

namespace vtpmfs::fs {
namespace {

/// The providers, asked for when the first encrypted VM is read.
class ProviderList {
 public:
  ProviderList(vsphere::RestoreTarget& target, std::chrono::milliseconds timeout)
      : target_(target), timeout_(timeout) {}

  void fill_in(const vsphere::VmDetail& detail, cache::SavedOrigin& origin) {
    if (!detail.key_id || !detail.key_id->provider_id) return;
    const std::lock_guard hold(lock_);
    if (!asked_) ask();
    const auto found = providers_.find(*detail.key_id->provider_id);
    if (found == providers_.end()) return;
    const vsphere::KeyProvider& provider = found->second;
    if (!provider.management.empty()) origin.provider_management = provider.management;
    origin.provider_own_key_id = provider.own_key_id;
    origin.provider_has_backup = provider.has_backup;
    origin.provider_tpm_required = provider.tpm_required;
  }

 private:
  void ask() {
    asked_ = true;  // once: what changes at every read would change config.json
    const auto list = target_.key_providers(vsphere::Call{timeout_, {}, {}});
    if (!list) {
      spdlog::info("the key providers cannot be read, config.json will not describe them: {}",
                   list.error().words);
      return;
    }
    for (const vsphere::KeyProvider& provider : *list) providers_[provider.id] = provider;
  }

  vsphere::RestoreTarget& target_;
  const std::chrono::milliseconds timeout_;
  std::mutex lock_;
  bool asked_ = false;
  std::map<std::string, vsphere::KeyProvider> providers_;
};

}  // namespace

cache::OriginHook saved_origins(vsphere::RestoreTarget& target, std::chrono::milliseconds timeout) {
  auto providers = std::make_shared<ProviderList>(target, timeout);
  return [providers](const vsphere::VmDetail& detail, cache::SavedOrigin& origin) {
    providers->fill_in(detail, origin);
  };
}

}  // namespace vtpmfs::fs
