#include "fs/daemon/saved_origins.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "vsphere/fault.h"

namespace vtpmfs::fs {
namespace {

using cache::OriginOfVm;
using vsphere::Call;
using vsphere::MoRef;

/// Each page would wait for a service that does not answer.
constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::chrono::milliseconds kFirstPause{1'000};
constexpr std::chrono::milliseconds kLongestPause{60'000};

Call shorter(Call call) {
  call.timeout = std::min(call.timeout, kPatience);
  return call;
}

/// vCenter will say the same next time.
bool is_refusal(const Error& error) {
  // A session that is lost says nothing of privileges.
  if (error.login_refused || (error.fault && is_a(*error.fault, "NotAuthenticated"))) return false;
  const auto is = [&](std::string_view type) { return error.fault && is_a(*error.fault, type); };
  return error.code == Errno{EACCES} || error.code == Errno{EOPNOTSUPP} || is("MethodNotFound") ||
         is("NotSupported") || is("NotImplemented");
}

/// When somebody who gave no answer is asked again. Guarded by its owner's lock.
class Silence {
 public:
  explicit Silence(const cache::Clock& clock) : clock_(clock) {}
  [[nodiscard]] bool lasts() const { return clock_.monotonic() < until_; }
  void goes_on() {
    pause_ = pause_.count() == 0 ? kFirstPause : std::min(pause_ * 2, kLongestPause);
    until_ = clock_.monotonic() + pause_;
  }
  void ends() { pause_ = {}; }

 private:
  const cache::Clock& clock_;
  std::chrono::milliseconds pause_{0};
  cache::MonotonicTime until_{};
};

/// The providers, asked for when the first encrypted VM is read.
class ProviderList {
 public:
  ProviderList(vsphere::RestoreTarget& target, const cache::Clock& clock)
      : target_(target), silence_(clock) {}

  void fill_in(std::vector<OriginOfVm>& page, const Call& call) {
    for (OriginOfVm& of : page) {
      if (!of.detail.key_id || !of.detail.key_id->provider_id) continue;
      const std::string& id = *of.detail.key_id->provider_id;
      of.provider_pending = !is_known(id) && !ask_for(id, call);
      if (!of.provider_pending) describe(id, of.origin);
    }
  }

 private:
  bool is_known(const std::string& id) {
    const std::lock_guard hold(lock_);
    return providers_.count(id) != 0 || unknown_.count(id) != 0;
  }

  void describe(const std::string& id, cache::SavedOrigin& origin) {
    const std::lock_guard hold(lock_);
    const auto found = providers_.find(id);
    if (found == providers_.end()) return;
    const vsphere::KeyProvider& provider = found->second;
    if (!provider.management.empty()) origin.provider_management = provider.management;
    origin.provider_own_key_id = provider.own_key_id;
    origin.provider_has_backup = provider.has_backup;
    origin.provider_tpm_required = provider.tpm_required;
  }

  /// Whether there was an answer. The lock is not held while it is waited for.
  bool ask_for(const std::string& id, const Call& call) {
    {
      const std::lock_guard hold(lock_);
      if (silence_.lasts()) return false;
    }
    const auto list = target_.key_providers(shorter(call));
    const std::lock_guard hold(lock_);
    if (!list) {
      spdlog::info("the key providers cannot be read, config.json will not describe them: {}",
                   list.error().words);
      if (!list.error().fault && !is_refusal(list.error())) {
        silence_.goes_on();
        return false;
      }
    }
    silence_.ends();
    if (list)
      for (const vsphere::KeyProvider& provider : *list) providers_[provider.id] = provider;
    if (providers_.count(id) == 0) unknown_.insert(id);
    return true;
  }

  vsphere::RestoreTarget& target_;
  std::mutex lock_;
  Silence silence_;
  std::set<std::string> unknown_;  ///< asked for, and there is no description
  std::map<std::string, vsphere::KeyProvider> providers_;
};

bool has_policy(const OriginOfVm& of) {
  return of.detail.key_id || of.origin.key;
}

/// The storage policies of VMs' homes, asked for anew with each page: a reconfiguration may have
/// given the VM another one.
class PolicyList {
 public:
  PolicyList(vsphere::RestoreTarget& target, const cache::Clock& clock)
      : target_(target), silence_(clock) {}

  void fill_in(std::vector<OriginOfVm>& page, const Call& call) {
    std::vector<MoRef> vms;
    for (const OriginOfVm& of : page)
      if (has_policy(of)) vms.push_back(of.detail.vm);
    if (vms.empty()) return;
    const Result<Policies> policies = ask(vms, call);
    const bool pending = !policies && !is_refusal(policies.error());
    for (OriginOfVm& of : page) {
      if (!has_policy(of)) continue;
      of.policy_pending = pending;
      if (!policies) continue;
      const auto found = policies->find(of.detail.vm);
      if (found == policies->end()) continue;
      of.origin.policy_id = found->second.id;
      if (!found->second.name.empty()) of.origin.policy_name = found->second.name;
    }
  }

 private:
  using Policies = std::map<MoRef, vsphere::StoragePolicy>;

  Result<Policies> ask(const std::vector<MoRef>& vms, const Call& call) {
    {
      const std::lock_guard hold(lock_);
      if (refused_) return fail(*refused_);
      if (silence_.lasts()) return fail(EAGAIN, "no answer a moment ago");
    }
    auto policies = policies_of(vms, shorter(call));
    const std::lock_guard hold(lock_);
    if (policies) {
      silence_.ends();
      return policies;
    }
    const Error& error = policies.error();
    const bool refused = is_refusal(error);
    if (!refused_)
      spdlog::info("the VMs' storage policies cannot be read, config.json will not name them{}: {}",
                   refused ? "" : " for now", error.words);
    if (refused)
      refused_ = error;
    else
      silence_.goes_on();
    return policies;
  }

  Result<Policies> policies_of(const std::vector<MoRef>& vms, const Call& call) {
    const auto ids = target_.policies_of(vms, call);
    if (!ids) return fail(ids.error());
    std::set<std::string> wanted;
    for (const auto& [vm, id] : *ids) wanted.insert(id);
    if (Status learnt = learn_names(std::move(wanted), call); !learnt) return fail(learnt.error());
    Policies policies;
    const std::lock_guard hold(lock_);
    for (const auto& [vm, id] : *ids) policies[vm] = {id, names_[id]};
    return policies;
  }

  Status learn_names(std::set<std::string> wanted, const Call& call) {
    {
      const std::lock_guard hold(lock_);
      for (const auto& [id, name] : names_) wanted.erase(id);
    }
    if (wanted.empty()) return {};
    const auto names = target_.policy_names({wanted.begin(), wanted.end()}, call);
    if (!names) return fail(names.error());
    const std::lock_guard hold(lock_);
    for (const std::string& id : wanted) {
      const auto found = names->find(id);
      names_[id] = found == names->end() ? std::string() : found->second;
    }
    return {};
  }

  vsphere::RestoreTarget& target_;
  std::mutex lock_;
  Silence silence_;
  std::optional<Error> refused_;
  std::map<std::string, std::string> names_;  ///< by id; empty: PBM knows none
};

}  // namespace

cache::OriginHook saved_origins(vsphere::RestoreTarget& target, const cache::Clock& clock,
                                bool with_policies) {
  auto providers = std::make_shared<ProviderList>(target, clock);
  auto policies = with_policies ? std::make_shared<PolicyList>(target, clock) : nullptr;
  return [providers, policies](std::vector<OriginOfVm>& page, const Call& call) {
    providers->fill_in(page, call);
    if (policies) policies->fill_in(page, call);
  };
}

}  // namespace vtpmfs::fs
