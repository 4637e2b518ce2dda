#include "fs/daemon/saved_origins.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace vtpmfs::fs {
namespace {

/// Each VM would wait for a server that does not answer.
constexpr std::chrono::seconds kPauseAfterFailure{1};

/// The providers, asked for when the first encrypted VM is read.
class ProviderList {
 public:
  ProviderList(vsphere::RestoreTarget& target, std::chrono::milliseconds timeout,
               vsphere::CancelToken ending)
      : target_(target), timeout_(timeout), ending_(std::move(ending)) {}

  void fill_in(const vsphere::VmDetail& detail, cache::SavedOrigin& origin) {
    if (!detail.key_id || !detail.key_id->provider_id) return;
    const std::lock_guard hold(lock_);
    const std::string& id = *detail.key_id->provider_id;
    if (providers_.count(id) == 0 && unknown_.count(id) == 0 && ask() && providers_.count(id) == 0)
      unknown_.insert(id);
    const auto found = providers_.find(id);
    if (found == providers_.end()) return;
    const vsphere::KeyProvider& provider = found->second;
    if (!provider.management.empty()) origin.provider_management = provider.management;
    origin.provider_own_key_id = provider.own_key_id;
    origin.provider_has_backup = provider.has_backup;
    origin.provider_tpm_required = provider.tpm_required;
  }

 private:
  /// Whether there was an answer; a refusal is one, too, and stays one: what changes at every read
  /// would change config.json.
  bool ask() {
    if (std::chrono::steady_clock::now() < not_before_ || ending_.cancelled()) return false;
    const auto list = target_.key_providers(vsphere::Call{timeout_, ending_, {}});
    if (list) {
      for (const vsphere::KeyProvider& provider : *list) providers_[provider.id] = provider;
      return true;
    }
    const Error& error = list.error();
    spdlog::info("the key providers cannot be read, config.json will not describe them: {}",
                 error.words);
    if (error.fault || error.code == Errno{EACCES} || error.code == Errno{EOPNOTSUPP}) return true;
    not_before_ = std::chrono::steady_clock::now() + kPauseAfterFailure;
    return false;
  }

  vsphere::RestoreTarget& target_;
  const std::chrono::milliseconds timeout_;
  const vsphere::CancelToken ending_;
  std::mutex lock_;
  std::chrono::steady_clock::time_point not_before_{};
  std::set<std::string> unknown_;  ///< asked for, and there is no description
  std::map<std::string, vsphere::KeyProvider> providers_;
};

}  // namespace

cache::OriginHook saved_origins(vsphere::RestoreTarget& target, std::chrono::milliseconds timeout,
                                vsphere::CancelToken ending) {
  auto providers = std::make_shared<ProviderList>(target, timeout, std::move(ending));
  return [providers](const vsphere::VmDetail& detail, cache::SavedOrigin& origin) {
    providers->fill_in(detail, origin);
  };
}

}  // namespace vtpmfs::fs
