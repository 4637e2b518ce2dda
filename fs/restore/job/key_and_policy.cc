#include "fs/restore/job/key_and_policy.h"

#include <algorithm>
#include <cerrno>

namespace vtpmfs::fs {
namespace {

using vsphere::KeyCheck;
using vsphere::KeyProvider;
using vsphere::StoragePolicy;

Status check_provider(const KeyProvider& provider, const cache::SavedSet& set,
                      std::vector<std::string>& warnings) {
  const auto saved = set.origin ? set.origin->provider_own_key_id : std::nullopt;
  if (saved && provider.own_key_id && *saved != *provider.own_key_id)
    return fail(ENOKEY, "the native key provider '" + provider.id +
                            "' here is another one than the one of that name which sealed this "
                            "state; import the backup of the old one");
  if (provider.management == "nativeProvider" && provider.has_backup == false)
    warnings.push_back("key provider '" + provider.id +
                       "' has no backup yet: vCenter does not use it before it has one");
  if (provider.tpm_required == true)
    warnings.push_back("key provider '" + provider.id + "' works only on hosts with a TPM 2.0");
  return {};
}

}  // namespace

Status check_key(vsphere::RestoreTarget& target, const cache::SavedSet& set,
                 const vsphere::Call& call, std::vector<std::string>& warnings) {
  if (!set.key) return {};
  const std::string provider_id = set.key->provider_id.value_or("");
  const auto providers = target.key_providers(call);
  if (!providers && providers.error().code == Errno{EINTR}) return fail(providers.error());
  if (providers) {
    const auto provider = std::find_if(providers->begin(), providers->end(),
                                       [&](const KeyProvider& p) { return p.id == provider_id; });
    if (provider == providers->end())
      return fail(ENOKEY, "the key provider '" + provider_id +
                              "' is not configured here (its name is part of the sealed state: it "
                              "must be the same)");
    if (auto fits = check_provider(*provider, set, warnings); !fits) return fits;
  }
  const KeyCheck check = target.check_key(*set.key, call);
  switch (check.answer) {
    case KeyCheck::Answer::no:
      return fail(ENOKEY, "the key " + set.key->key_id + " of provider '" + provider_id +
                              "' is not usable here: " + check.words);
    case KeyCheck::Answer::unknown:
      warnings.push_back("whether the key is here could not be checked: " + check.words);
      return {};
    case KeyCheck::Answer::yes:
      return {};
  }
  return {};
}

Result<PolicyChoice> choose_policy(vsphere::RestoreTarget& target,
                                   const std::optional<std::string>& named,
                                   const cache::SavedSet& set, bool never_create,
                                   const vsphere::Call& call, std::vector<std::string>& warnings) {
  const auto known = target.knows_vm_encryption(call);
  if (known && *known == false)
    return fail(
        EINVAL,
        "the storage policy service of this vCenter does not know VM encryption (vmwarevmcrypt)");
  const auto policies = target.encryption_policies(call);
  if (!policies) {
    if (policies.error().code == Errno{EINTR}) return fail(policies.error());
    if (named)
      return fail(Error{policies.error().code, "the storage policies cannot be read, so '" +
                                                   *named +
                                                   "' cannot be found: " + policies.error().words});
    warnings.push_back("the storage policies cannot be read (" + policies.error().words +
                       "): the VM is made without one");
    return PolicyChoice{};
  }
  const auto find = [&](const std::optional<std::string>& wanted) -> const StoragePolicy* {
    if (!wanted) return nullptr;
    for (const StoragePolicy& policy : *policies)
      if (policy.id == *wanted || policy.name == *wanted) return &policy;
    return nullptr;
  };
  if (named) {
    if (const StoragePolicy* policy = find(named)) return PolicyChoice{policy->id, false};
    return fail(EINVAL, "there is no encryption policy '" + *named + "' here");
  }
  if (set.origin)
    for (const auto& saved : {set.origin->policy_id, set.origin->policy_name})
      if (const StoragePolicy* policy = find(saved)) return PolicyChoice{policy->id, false};
  for (const StoragePolicy& policy : *policies)
    if (policy.built_in) return PolicyChoice{policy.id, false};
  if (!policies->empty()) return PolicyChoice{policies->front().id, false};
  if (never_create) {
    warnings.push_back(
        "there is no encryption policy here, and none may be made: the VM is made without one");
    return PolicyChoice{};
  }
  return PolicyChoice{std::nullopt, true};
}

}  // namespace vtpmfs::fs
