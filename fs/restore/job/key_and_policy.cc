#include "fs/restore/job/key_and_policy.h"

#include <algorithm>
#include <cerrno>

#include "fs/restore/job/refusal.h"

namespace vtpmfs::fs {
namespace {

using vsphere::KeyCheck;
using vsphere::KeyProvider;
using vsphere::StoragePolicy;

/// What a provider of the right name asks of a host, or why it cannot be the right one.
Result<HostNeeds> check_provider(const KeyProvider& provider, const cache::SavedSet& set) {
  const auto saved = set.origin ? set.origin->provider_own_key_id : std::nullopt;
  if (saved && provider.own_key_id && *saved != *provider.own_key_id)
    return refuse(ENOKEY,
                  "the native key provider '" + provider.id +
                      "' here is another one than the one of that name which sealed this state",
                  "import the backup of the old one under that name (remove the one that is there "
                  "first, if nothing uses it), then sync this directory");
  if (provider.management != "nativeProvider") return HostNeeds{};
  if (provider.has_backup == false)
    return refuse(ENOKEY,
                  "the native key provider '" + provider.id +
                      "' has no backup yet, and vCenter uses none before it has one",
                  "back it up in the vCenter (Configure, Key Providers), then sync this directory");
  return HostNeeds{true, provider.tpm_required == true, provider.id};
}

/// The providers of other names that have the saved key, quoted, with commas; empty where nobody
/// knows of one.
std::string elsewhere(vsphere::RestoreTarget& target, const cache::SavedSet& set,
                      const std::vector<KeyProvider>& providers, const vsphere::Call& call) {
  std::vector<std::string> names = target.providers_with_key(set.key->key_id, providers, call);
  const auto own = set.origin ? set.origin->provider_own_key_id : std::nullopt;
  for (const KeyProvider& provider : providers)
    if (own && provider.own_key_id == own) names.push_back(provider.id);
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "'" : ", '") + name + "'";
  return out;
}

tl::unexpected<Error> no_provider(vsphere::RestoreTarget& target, const cache::SavedSet& set,
                                  const std::vector<KeyProvider>& providers,
                                  const vsphere::Call& call) {
  const std::string wanted = "'" + set.key->provider_id.value_or("") + "'";
  const std::string others = elsewhere(target, set, providers, call);
  if (others.empty())
    return refuse(
        ENOKEY,
        "the key provider " + wanted +
            " is not configured here (its name is part of the sealed state: it must be the "
            "same)",
        "configure it under that name (a standard one with the same key server, a native "
        "one by its backup), then sync this directory");
  return refuse(ENOKEY,
                "the key provider " + wanted + " is not configured here; its key is in " + others +
                    ", but the name is part of the sealed state: it must be the same",
                "configure the key server of " + others + " under the name " + wanted +
                    " too, then sync this directory");
}

/// Why a policy that somebody named cannot be taken.
tl::unexpected<Error> no_such_policy(vsphere::RestoreTarget& target, const std::string& named,
                                     const vsphere::Call& call) {
  const std::string choices = " (--restore-policy, or user.vtpmfs.policy on this directory)";
  const auto there = target.has_storage_policy(named, call);
  if (!there && there.error().code == Errno{EINTR}) return fail(there.error());
  if (there && *there)
    return refuse(EINVAL, "the storage policy '" + named + "' is not an encryption policy",
                  "add VM encryption to its host based rules, or name a policy that has it" +
                      choices + ", then sync this directory");
  if (there)
    return refuse(
        ENOENT, "no storage policy '" + named + "' here: none has that name or id",
        "name an encryption policy that is there" + choices + ", then sync this directory");
  return refuse(EINVAL,
                "there is no encryption policy '" + named +
                    "' here: no policy has that name or id, or it does not encrypt",
                "name an encryption policy" + choices + ", then sync this directory");
}

}  // namespace

Result<HostNeeds> check_key(vsphere::RestoreTarget& target, const cache::SavedSet& set,
                            const vsphere::Call& call, std::vector<std::string>& warnings) {
  HostNeeds needs;
  if (!set.key) return needs;
  const std::string provider_id = set.key->provider_id.value_or("");
  const auto providers = target.key_providers(call);
  if (!providers && providers.error().code == Errno{EINTR}) return fail(providers.error());
  if (providers) {
    const auto provider = std::find_if(providers->begin(), providers->end(),
                                       [&](const KeyProvider& p) { return p.id == provider_id; });
    if (provider == providers->end()) return no_provider(target, set, *providers, call);
    auto asked = check_provider(*provider, set);
    if (!asked) return asked;
    needs = *asked;
  }
  const KeyCheck check = target.check_key(*set.key, providers ? &*providers : nullptr, call);
  switch (check.answer) {
    case KeyCheck::Answer::no:
      return refuse(ENOKEY,
                    "the key " + set.key->key_id + " of provider '" + provider_id +
                        "' is not usable here: " + check.words,
                    "bring it back or make it active in the key server of '" + provider_id +
                        "', then sync this directory; where it is lost for good, mount with "
                        "--restore-degraded for a VM with a new, empty vTPM");
    case KeyCheck::Answer::unknown:
      warnings.push_back("whether the key is here could not be checked: " + check.words);
      return needs;
    case KeyCheck::Answer::yes:
      return needs;
  }
  return needs;
}

Result<PolicyChoice> choose_policy(vsphere::RestoreTarget& target,
                                   const std::optional<std::string>& named,
                                   const cache::SavedSet& set, bool never_create,
                                   const vsphere::Call& call, std::vector<std::string>& warnings) {
  const auto known = target.knows_vm_encryption(call);
  if (known && *known == false)
    return refuse(
        EINVAL,
        "the storage policy service of this vCenter does not know VM encryption (vmwarevmcrypt)",
        "see that the vCenter's storage profile service runs whole and its VM encryption filter is "
        "there, then sync this directory");
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
    return no_such_policy(target, *named, call);
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
